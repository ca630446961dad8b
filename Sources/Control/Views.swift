public import Kernel
public import Primitives
public import Scheduling
public import Wire

// What readers see: immutable values, replaced when something changed. Text is shared between the
// versions of an object.

/// What every kind of view has.
public protocol CatalogView: AnyObject, Sendable {
    var uid: UInt64 { get }
    var version: UInt64 { get }
    var namespace: String { get }
    var name: String { get }
    var labels: StringMap { get }
    /// How many entries of the finest list it comes to: a job has its ranks.
    var parts: Int { get }
}

extension CatalogView {
    public var parts: Int { 1 }
}

/// The text of an object, shared by its versions.
public final class DocumentText: Sendable {
    public let head: [UInt8]
    /// Nil for jobs: theirs stay on disk, see ``Catalog/body(of:)``.
    let residentBody: [UInt8]?
    /// Shared by texts of a job with the same body.
    let pin: BodyPin
    public let labels: StringMap
    public let user: String

    init(
        head: [UInt8], residentBody: [UInt8]?, pin: BodyPin = .unused, labels: StringMap,
        user: String
    ) {
        // Kept for long: without the room that a growing buffer leaves at its end.
        self.head = head.withUnsafeBytes { Array($0) }
        self.residentBody = residentBody
        self.pin = residentBody == nil && pin === BodyPin.unused ? BodyPin() : pin
        self.labels = labels
        self.user = user
    }

    /// The body of an object that is no job.
    public var body: DocumentBody { DocumentBody(stored: residentBody ?? Array("{}".utf8)) }
}

/// One job as of one version.
public final class JobView: CatalogView {
    public let version: UInt64
    public let generation: UInt32
    public let revision: UInt32
    public let deletedAt: Tick?
    public let namespace: String
    public let name: String
    public let queue: String
    public let text: DocumentText
    public let job: Job
    public let shape: Shape
    /// The names of the ranks' nodes, rank by rank.
    public let nodeNames: [String]
    /// The name of the node whose rank decided how the job ended.
    public let culpritNode: String?
    public let createdAt: Tick

    public var uid: UInt64 { job.uid }
    public var labels: StringMap { text.labels }
    public var parts: Int { job.ranks.count { !$0.isHidden } }

    init(
        _ object: ObjectState, job: Job, shape: Shape, namespace: String, queue: String,
        nodeNames: [String], text: DocumentText, culpritNode: String?
    ) {
        version = object.version
        generation = object.generation
        revision = object.revision
        deletedAt = object.deletedAt
        self.namespace = namespace
        name = object.name
        self.queue = queue
        self.text = text
        self.culpritNode = culpritNode
        self.job = job
        self.shape = shape
        self.nodeNames = nodeNames
        createdAt = job.submittedAt
    }

    /// The role of a rank, as an index into the specification's roles.
    public func role(ofRank rank: Int) -> Int { shape.role(ofRank: rank) }

    /// The number of a rank within its role.
    public func index(ofRank rank: Int) -> Int {
        let role = shape.role(ofRank: rank)
        return rank - shape.roles[..<role].reduce(0) { $0 + Int($1.ranks) }
    }
}

/// One machine as of one version.
public final class NodeView: CatalogView {
    public let version: UInt64
    public let generation: UInt32
    public let revision: UInt32
    public let deletedAt: Tick?
    public let name: String
    public let text: DocumentText
    public let state: NodeState
    public let model: String

    public var uid: UInt64 { state.node.uid }
    public var namespace: String { "" }
    public var labels: StringMap { text.labels }

    init(_ object: ObjectState, state: NodeState, model: String, text: DocumentText) {
        version = object.version
        generation = object.generation
        revision = object.revision
        deletedAt = object.deletedAt
        name = object.name
        self.state = state
        self.model = model
        self.text = text
    }
}

/// An object of a plain kind: a namespace, a queue, a token and the like.
public final class ObjectView: CatalogView {
    public let kind: Kind
    public let uid: UInt64
    public let version: UInt64
    public let generation: UInt32
    public let revision: UInt32
    public let deletedAt: Tick?
    public let namespace: String
    public let name: String
    public let createdAt: Tick
    public let text: DocumentText

    public var labels: StringMap { text.labels }

    init(_ object: ObjectState, namespace: String, text: DocumentText) {
        kind = object.kind
        uid = object.uid
        version = object.version
        generation = object.generation
        revision = object.revision
        deletedAt = object.deletedAt
        self.namespace = namespace
        name = object.name
        createdAt = object.createdAt
        self.text = text
    }
}

/// Something worth telling people about an object.
public final class EventView: CatalogView {
    public let version: UInt64
    public let note: EventNote

    /// Events have the number of the record that caused them.
    public var uid: UInt64 { version }
    public var namespace: String { note.namespace.isEmpty ? "default" : note.namespace }
    public var name: String { "\(note.name).\(String(version, radix: 16))" }
    public var labels: StringMap { [:] }

    init(version: UInt64, note: EventNote) {
        self.version = version
        self.note = note
    }
}

/// What happened to which object, in words for people.
public struct EventNote: Codable, Hashable, Sendable {
    public var kind: String
    public var namespace: String
    public var name: String
    public var uid: UInt64
    public var isWarning: Bool
    public var reason: String
    public var message: String
    public var at: Int64
}
