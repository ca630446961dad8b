import Primitives
import Wire

// The rules that fields of many kinds share, each with its sentence.

extension Defects {
    mutating func expect(_ field: String, _ value: Int?, in bounds: ClosedRange<Int>) {
        guard let value, !bounds.contains(value) else { return }
        add(field, "\(value) is out of range", "Use \(bounds.lowerBound) to \(bounds.upperBound)")
    }

    /// A span between two others; both are told as people write them.
    mutating func expect(
        _ field: String, _ span: WireDuration?, in bounds: ClosedRange<WireDuration>
    ) {
        guard let span, !bounds.contains(span) else { return }
        if span < bounds.lowerBound {
            add(field, "\(span) is too short", "Use at least \(bounds.lowerBound)")
        } else {
            add(field, "\(span) is too long", "Use at most \(bounds.upperBound)")
        }
    }

    /// An amount between zero and a bound, which is told as people write it.
    mutating func expect(_ field: String, _ amount: Quantity?, atMost most: Quantity, like: String)
    {
        guard let amount, amount > most else { return }
        add(field, "\(amount) is out of range", "Use at most \(most), such as \(like)")
    }

    mutating func expectText(_ field: String, _ text: String?, atMost bytes: Int) {
        guard let text, text.utf8.count > bytes || text.utf8.contains(0) else { return }
        if text.utf8.contains(0) {
            add(field, "the text holds a NUL byte", "Leave the NUL byte out")
        } else {
            add(field, "the text is \(text.utf8.count) bytes long", "Use at most \(bytes) bytes")
        }
    }

    mutating func expectName(_ field: String, _ name: String) {
        gather { () throws(Refusal) in try Naming.check(name, field: field) }
    }

    /// Every text of a list at most once.
    mutating func expectDistinct(_ field: String, _ texts: [String]) {
        for (index, text) in texts.enumerated() where texts[..<index].contains(text) {
            add("\(field)[\(index)]", "\(Naming.shown(text)) is given twice", "Keep one of the two")
        }
    }
}
