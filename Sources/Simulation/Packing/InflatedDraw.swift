public import Scheduling

/// The order in which a trace's ranks arrive when its demand is inflated or cut to a given load.
///
/// All ranks are shuffled; then more are drawn with replacement until the GPU demand would pass the
/// target, or random ones are left out until it no longer does.
public struct InflatedDraw: Sendable {
    /// Numbers into the given ranks, in the order of arrival.
    public let arrivals: [UInt32]
    /// The generator as the run finds it after the draw; its next throws order the machines.
    public let dice: LaggedDice

    /// Draws for `percent` of the capacity, and at most `limit` arrivals if more must be drawn; the
    /// same seed gives the same arrivals everywhere.
    public init(
        _ ranks: [Demand], capacityMilli: Int64, percent: Int64, limit: Int = .max, seed: UInt64
    ) {
        var dice = LaggedDice(seed: seed)
        _ = dice.next()  // The authors log one throw first.
        var arrivals = ranks.indices.map(UInt32.init)
        dice.shuffle(&arrivals)
        var demand = ranks.reduce(Int64(0)) { $0 + $1.gpuMilli }
        let target = percent * capacityMilli
        if demand * 100 > target {
            while demand * 100 > target {
                demand -= ranks[Int(arrivals.remove(at: dice.below(arrivals.count)))].gpuMilli
            }
        } else if demand > 0, demand * 100 < target {
            while arrivals.count < limit {
                let drawn = dice.below(ranks.count)
                // A rank of whole devices counts as one of them in this question only.
                guard (demand + min(1000, ranks[drawn].gpuMilli)) * 100 <= target else { break }
                demand += ranks[drawn].gpuMilli
                arrivals.append(UInt32(drawn))
            }
        }
        // The watches of the authors' program throw ten times before it orders the machines. The
        // count was found by trial: with it, and with no other, their runs come out seed by seed.
        for _ in 0..<10 { _ = dice.next() }
        self.arrivals = arrivals
        self.dice = dice
    }
}
