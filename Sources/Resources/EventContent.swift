public import Wire

// What has happened to objects; see JobStatus for how this is kept true.

/// The members of an event beside its metadata.
public struct EventContent: Codable, Hashable, Sendable {
    /// The object that it happened to.
    public var involvedObject: ObjectReference
    /// Normal or Warning.
    public var type: String
    /// What happened, in one word such as Scheduled, Retrying or Failed.
    public var reason: String
    /// What happened, for people.
    public var message: String
    /// When it happened.
    public var firstTimestamp: Timestamp
    /// When it happened last.
    public var lastTimestamp: Timestamp
    /// How many times it happened.
    public var count: Int32
    /// Who says so.
    public var source: EventSource
}

/// Names one object.
public struct ObjectReference: Codable, Hashable, Sendable {
    /// The API version of the object, such as "muster.dev/v1".
    public var apiVersion: String?
    /// The kind of the object, such as "Job".
    public var kind: String?
    /// The namespace of the object; absent for objects outside of namespaces.
    public var namespace: String?
    /// The name of the object.
    public var name: String?
    /// The uid of the object.
    public var uid: String?
}

/// Who has noted an event.
public struct EventSource: Codable, Hashable, Sendable {
    /// The part of the system, such as "muster".
    public var component: String?
}
