import Synchronization

/// Every figure of one process; any thread may add, and each addition is one atomic instruction.
public final class Counters: @unchecked Sendable {
    // The addresses never change and every cell is atomic: no thread owns more than its own call.
    private let counters: UnsafeMutablePointer<Atomic<UInt64>>
    private let gauges: UnsafeMutablePointer<Atomic<Int64>>
    private let buckets: UnsafeMutablePointer<Atomic<UInt64>>
    private let sums: UnsafeMutablePointer<Atomic<UInt64>>

    // Buckets of one histogram, with the one for everything beyond the last bound.
    private static let width = Histogram.largestBucketCount + 1

    public init() {
        counters = Counters.cells(Counter.allCases.count)
        buckets = Counters.cells(Histogram.allCases.count * Counters.width)
        sums = Counters.cells(Histogram.allCases.count)
        gauges = .allocate(capacity: Gauge.allCases.count)
        for index in Gauge.allCases.indices { (gauges + index).initialize(to: Atomic(0)) }
    }

    deinit {
        // Atomics hold nothing that would need taking apart.
        counters.deallocate()
        gauges.deallocate()
        buckets.deallocate()
        sums.deallocate()
    }

    /// Adds to a total.
    public func add(_ counter: Counter, _ amount: UInt64 = 1) {
        counters[counter.rawValue].wrappingAdd(amount, ordering: .relaxed)
    }

    /// Takes over a total that is counted elsewhere and only ever grows.
    public func set(_ counter: Counter, to total: UInt64) {
        counters[counter.rawValue].store(total, ordering: .relaxed)
    }

    /// Replaces a level by what it is now.
    public func set(_ gauge: Gauge, _ value: Int64) {
        gauges[gauge.rawValue].store(value, ordering: .relaxed)
    }

    /// Moves a level up or down.
    public func add(_ gauge: Gauge, _ change: Int64) {
        gauges[gauge.rawValue].wrappingAdd(change, ordering: .relaxed)
    }

    /// Counts one observation, in the histogram's own fine unit: microseconds, or pieces.
    public func observe(_ histogram: Histogram, _ value: UInt64) {
        let bounds = histogram.bounds
        var bucket = 0
        while bucket < bounds.count, value > bounds[bucket] { bucket += 1 }
        let cell = histogram.rawValue * Counters.width + bucket
        buckets[cell].wrappingAdd(1, ordering: .relaxed)
        sums[histogram.rawValue].wrappingAdd(value, ordering: .relaxed)
    }

    /// A total as it stands.
    public func value(of counter: Counter) -> UInt64 {
        counters[counter.rawValue].load(ordering: .relaxed)
    }

    /// A level as it stands.
    public func value(of gauge: Gauge) -> Int64 {
        gauges[gauge.rawValue].load(ordering: .relaxed)
    }

    /// How many observations a histogram has.
    public func count(of histogram: Histogram) -> UInt64 {
        histogram.bounds.indices.reduce(cell(histogram, histogram.bounds.count)) {
            $0 &+ cell(histogram, $1)
        }
    }

    /// Appends every family; more may follow before the text is ended.
    public func write(into text: inout MetricsText) {
        writeSeries(Counter.allCases.map { ($0.series, String(value(of: $0))) }, .counter, &text)
        writeSeries(Gauge.allCases.map { ($0.series, String(value(of: $0))) }, .gauge, &text)
        for histogram in Histogram.allCases { write(histogram, into: &text) }
    }

    private func writeSeries(
        _ all: [(series: Series, value: String)], _ kind: MetricsText.Kind,
        _ text: inout MetricsText
    ) {
        var family = ""
        for (series, value) in all {
            if series.family != family {
                family = series.family
                text.begin(family, kind, help: series.help)
            }
            text.sample(kind == .counter ? "_total" : "", series.labels, value)
        }
    }

    private func write(_ histogram: Histogram, into text: inout MetricsText) {
        let series = histogram.series
        text.begin(series.family, .histogram, help: series.help)
        // The cells move while we read, so the count is what the buckets just added up to.
        var total: UInt64 = 0
        for (index, bound) in histogram.bounds.enumerated() {
            total &+= cell(histogram, index)
            text.sample("_bucket", "le=\"\(histogram.shown(bound))\"", String(total))
        }
        total &+= cell(histogram, histogram.bounds.count)
        text.sample("_bucket", "le=\"+Inf\"", String(total))
        let sum = sums[histogram.rawValue].load(ordering: .relaxed)
        text.sample("_sum", "", histogram.shown(sum))
        text.sample("_count", "", String(total))
    }

    private func cell(_ histogram: Histogram, _ bucket: Int) -> UInt64 {
        buckets[histogram.rawValue * Counters.width + bucket].load(ordering: .relaxed)
    }

    private static func cells(_ count: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        let cells = UnsafeMutablePointer<Atomic<UInt64>>.allocate(capacity: count)
        for index in 0..<count { (cells + index).initialize(to: Atomic(0)) }
        return cells
    }
}
