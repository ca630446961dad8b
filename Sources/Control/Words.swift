public import Scheduling

extension Blocker {
    /// Why the gang waits, for people.
    public var text: String {
        switch self {
        case .noMachines: "no node is ready for work"
        case .tooFewFree(let placed, let wanted, _):
            "\(placed) of \(wanted) ranks would fit now; the gang starts whole or not at all"
        }
    }
}
