public import Primitives

/// Turns documents into values of any `Decodable` type, with precise paths in every refusal.
public enum WireDecoder {
    /// What to do about members that the type never asked for.
    public enum UnknownFields: Sendable { case refuse, ignore }

    /// Decodes the whole document as a `T`.
    public static func decode<T: Decodable>(
        _ type: T.Type, from document: Document, unknown: UnknownFields = .refuse
    ) throws(Refusal) -> T {
        try decode(type, at: document.root, unknown: unknown)
    }

    /// Decodes one value of a document; paths in refusals start at the document's root.
    public static func decode<T: Decodable>(
        _ type: T.Type, at place: Document.Value, unknown: UnknownFields = .refuse
    ) throws(Refusal) -> T {
        let session = DecodingSession(place)
        let value = try session.decodeRoot(type)
        if unknown == .refuse, session.hasUnknownFields {
            var defects = Defects()
            for refusal in explainUnknown(type, place, atMost: 20) { defects.add(refusal) }
            try defects.refuse()
        }
        return value
    }

    /// Decodes leniently and returns, as refusals, the first 20 fields that nobody asked for.
    public static func decodeListingUnknown<T: Decodable>(
        _ type: T.Type, at place: Document.Value
    ) throws(Refusal) -> (value: T, unknown: [Refusal]) {
        let session = DecodingSession(place)
        let value = try session.decodeRoot(type)
        let unknown = session.hasUnknownFields ? explainUnknown(type, place, atMost: 20) : []
        return (value, unknown)
    }

    /// Reads strict JSON and decodes it.
    public static func decode<T: Decodable>(
        _ type: T.Type, json: [UInt8], limits: WireLimits = .request,
        unknown: UnknownFields = .refuse
    ) throws(Refusal) -> T {
        try decode(type, from: Document(json: json, limits: limits), unknown: unknown)
    }

    /// Decodes once more while noting what was asked for: only a refusal pays for suggestions.
    private static func explainUnknown<T: Decodable>(
        _ type: T.Type, _ place: Document.Value, atMost limit: Int
    ) -> [Refusal] {
        let session = DecodingSession(place, notesAsked: true)
        do throws(Refusal) { _ = try session.decodeRoot(type) } catch { return [error] }
        return session.unknownFields(atMost: limit)
    }
}

/// One decoding of one document: the tape, and what has been asked of it so far.
///
/// Used by one thread; lives as long as the call.
final class DecodingSession {
    let document: Document
    private let root: Int
    let bytes: [UInt8]
    let nodes: [Document.Node]
    private var progress: Progress
    private let notesAsked: Bool
    /// The refusal on its way out, already placed.
    private var failure: Refusal?

    init(_ place: Document.Value, notesAsked: Bool = false) {
        document = place.document
        root = place.index
        bytes = document.bytes
        nodes = document.nodes
        progress = Progress(count: Int(nodes[root].next) - root, base: root)
        self.notesAsked = notesAsked
    }

    func decodeRoot<T: Decodable>(_ type: T.Type) throws(Refusal) -> T {
        do {
            return try decode(type, at: root)
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            preconditionFailure("an error left the decoder unplaced: \(error)")
        }
    }

    /// Decodes one value; what a type throws about itself leaves with the full path.
    func decode<T: Decodable>(_ type: T.Type, at node: Int) throws -> T {
        do {
            if let quick = try quickly(type, at: node) { return quick }
            let value = try T(from: DocumentDecoder(session: self, node: node))
            // A type without members reads nothing, and then everything there is unknown.
            if nodes[node].kind == .object { progress.enterIfUntouched(node) }
            return value
        } catch {
            throw placed(error, type, at: node)
        }
    }

    /// The types that fill most documents, without the detour through a container.
    private func quickly<T>(_ type: T.Type, at node: Int) throws(Refusal) -> T? {
        if T.self == StringMap.self { return try stringMap(node) as? T }
        if T.self == [String].self { return try strings(node) as? T }
        if T.self == JSON.self { return freeForm(node) as? T }
        return nil
    }
}

// MARK: Members

extension DecodingSession {
    /// The value of a member, found at once when keys come in the order in which they are asked.
    func find(_ key: String, in object: Int) -> Int? {
        if notesAsked { progress.note(key, object) }
        return progress.find(key.utf8Span.span, in: object, nodes, bytes)
    }

    func contains(_ key: String, in object: Int) -> Bool {
        if notesAsked { progress.note(key, object) }
        return progress.position(of: key.utf8Span.span, in: object, nodes, bytes) != nil
    }

    /// Notes that an object is read member by member, so that its leftovers are unknown fields.
    func enter(_ object: Int) throws(Refusal) {
        guard nodes[object].kind == .object else {
            throw mismatch("an object", "Write { … } with named members", object)
        }
        progress.enter(object)
    }

    /// Takes a value as it is: nothing in it is unknown.
    func freeForm(_ node: Int) -> JSON {
        if nodes[node].kind == .object { progress.claim(node) }
        return JSON(document, at: node)
    }

    /// Takes an object whole, whatever its keys.
    func claim(_ object: Int) { progress.claim(object) }

