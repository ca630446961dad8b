/// Gathers what is wrong with one object, so that its author sees all of it at once.
///
/// Paths are made only for what is wrong: a sound object costs no text.
public struct Defects: Sendable {
    /// How many are told of; an object with more is hopeless anyway.
    public static let most = 32

    public private(set) var found: [Refusal] = []

    public init() {}

    public var isEmpty: Bool { found.isEmpty }

    /// Notes a refusal, and those that it carries, each for itself.
    public mutating func add(_ refusal: Refusal) {
        for one in [refusal] + refusal.also where found.count < Self.most {
            found.append(
                Refusal(one.reason, field: one.field, finding: one.finding, remedy: one.remedy))
        }
    }

    /// Notes that a field is not what it must be.
    public mutating func add(_ field: String, _ finding: String, _ remedy: String) {
        add(Refusal(.invalid, field: field, finding: finding, remedy: remedy))
    }

    /// Notes what `work` refuses instead of passing it on.
    public mutating func gather(_ work: () throws(Refusal) -> Void) {
        do throws(Refusal) { try work() } catch { add(error) }
    }

    /// Gathers from a part of the object; its paths are put behind `prefix`.
    public mutating func gather(
        under prefix: @autoclosure () -> String, _ work: (inout Defects) -> Void
    ) {
        var inner = Defects()
        work(&inner)
        guard !inner.isEmpty else { return }
        let path = prefix()
        for refusal in inner.found { add(refusal.under(path)) }
    }

    /// Throws the first with the others in its tow, if there are any.
    public func refuse() throws(Refusal) {
        guard let first = found.first else { return }
        throw Refusal(
            first.reason, field: first.field, finding: first.finding, remedy: first.remedy,
            also: Array(found.dropFirst()))
    }
}
