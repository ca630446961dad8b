import Primitives

/// Names a timer of one reactor.
public struct TimerID: Hashable, Sendable {
    let number: UInt64
}

/// One-shot timers in order of time, then of making.
struct Timers {
    private struct Entry: Comparable, Sendable {
        let deadline: Int64
        let number: UInt64

        static func < (left: Entry, right: Entry) -> Bool {
            (left.deadline, left.number) < (right.deadline, right.number)
        }
    }

    private var heap = Heap<Entry>()
    private var work: [UInt64: () -> Void] = [:]
    private var last: UInt64 = 0

    /// When the first timer is due, cancelled ones included.
    var nextDeadline: Int64? { heap.smallest?.deadline }

    /// Has work run once the monotonic clock has reached the deadline.
    mutating func add(at deadline: Int64, _ work: @escaping () -> Void) -> TimerID {
        last += 1
        heap.push(Entry(deadline: deadline, number: last))
        self.work[last] = work
        return TimerID(number: last)
    }

    /// Forgets the work; unknown and past timers are no mistake.
    mutating func cancel(_ timer: TimerID) {
        work[timer.number] = nil
        // Cancelled entries stay in the heap until due; too many of them are swept out.
        guard heap.count > 64 + 2 * work.count else { return }
        var kept = Heap<Entry>()
        while let entry = heap.pop() {
            if work[entry.number] != nil { kept.push(entry) }
        }
        heap = kept
    }

    /// Takes the next timer that is due out of the heap.
    mutating func popDue(_ now: Int64) -> (() -> Void)? {
        while let entry = heap.smallest, entry.deadline <= now {
            _ = heap.pop()
            if let work = work.removeValue(forKey: entry.number) { return work }
        }
        return nil
    }
}
