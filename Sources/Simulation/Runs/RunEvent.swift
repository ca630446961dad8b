/// Something that will happen, ordered by time and then by the order in which it was arranged.
struct RunEvent: Comparable, Sendable {
    enum What: UInt8, Sendable {
        case launched, ended, away, silent, booted, ripe
    }

    let at: Int64
    let sequence: UInt64
    let what: What
    /// A job, or a machine.
    let subject: UInt32
    let attempt: UInt32

    static func < (left: Self, right: Self) -> Bool {
        (left.at, left.sequence) < (right.at, right.sequence)
    }

    static func == (left: Self, right: Self) -> Bool { left.sequence == right.sequence }
}
