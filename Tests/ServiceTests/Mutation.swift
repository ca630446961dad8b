import Configuration
import Foundation
import Primitives
import Wire

/// One mistake made in a sound object, and what must be said of it; Tests/Mutations/job.txt
/// explains the lines.
struct Mutation: CustomStringConvertible {
    enum Form: String { case json, yaml }

    /// Where a line of a table cannot be understood.
    struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    private enum Edit {
        case set([JSONStep], JSON)
        case delete([JSONStep])
        case rename([JSONStep], String)
        case text(String, String)
    }

    let line: String
    /// The only form that it is for; nil for both.
    let form: Form?
    private let edits: [Edit]
    /// Empty where the mistake has no place but in the text.
    let field: String
    let finding: String
    let remedy: String
    let others: [String]

    var description: String { line }

    static func table(_ name: String) throws -> [Mutation] {
        let text = try String(contentsOf: folder.appending(path: "\(name).txt"), encoding: .utf8)
        return try text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
            try Mutation(String($0))
        }
    }

    private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
    static let folder = tests.appending(path: "Mutations")
    static let examples = tests.deletingLastPathComponent().appending(path: "Config/examples")

    private init(_ line: String) throws {
        self.line = line
        var cells = line.components(separatedBy: " |").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        guard cells.count == 4 || cells.count == 5 else {
            throw Unreadable(description: "not four or five cells: \(line)")
        }
        let word = cells[0].prefix { $0 != " " }
        form = Form(rawValue: String(word))
        if form != nil { cells[0] = String(cells[0].dropFirst(word.count + 1)) }
        edits =
            try cells[0].hasPrefix("text ")
            ? [Self.textEdit(cells[0])]
            : cells[0].components(separatedBy: "; ").map(Self.edit)
        let ends = [" = ", " delete", " -> "].compactMap { cells[0].range(of: $0)?.lowerBound }
        let path = cells[0][..<(ends.min() ?? cells[0].startIndex)]
        field = cells[1] == "-" ? "" : cells[1].isEmpty ? String(path) : cells[1]
        finding = cells[2]
        remedy = cells[3]
        others = cells.count == 5 ? cells[4].components(separatedBy: " ") : []
    }

    private static func textEdit(_ cell: String) throws -> Edit {
        let sides = cell.dropFirst("text ".count).components(separatedBy: " => ")
        let texts = try sides.map { side -> String? in
            JSON(try Document(json: Array(side.utf8))).string
        }
        guard texts.count == 2, let old = texts[0], let new = texts[1] else {
            throw Unreadable(description: "not OLD => NEW: \(cell)")
        }
        return .text(old, new)
    }

    private static func edit(_ text: String) throws -> Edit {
        if text.hasSuffix(" delete") { return .delete(try steps(text.dropLast(" delete".count))) }
        if let arrow = text.range(of: " -> ") {
            return .rename(try steps(text[..<arrow.lowerBound]), String(text[arrow.upperBound...]))
        }
        guard let equals = text.range(of: " = ") else {
            throw Unreadable(description: "no edit: \(text)")
        }
        return .set(try steps(text[..<equals.lowerBound]), try value(text[equals.upperBound...]))
    }

    /// JSON, or `JSON * COUNT`: so many times the same text, or the same elements.
    private static func value(_ text: Substring) throws -> JSON {
        let parts = text.components(separatedBy: " * ")
        guard parts.count == 2, let count = Int(parts[1]) else {
            return JSON(try Document(json: Array(text.utf8)))
        }
        let one = JSON(try Document(json: Array(parts[0].utf8)))
        if let string = one.string { return .string(String(repeating: string, count: count)) }
        return .array(Array(repeating: one.elements, count: count).flatMap { $0 })
    }

    private static func steps(_ path: Substring) throws -> [JSONStep] {
        var steps: [JSONStep] = []
        var rest = path
        while let first = rest.first {
            if first == "." { rest = rest.dropFirst() }
            if first == "[" {
                guard let end = rest.firstIndex(of: "]") else {
                    throw Unreadable(description: "no ] in \(path)")
                }
                let inside = rest[rest.index(after: rest.startIndex)..<end]
                if let index = Int(inside) {
                    steps.append(.index(index))
                } else {
                    steps.append(.key(String(inside.dropFirst().dropLast())))
                }
                rest = rest[rest.index(after: end)...]
            } else {
                let name = rest.prefix { $0 != "." && $0 != "[" }
                steps.append(.key(String(name)))
                rest = rest.dropFirst(name.count)
            }
        }
        return steps
    }

    /// The object with the mistake, as bytes of the form.
    func body(_ example: JSON, _ text: String, _ form: Form) throws -> [UInt8] {
        var tree = example
        for edit in edits {
            switch edit {
            case .set(let steps, let value): tree.change(steps[...]) { _ in value }
            case .delete(let steps): tree.change(steps[...]) { _ in nil }
            case .rename(let steps, let name):
                guard case .key(let old)? = steps.last else { continue }
                tree.change(steps.dropLast()) { object in
                    .object(
                        (object?.members ?? []).map { $0.key == old ? .init(name, $0.value) : $0 })
                }
            case .text(let old, let new):
                let source = form == .yaml ? text : String(decoding: tree.encode(), as: UTF8.self)
                guard source.contains(old) else {
                    throw Unreadable(description: "\(old) is not in the example")
                }
                return Array(source.replacing(old, with: new, maxReplacements: 1).utf8)
            }
        }
        return form == .json ? tree.encode() : Array(YAMLWriter.text(tree).utf8)
    }
}

/// One step down a tree.
enum JSONStep {
    case key(String)
    case index(Int)
}

extension JSON {
    /// Replaces what is at the end of the steps; nil removes it. Objects on the way are made.
    mutating func change(_ steps: ArraySlice<JSONStep>, _ work: (JSON?) -> JSON?) {
        guard let step = steps.first else {
            self = work(self) ?? .null
            return
        }
        let rest = steps.dropFirst()
        switch step {
        case .key(let name):
            if case .object = self {} else { self = .object([]) }
            guard !rest.isEmpty else {
                self[name] = work(self[name])
                return
            }
            var inner = self[name] ?? .object([])
            inner.change(rest, work)
            self[name] = inner
        case .index(let index):
            var elements = self.elements
            guard elements.indices.contains(index) else { return }
            if rest.isEmpty, let new = work(elements[index]) {
                elements[index] = new
            } else {
                elements[index].change(rest, work)
            }
            self = .array(elements)
        }
    }
}
