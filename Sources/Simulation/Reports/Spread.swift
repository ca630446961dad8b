/// What a list of figures comes to. Percentiles are values that occur (nearest rank).
public struct Spread: Hashable, Sendable {
    public var count = 0
    public var mean = 0.0
    /// The root of the mean square.
    public var rms = 0.0
    public var p50 = 0.0
    public var p95 = 0.0
    public var p99 = 0.0
    public var longest = 0.0

    public init() {}

    /// Sums in the order given, so that the last digit does not depend on anything else.
    public init(_ values: [Double]) {
        guard !values.isEmpty else { return }
        count = values.count
        var sum = 0.0
        var squares = 0.0
        for value in values {
            sum += value
            squares += value * value
        }
        mean = sum / Double(count)
        rms = (squares / Double(count)).squareRoot()
        let sorted = values.sorted()
        func rank(_ percent: Int) -> Double {
            sorted[min(count - 1, max(0, (count * percent + 99) / 100 - 1))]
        }
        p50 = rank(50)
        p95 = rank(95)
        p99 = rank(99)
        longest = sorted[count - 1]
    }
}

/// The mean over seeds, and where it lies with 95 % confidence.
public struct Estimate: Hashable, Sendable {
    public let mean: Double
    /// Half the width of the interval; nil for a single seed.
    public let margin: Double?

    /// By Student's t, since seeds are few.
    public init(_ values: [Double]) {
        guard !values.isEmpty else {
            mean = 0
            margin = nil
            return
        }
        let count = Double(values.count)
        let average = values.reduce(0, +) / count
        mean = average
        guard values.count > 1 else {
            margin = nil
            return
        }
        let squares = values.reduce(0) { $0 + ($1 - average) * ($1 - average) }
        margin = Self.quantile(values.count - 1) * (squares / (count - 1) / count).squareRoot()
    }

    /// The 97.5 % quantile of Student's distribution; above 30 degrees of freedom a short series.
    private static func quantile(_ freedom: Int) -> Double {
        let table = [
            12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179,
            2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
            2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
        ]
        if freedom <= table.count { return table[freedom - 1] }
        return 1.96 + 2.4 / Double(freedom)
    }
}

/// Numbers as people read them.
public enum Figures {
    /// With so many decimals, by hand: the shortest text that rounds right.
    public static func decimal(_ value: Double, places: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "-" }
        var scale: Int64 = 1
        for _ in 0..<places { scale *= 10 }
        let scaled = (abs(value) * Double(scale)).rounded()
        guard scaled < 9e18 else { return "\(Int64(value))" }
        let whole = Int64(scaled)
        let sign = value < 0 && whole != 0 ? "-" : ""
        guard places > 0 else { return "\(sign)\(whole)" }
        let fraction = String(whole % scale)
        let zeros = String(repeating: "0", count: places - fraction.count)
        return "\(sign)\(whole / scale).\(zeros)\(fraction)"
    }

    /// Seconds with milliseconds where there are any.
    public static func seconds(_ milliseconds: Int64) -> String {
        guard milliseconds % 1000 != 0 else { return "\(milliseconds / 1000)" }
        let rest = abs(milliseconds % 1000)
        let sign = milliseconds < 0 && milliseconds > -1000 ? "-" : ""
        let digits = String(repeating: "0", count: 3 - String(rest).count) + String(rest)
        return "\(sign)\(milliseconds / 1000).\(digits)"
    }

    /// The two largest units of a span, such as `3d4h` or `45s`.
    public static func span(seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "-" }
        if seconds < 59.5 { return "\(decimal(seconds, places: seconds < 10 ? 1 : 0))s" }
        let whole = Int64(seconds.rounded())
        for (unit, name, below, small) in [
            (86_400 as Int64, "d", 3600 as Int64, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s"),
        ] where whole >= unit {
            let rest = whole % unit / below
            return rest == 0 ? "\(whole / unit)\(name)" : "\(whole / unit)\(name)\(rest)\(small)"
        }
        return "\(whole)s"
    }
}
