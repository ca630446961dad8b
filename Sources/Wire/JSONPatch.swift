public import Primitives

extension JSON {
    /// RFC 6902: applies all operations in order, or none. A failed `test` is `.invalid`.
    ///
    /// At most 1,000 operations; copies may not grow the tree beyond 4 MiB or 64 levels.
    public func applying(jsonPatch patch: JSON) throws(Refusal) -> JSON {
        guard case .array(let operations) = patch else {
            throw Refusal(
                .malformed, finding: "a JSON patch is not a list",
                remedy: "Send [{\"op\": …, \"path\": …}]")
        }
        guard operations.count <= 1000 else {
            throw Refusal(
                .tooLarge, finding: "the patch has more than 1000 operations",
                remedy: "Send it in parts")
        }
        var run = JSONPatchRun(tree: self)
        for (index, operation) in operations.enumerated() {
            do throws(Refusal) {
                try run.apply(operation)
            } catch {
                throw error.under("[\(index)]")
            }
        }
        return run.tree
    }
}

/// The tree between two operations, and how much they may still add to it.
private struct JSONPatchRun {
    private(set) var tree: JSON
    private var budget = 4 << 20

    init(tree: JSON) { self.tree = tree }

    mutating func apply(_ operation: JSON) throws(Refusal) {
        guard let name = operation["op"]?.string else {
            throw Refusal(
                .malformed, field: "op", finding: "the operation has no name", remedy: "Add \"op\"")
        }
        let path = try pointer("path", of: operation)
        switch name {
        case "add": try add(value(of: operation), at: path)
        case "remove": try remove(at: path)
        case "replace":
            let new = try value(of: operation)
            try spend(on: new, depth: path.count)
            try change(at: path) { _ in new }
        case "move":
            let from = try pointer("from", of: operation)
            guard !path.starts(with: from) || path.count == from.count else {
                throw Refusal(
                    .malformed, field: "path", finding: "a value cannot move into itself",
                    remedy: "Choose another path")
            }
            let moved = try find(at: from)
            if path != from {
                try remove(at: from)
                try add(moved, at: path)
            }
        case "copy": try add(find(at: pointer("from", of: operation)), at: path)
        case "test":
            guard try find(at: path).means(value(of: operation)) else {
                throw Refusal(
                    .invalid, field: "path",
                    finding: "the test of \(quoted(operation["path"]?.string ?? "")) failed",
                    remedy: "Read the object again and make the patch from what it is now")
            }
        default:
            throw Refusal(
                .malformed, field: "op", finding: "unknown operation \(quoted(name))",
                remedy: "Use add, remove, replace, move, copy or test")
        }
    }

    private func value(of operation: JSON) throws(Refusal) -> JSON {
        guard let value = operation["value"] else {
            throw Refusal(
                .malformed, field: "value", finding: "the operation has no value",
                remedy: "Add \"value\"")
        }
        return value
    }

    /// RFC 6901: `/spec/roles/0`, with `~1` for a slash and `~0` for a tilde.
    private func pointer(_ key: String, of operation: JSON) throws(Refusal) -> [String] {
        guard let text = operation[key]?.string else {
            throw Refusal(
                .malformed, field: key, finding: "the operation has no \(quoted(key))",
                remedy: "Add a pointer such as \"/spec/priority\"")
        }
        if text.isEmpty { return [] }
        guard text.utf8.first == UInt8(ascii: "/") else {
            throw Refusal(
                .malformed, field: key, finding: "\(quoted(text)) does not start with a slash",
                remedy: "Write a pointer such as \"/spec/priority\"")
        }
        var tokens: [String] = []
        for part in text.utf8.dropFirst().split(separator: 0x2f, omittingEmptySubsequences: false) {
            var token: [UInt8] = []
            var isEscape = false
            for byte in part {
                if isEscape {
                    guard byte == UInt8(ascii: "0") || byte == UInt8(ascii: "1") else { break }
                    token.append(byte == UInt8(ascii: "0") ? 0x7e : 0x2f)
                    isEscape = false
                } else if byte == 0x7e {
                    isEscape = true
                } else {
                    token.append(byte)
                }
            }
            guard !isEscape else {
                throw Refusal(
                    .malformed, field: key, finding: "\(quoted(text)) has a stray tilde",
                    remedy: "Write ~0 for a tilde and ~1 for a slash")
            }
            tokens.append(String(decoding: token, as: UTF8.self))
        }
        guard tokens.count <= WireLimits.request.depth else { throw tooDeep }
        return tokens
    }
}

// MARK: Operations

extension JSONPatchRun {
    private func find(at path: [String]) throws(Refusal) -> JSON {
        var value = tree
        for token in path {
            switch value {
            case .object:
                guard let member = value[token] else { throw absent(path) }
                value = member
            case .array(let elements):
                value = elements[try index(token, below: elements.count, path)]
            case .null, .bool, .number, .string: throw absent(path)
            }
        }
        return value
    }

