/// A moment: milliseconds since the Unix epoch, handed in by whoever owns a clock.
public struct Tick: Hashable, Comparable, Sendable, BitwiseCopyable {
    public let milliseconds: Int64

    public init(_ milliseconds: Int64) { self.milliseconds = milliseconds }

    /// The moment after every other: the deadline of things that have none.
    public static let never = Tick(.max)

    public static func < (left: Self, right: Self) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// The moment `span` later, or `never` where the sum would not fit.
    public func after(_ span: Duration64) -> Tick {
        let (sum, overflow) = milliseconds.addingReportingOverflow(span.milliseconds)
        return overflow ? .never : Tick(sum)
    }

    /// How long it is from `earlier` to this moment; zero where the clock went backwards.
    public func since(_ earlier: Tick) -> Duration64 {
        let (span, overflow) = milliseconds.subtractingReportingOverflow(earlier.milliseconds)
        if overflow { return Duration64(milliseconds: self > earlier ? .max : 0) }
        return Duration64(milliseconds: span)
    }
}

/// A span of time in whole milliseconds. Never negative.
public struct Duration64: Hashable, Comparable, Sendable, BitwiseCopyable {
    public let milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = max(0, milliseconds) }

    /// Whole seconds; saturates far beyond any job's life, and at zero below it.
    public init(seconds: Int64) {
        let (product, overflow) = max(0, seconds).multipliedReportingOverflow(by: 1000)
        self.init(milliseconds: overflow ? .max : product)
    }

    public static let zero = Duration64(milliseconds: 0)

    public static func < (left: Self, right: Self) -> Bool {
        left.milliseconds < right.milliseconds
    }
}
