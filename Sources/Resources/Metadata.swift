public import Primitives
public import Wire

/// The API group and version of our own kinds.
public enum Group {
    public static let name = "muster.dev"
    public static let version = "muster.dev/v1"
}

/// What every object carries. The server's own fields are accepted from clients and ignored.
public struct Metadata: Codable, Hashable, Sendable {
    public var name: String?
    public var generateName: String?
    public var namespace: String?
    public var uid: String?
    public var resourceVersion: String?
    public var generation: Int64?
    public var creationTimestamp: Timestamp?
    public var deletionTimestamp: Timestamp?
    public var labels: StringMap?
    public var annotations: StringMap?
    public var finalizers: [String]?
    public var ownerReferences: [JSON]?
    public var managedFields: [JSON]?
    public var selfLink: String?

    public init(
        name: String? = nil, namespace: String? = nil, labels: StringMap? = nil,
        annotations: StringMap? = nil
    ) {
        self.name = name
        self.namespace = namespace
        self.labels = labels
        self.annotations = annotations
    }
}

/// Names and free texts, checked at the door.
public enum Naming {
    public static let lengthMax = 63
    /// Room for `-<role>-<index>` behind a job's name in the names of its pods.
    public static let annotationBytesMax = 256 * 1024
    public static let labelsMax = 256

    /// Refuses what is not `[a-z0-9]([a-z0-9.-]*[a-z0-9])?` of at most 63 characters.
    public static func check(_ name: String, field: String) throws(Refusal) {
        let bytes = name.utf8
        guard let first = bytes.first, let last = bytes.last, bytes.count <= lengthMax,
            isAlphanumeric(first), isAlphanumeric(last),
            bytes.allSatisfy({
                isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
            })
        else {
            throw Refusal(
                .invalid, field: field, finding: "\"\(name.prefix(80))\" is not a valid name",
                remedy:
                    "Use 1 to 63 characters of a-z, 0-9, '-' and '.', with a letter or digit at "
                    + "both ends, such as train-42")
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
    }

    /// Refuses finalizers that nobody could tell apart from other words.
    static func check(finalizers: [String], field: String) throws(Refusal) {
        guard finalizers.count <= 32 else {
            throw Refusal(
                .invalid, field: field, finding: "there are \(finalizers.count) finalizers",
                remedy: "Use at most 32 finalizers")
        }
        for (index, name) in finalizers.enumerated() {
            let isFine =
                !name.isEmpty && name.utf8.count <= 253
                && name.utf8.allSatisfy { isLabelByte($0) || $0 == UInt8(ascii: "/") }
            guard isFine, !finalizers[..<index].contains(name) else {
                throw Refusal(
                    .invalid, field: "\(field)[\(index)]",
                    finding: "\"\(name.prefix(80))\" is not a valid finalizer, or is there twice",
                    remedy: "Use a name of your own such as example.com/cleanup, once")
            }
        }
    }

    /// Refuses label keys and values that selectors could not name.
    public static func check(labels: StringMap, field: String) throws(Refusal) {
        guard labels.count <= labelsMax else {
            throw Refusal(
                .invalid, field: field, finding: "there are \(labels.count) labels",
                remedy: "Use at most \(labelsMax) labels")
        }
        for (key, value) in labels {
            let parts = key.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            let isKeyFine =
                (parts.last.map { !$0.isEmpty && $0.utf8.count <= 63 } ?? false)
                && key.utf8.count <= 253 && parts.allSatisfy { $0.utf8.allSatisfy(isLabelByte) }
            guard isKeyFine, value.utf8.count <= 63, value.utf8.allSatisfy(isLabelByte) else {
                throw Refusal(
                    .invalid, field: "\(field).\(key.prefix(80))",
                    finding: "\"\(value.prefix(80))\" under this key is not a valid label",
                    remedy: "Use letters, digits, '-', '_' and '.', at most 63 of them")
            }
        }
    }
}

extension Metadata {
    /// Checks what a user may set; the caller has checked that there is a name.
    public func validate(field: String = "metadata") throws(Refusal) {
        if let name { try Naming.check(name, field: "\(field).name") }
        if let namespace { try Naming.check(namespace, field: "\(field).namespace") }
        if let labels { try Naming.check(labels: labels, field: "\(field).labels") }
        if let annotations {
            let bytes = annotations.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
            guard bytes <= Naming.annotationBytesMax else {
                throw Refusal(
                    .invalid, field: "\(field).annotations",
                    finding: "the annotations are \(bytes) bytes long",
                    remedy: "Use at most \(Naming.annotationBytesMax) bytes")
            }
        }
        try Naming.check(finalizers: finalizers ?? [], field: "\(field).finalizers")
        guard ownerReferences?.count ?? 0 <= 32 else {
            throw Refusal(
                .invalid, field: "\(field).ownerReferences",
                finding: "there are more than 32 owners", remedy: "Name at most 32 owners")
        }
    }
}