    private mutating func add(_ value: JSON, at path: [String]) throws(Refusal) {
        try spend(on: value, depth: path.count)
        guard let last = path.last else {
            tree = value
            return
        }
        try change(at: path.dropLast()) { parent throws(Refusal) in
            switch parent {
            case .object:
                var changed = parent
                changed[last] = value
                return changed
            case .array(var elements):
                let place =
                    last == "-" ? elements.count : try index(last, below: elements.count + 1, path)
                elements.insert(value, at: place)
                return .array(elements)
            case .null, .bool, .number, .string: throw absent(path)
            }
        }
    }

    private mutating func remove(at path: [String]) throws(Refusal) {
        guard let last = path.last else {
            tree = .null
            return
        }
        try change(at: path.dropLast()) { parent throws(Refusal) in
            switch parent {
            case .object:
                guard parent[last] != nil else { throw absent(path) }
                var changed = parent
                changed[last] = nil
                return changed
            case .array(var elements):
                elements.remove(at: try index(last, below: elements.count, path))
                return .array(elements)
            case .null, .bool, .number, .string: throw absent(path)
            }
        }
    }

    private mutating func change(
        at path: some Collection<String>, _ edit: (JSON) throws(Refusal) -> JSON
    ) throws(Refusal) {
        tree = try changed(tree, Array(path), from: 0, edit)
    }

    private func changed(
        _ value: JSON, _ path: [String], from depth: Int, _ edit: (JSON) throws(Refusal) -> JSON
    ) throws(Refusal) -> JSON {
        guard depth < path.count else { return try edit(value) }
        let token = path[depth]
        switch value {
        case .object(var members):
            guard let place = members.place(of: token) else { throw absent(path) }
            members[place].value = try changed(members[place].value, path, from: depth + 1, edit)
            return .object(members)
        case .array(var elements):
            let place = try index(token, below: elements.count, path)
            elements[place] = try changed(elements[place], path, from: depth + 1, edit)
            return .array(elements)
        case .null, .bool, .number, .string: throw absent(path)
        }
    }

    /// Refuses what would let a short patch grow a large or deep tree.
    private mutating func spend(on value: JSON, depth: Int) throws(Refusal) {
        guard value.levels + depth <= WireLimits.request.depth else { throw tooDeep }
        budget -= value.weight
        guard budget >= 0 else {
            throw Refusal(.tooLarge, finding: "the patch adds more than 4 MiB", remedy: "Add less")
        }
    }

    private var tooDeep: Refusal {
        Refusal(
            .malformed, field: "path",
            finding: "the patched object would be more than 64 levels deep",
            remedy: "Flatten it")
    }
}

private func index(_ token: String, below count: Int, _ path: [String]) throws(Refusal) -> Int {
    let isPlain = token.utf8.allSatisfy(isDigit) && (token == "0" || token.utf8.first != 0x30)
    guard isPlain, let place = Int(token), place < count else { throw absent(path) }
    return place
}

private func absent(_ path: [String]) -> Refusal {
    Refusal(
        .invalid, field: "path",
        finding: "there is nothing at \(quoted("/" + path.joined(separator: "/")))",
        remedy: "Point at a value that exists")
}

extension JSON {
    /// Arrays and objects inside one another, this one included.
    fileprivate var levels: Int {
        switch self {
        case .null, .bool, .number, .string: 0
        case .array(let elements): 1 + (elements.map(\.levels).max() ?? 0)
        case .object(let members): 1 + (members.map(\.value.levels).max() ?? 0)
        }
    }

    /// Roughly the bytes that the value takes.
    fileprivate var weight: Int {
        switch self {
        case .null, .bool: 16
        case .number(let text), .string(let text): 16 + text.utf8.count
        case .array(let elements): elements.reduce(16) { $0 + $1.weight }
        case .object(let members):
            members.reduce(16) { $0 + 16 + $1.key.utf8.count + $1.value.weight }
        }
    }

    /// Equality as RFC 6902 wants it: numbers by value, members in any order.
    fileprivate func means(_ other: JSON) -> Bool {
        switch (self, other) {
        case (.number(let left), .number(let right)):
            return left == right || Double(left) == Double(right)
        case (.string(let left), .string(let right)): return left.utf8.elementsEqual(right.utf8)
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.means($1) }
        case (.object(let left), .object(let right)):
            guard left.count == right.count else { return false }
            // Sorted, so that a long test stays cheap.
            let pairs = zip(
                left.sorted { isBefore($0.key, $1.key) }, right.sorted { isBefore($0.key, $1.key) })
            return pairs.allSatisfy { one, another in
                one.key.utf8.elementsEqual(another.key.utf8) && one.value.means(another.value)
            }
        case (.null, _), (.bool, _), (.number, _), (.string, _), (.array, _), (.object, _):
            return self == other
        }
    }
}
