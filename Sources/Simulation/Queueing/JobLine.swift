/// Where a job stands in a line: smaller goes first, and no two are equal.
struct LinePlace: Comparable, Sendable, BitwiseCopyable {
    /// The larger priority goes first, whatever the rest says.
    var priority: Int32
    var weight: Int64
    var arrival: Int64
    var job: UInt32

    static func < (left: Self, right: Self) -> Bool {
        if left.priority != right.priority { return left.priority > right.priority }
        if left.weight != right.weight { return left.weight < right.weight }
        if left.arrival != right.arrival { return left.arrival < right.arrival }
        return left.job < right.job
    }

    /// An integer that orders as the number does.
    static func weight(of number: Double) -> Int64 {
        let bits = Int64(bitPattern: (number == 0 ? 0 : number).bitPattern)
        return bits < 0 ? bits ^ .max : bits
    }
}

/// Waiting or running jobs in order. What leaves in front costs nothing; elsewhere one move of
/// memory.
struct JobLine: Sendable {
    /// Places from `first` on; those before have left.
    private(set) var places: [LinePlace] = []
    private(set) var first = 0

    var count: Int { places.count - first }
    var head: LinePlace? { first < places.count ? places[first] : nil }

    mutating func insert(_ place: LinePlace) {
        places.insert(place, at: position(of: place))
    }

    mutating func remove(_ place: LinePlace) {
        let at = position(of: place)
        precondition(
            at < places.count && places[at].job == place.job, "a job left a line it was not in")
        guard at == first else {
            places.remove(at: at)
            return
        }
        first += 1
        if first > 64, 2 * first > places.count {
            places.removeFirst(first)
            first = 0
        }
    }

    /// Gives every job a new weight and puts the line in its order.
    mutating func reorder(_ weight: (UInt32) -> Int64) {
        places.removeFirst(first)
        first = 0
        for index in places.indices { places[index].weight = weight(places[index].job) }
        places.sort()
    }

    private func position(of place: LinePlace) -> Int {
        var low = first
        var high = places.count
        while low < high {
            let middle = low + (high - low) / 2
            if places[middle] < place { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
