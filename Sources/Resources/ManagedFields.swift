public import Primitives
public import Wire

/// Who writes to an object, through what, and when: the author of one request.
public struct FieldAuthor: Hashable, Sendable {
    public let manager: String
    public let apiVersion: String
    /// Empty for the object itself; `status` or `scale` for its subresources.
    public let subresource: String
    /// Kept in whole seconds, as it is shown.
    public let time: Timestamp

    public init(
        manager: String, apiVersion: String, subresource: String = "", at time: Timestamp
    ) {
        self.manager = manager
        self.apiVersion = apiVersion
        self.subresource = subresource
        self.time = time.wholeSeconds
    }

    public static let managerBytesMax = 128

    /// What a request's writer is called: as it says, or else by its program's name.
    public static func manager(
        fieldManager: String?, userAgent: String?
    ) throws(Refusal) -> String {
        if let fieldManager, !fieldManager.isEmpty {
            guard fieldManager.utf8.count <= managerBytesMax,
                fieldManager.unicodeScalars.allSatisfy(\.properties.isPrintable)
            else {
                throw Refusal(
                    .invalid, field: "fieldManager", finding: "the name is too long or unprintable",
                    remedy: "Use at most \(managerBytesMax) printable characters")
            }
            return fieldManager
        }
        let program = (userAgent ?? "").utf8.prefix { $0 != UInt8(ascii: "/") }
        let name = String(
            decoding: program.filter { (0x20...0x7e).contains($0) }.prefix(managerBytesMax),
            as: UTF8.self)
        return name.isEmpty ? "unknown" : name
    }
}

/// Who owns which fields of one object, as its `metadata.managedFields` tells.
///
/// An entry without fields stands for all that users write of the object: the short form in which
/// the work of a single writer is stored. It is spelled out when somebody reads it.
public struct ManagedFields: Hashable, Sendable {
    /// How fields came to be owned.
    public enum Operation: String, Sendable, CaseIterable {
        case apply = "Apply"
        case update = "Update"
    }

    /// One writer's share.
    public struct Entry: Hashable, Sendable {
        public var manager: String
        public var operation: Operation
        public var apiVersion: String
        public var subresource = ""
        public var time: Timestamp?
        /// Nil for everything that users write of the object.
        public var fields: FieldSet?

        public init(_ author: FieldAuthor, _ operation: Operation, _ fields: FieldSet?) {
            manager = author.manager
            self.operation = operation
            apiVersion = author.apiVersion
            subresource = author.subresource
            time = author.time
            self.fields = fields
        }
    }

    /// In the order in which Kubernetes lists them: appliers first, then by time.
    public internal(set) var entries: [Entry]

    /// Nobody owns anything.
    public init() { entries = [] }

    /// What an object that was just created comes with: its creator owns all of it.
    public init(createdBy author: FieldAuthor) { entries = [Entry(author, .update, nil)] }

    init(entries: [Entry]) { self.entries = entries.sorted { $0.isBefore($1) } }

    public var isEmpty: Bool { entries.isEmpty }

    /// True when some entry is in the short form.
    public var isCompact: Bool { entries.contains { $0.fields == nil } }

    public static let entriesMax = 32
    /// More entries of updates than this are merged, oldest first, as Kubernetes does.
    public static let updatesMax = 10
    /// Writers that apply; one more is refused.
    public static let appliersMax = entriesMax - updatesMax

    /// The same with every entry spelled out over the object as it is now.
    public func expanded(over object: JSON?, _ rules: MergeRules) -> ManagedFields {
        guard isCompact else { return self }
        var expanded = self
        for (place, entry) in entries.enumerated() where entry.fields == nil {
            let part = FieldScope(subresource: entry.subresource).part(of: object)
            expanded.entries[place].fields = FieldSet(everythingIn: part, rules)
        }
        return expanded
    }
}

extension ManagedFields.Entry {
    /// True for the entry in which this author's writes of this sort gather.
    func belongs(to author: FieldAuthor, _ operation: ManagedFields.Operation) -> Bool {
        hasOwner(of: ManagedFields.Entry(author, operation, nil))
    }

    /// True for two entries that count as one.
    func hasOwner(of other: ManagedFields.Entry) -> Bool {
        operation == other.operation && byteOrder(manager, other.manager) == 0
            && byteOrder(subresource, other.subresource) == 0
            && (operation == .apply || byteOrder(apiVersion, other.apiVersion) == 0)
    }

    func isBefore(_ other: ManagedFields.Entry) -> Bool {
        if operation != other.operation { return operation == .apply }
        if time != other.time {
            return (time?.milliseconds ?? 0) < (other.time?.milliseconds ?? 0)
        }
        for (left, right) in [
            (manager, other.manager), (apiVersion, other.apiVersion),
            (subresource, other.subresource),
        ] {
            let order = byteOrder(left, right)
            if order != 0 { return order < 0 }
        }
        return false
    }
}

extension Timestamp {
    var wholeSeconds: Timestamp {
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        return Timestamp(milliseconds: (rest < 0 ? seconds - 1 : seconds) * 1000)
    }
}

extension Unicode.Scalar.Properties {
    fileprivate var isPrintable: Bool {
        switch generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator:
            false
        default: true
        }
    }
}
