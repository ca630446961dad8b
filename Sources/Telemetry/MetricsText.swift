/// Writes metric families as text that Prometheus reads.
///
/// Families come one after another, each with its help, type and samples; labels are escaped.
public struct MetricsText: Sendable {
    /// The two forms that scrapers ask for; they differ in where `_total` is written.
    public enum Form: Sendable {
        /// `application/openmetrics-text; version=1.0.0; charset=utf-8`
        case openMetrics
        /// `text/plain; version=0.0.4; charset=utf-8`
        case prometheus

        public var contentType: String {
            switch self {
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
            }
        }
    }

    /// What kind of figure a family holds.
    public enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    private let form: Form
    private var family = ""
    private var kind = Kind.gauge
    private var text: [UInt8] = []

    public init(_ form: Form) { self.form = form }

    /// Begins a family; `name` has no `_total`, and ends in its base unit where it has one.
    public mutating func begin(_ name: String, _ kind: Kind, help: String) {
        family = name
        self.kind = kind
        let shown = form == .prometheus && kind == .counter ? name + "_total" : name
        append("# HELP \(shown) \(MetricsText.escaped(help, quotes: false))\n")
        append("# TYPE \(shown) \(kind.rawValue)\n")
    }

    /// Adds a whole-number sample of the family begun last.
    public mutating func add(_ value: Int64, _ labels: [(name: String, value: String)] = []) {
        add(String(value), labels)
    }

    /// Adds a sample in thousandths, such as GPUs that are shared out in parts.
    public mutating func add(thousandths value: Int64, _ labels: [(name: String, value: String)]) {
        let sign = value < 0 ? "-" : ""
        let (whole, rest) = value.magnitude.quotientAndRemainder(dividingBy: 1000)
        add(sign + MetricsText.decimal(whole, rest, digits: 3), labels)
    }

    /// Everything so far, closed as the form demands.
    public mutating func end() -> [UInt8] {
        if form == .openMetrics { append("# EOF\n") }
        return text
    }

    private mutating func add(_ value: String, _ labels: [(name: String, value: String)]) {
        let list = labels.map { "\($0.name)=\"\(MetricsText.escaped($0.value, quotes: true))\"" }
        sample(kind == .counter ? "_total" : "", list.joined(separator: ","), value)
    }

    /// Adds a sample with a suffix and labels that are text already.
    mutating func sample(_ suffix: String, _ labels: String, _ value: String) {
        append(family + suffix)
        if !labels.isEmpty { append("{\(labels)}") }
        append(" \(value)\n")
    }

    private mutating func append(_ more: String) { text.append(contentsOf: more.utf8) }

    /// A decimal number from a whole part and a fraction of so many digits, without needless zeros.
    static func decimal(_ whole: UInt64, _ fraction: UInt64, digits: Int) -> String {
        let shown = String(fraction)
        var padded = String(repeating: "0", count: max(0, digits - shown.utf8.count)) + shown
        while padded.utf8.count > 1, padded.hasSuffix("0") { padded.removeLast() }
        return "\(whole).\(padded)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            // Readers split lines at more characters than the line feed.
            case _ where scalar.value < 0x20 || scalar.value == 0x7f: result += "?"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