    func keys(of object: Int) -> [String] {
        var found: [String] = []
        var at = object + 1
        while at < Int(nodes[object].next) {
            found.append(document.text(of: nodes[at]))
            at = Int(nodes[at + 1].next)
        }
        return found
    }
}

// MARK: Unknown fields

extension DecodingSession {
    var hasUnknownFields: Bool {
        var found = false
        eachUnknown { _, _ in found = true }
        return found
    }

    /// One refusal for each of the first members that were never asked for, in document order.
    ///
    /// Each costs a walk through the document, so a hostile one must not have thousands of them.
    func unknownFields(atMost limit: Int) -> [Refusal] {
        var found: [Refusal] = []
        eachUnknown { object, key in
            guard found.count < limit else { return }
            let name = document.text(of: nodes[key])
            let known = progress.askedKeys(of: object)
            let path = document.path(to: key)
            let remedy: String
            if let close = nearest(name, among: known) {
                remedy = "Rename it to \(quoted(close))"
            } else if known.isEmpty || known.count > 20 {
                remedy = "Remove it"
            } else {
                remedy = "Remove it; known here: \(known.joined(separator: ", "))"
            }
            found.append(
                Refusal(
                    .malformed, field: path, finding: "unknown field \(quoted(path))",
                    remedy: remedy))
        }
        return found
    }

    /// Visits keys left over in objects that were read by member, but not below such a key.
    private func eachUnknown(_ visit: (_ object: Int, _ key: Int) -> Void) {
        var enclosing: [Int] = []
        var at = root
        while at < Int(nodes[root].next) {
            while let last = enclosing.last, at >= Int(nodes[last].next) { enclosing.removeLast() }
            if let object = enclosing.last, nodes[object].kind == .object {
                if !progress.isConsumed(at) {
                    visit(object, at)
                    at = Int(nodes[at + 1].next)
                    continue
                }
                at += 1
            }
            let node = nodes[at]
            let isOpened =
                node.kind == .array || (node.kind == .object && progress.isEntered(at))
            if isOpened { enclosing.append(at) }
            at = isOpened ? at + 1 : Int(node.next)
        }
    }
}

// MARK: Refusals

extension DecodingSession {
    func path(to node: Int) -> String { document.path(to: node) }

    func mismatch(_ wanted: String, _ remedy: String, _ node: Int) -> Refusal {
        fail(
            Refusal(
                .malformed, field: path(to: node),
                finding: "expected \(wanted), found \(describe(node))", remedy: remedy))
    }

    func missing(
        _ key: String, in object: Int, mayBe isUnknown: (String) -> Bool
    ) -> Refusal {
        var field = path(to: object)
        field.appendPathKey(key)
        let close = nearest(key, among: keys(of: object).filter(isUnknown))
        return fail(
            Refusal(
                .malformed, field: field, finding: "the field is required but missing",
                remedy: close.map { "Rename \(quoted($0)) to \(quoted(key)), or add it" }
                    ?? "Add it"))
    }

    private func fail(_ refusal: Refusal) -> Refusal {
        failure = refusal
        return refusal
    }

    private func describe(_ index: Int) -> String {
        let node = nodes[index]
        switch node.kind {
        case .null: return "null"
        case .bool, .number: return document.text(of: node)
        case .string, .plain: return quoted(document.text(of: node))
        case .array: return "a list"
        case .object: return "an object"
        }
    }

    /// Gives any error thrown while decoding `type` its reason, path and remedy.
    private func placed<T>(_ error: any Error, _ type: T.Type, at node: Int) -> Refusal {
        if let refusal = error as? Refusal {
            if refusal == failure { return refusal }
            let prefix = path(to: node)
            return fail(prefix.isEmpty ? refusal : refusal.under(prefix))
        }
        if let names = caseNames(of: type) {
            let close =
                nodes[node].kind == .string || nodes[node].kind == .plain
                ? nearest(document.text(of: nodes[node]), among: names) : nil
            let list = names.joined(separator: ", ")
            let sure = names.count == 1 ? names.first : close
            return mismatch(
                "one of \(list)", sure.map { "Write \(quoted($0))" } ?? "Write one of \(list)",
                node)
        }
        guard let known = error as? DecodingError else {
            return fail(
                Refusal(
                    .malformed, field: path(to: node), finding: "\(error)",
                    remedy: "Correct the value"))
        }
        let finding: String
        switch known {
        case .dataCorrupted(let context), .typeMismatch(_, let context),
            .valueNotFound(_, let context), .keyNotFound(_, let context):
            let text = context.debugDescription
            finding = text.prefix(1).lowercased() + text.dropFirst().prefix { $0 != "\n" }
        @unknown default: finding = "the value cannot be read"
        }
        let bare = finding.hasSuffix(".") ? String(finding.dropLast()) : finding
        return fail(
            Refusal(.malformed, field: path(to: node), finding: bare, remedy: "Correct the value"))
    }
}

/// Raw values of an enum of words, in declaration order; nil for any other type.
func caseNames(of type: Any.Type) -> [String]? {
    guard let cases = type as? any (CaseIterable & RawRepresentable).Type else { return nil }
    return words(of: cases)
}

private func words<T: CaseIterable & RawRepresentable>(of type: T.Type) -> [String]? {
    let found = type.allCases.compactMap { $0.rawValue as? String }
    return found.isEmpty ? nil : found
}
