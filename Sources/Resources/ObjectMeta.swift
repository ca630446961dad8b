public import Wire

// What all objects have in common, as the server shows it. `Metadata` is what it accepts.

/// The object's name, where it belongs, and what the server has noted about it.
public struct ObjectMeta: Codable, Hashable, Sendable {
    /// The object's name, such as "train-42": no other of its kind in its namespace has it.
    ///
    /// 1 to 63 characters of a-z, 0-9, "-" and ".", with a letter or digit at both ends. It cannot
    /// be changed.
    public var name: String?
    /// The beginning of a name that the server completes with five random characters, such as
    /// "train-". Used only when name is left out.
    public var generateName: String?
    /// The namespace that the object is in. Left out: the one of the request's path.
    public var namespace: String?
    /// Tells this object from any other, earlier or later, of the same name. Set by the server.
    public var uid: String?
    /// The version of the object: it changes with every change of it. Set by the server.
    ///
    /// Send it back with a change to be refused (409) if somebody else was faster; give it to a
    /// watch to go on from there.
    public var resourceVersion: String?
    /// How many times the specification has been changed, from 1. Set by the server.
    public var generation: Int64?
    /// When the object was created. Set by the server.
    public var creationTimestamp: Timestamp?
    /// When deletion was asked for; the object is still there until it can go. Set by the server.
    public var deletionTimestamp: Timestamp?
    /// How long a deletion in progress waits, in seconds. Set by the server.
    public var deletionGracePeriodSeconds: Int64?
    /// Words to select objects by, such as {team: vision}: "kubectl get jobs -l team=vision".
    ///
    /// Keys and values consist of letters, digits, "-", "_" and ".", at most 63 of them; a key may
    /// begin with a domain and "/". At most 256 labels.
    public var labels: StringMap?
    /// Notes of people and tools, of any form. At most 256 KiB together.
    public var annotations: StringMap?
    /// What must still be done by others before a deleted object goes, a word for each of them.
    public var finalizers: [String]?
    /// The objects that this one belongs to, such as the job of a pod.
    public var ownerReferences: [OwnerReference]?
    /// Which client has set which fields, kept by the server for server-side apply.
    public var managedFields: [FieldManagerEntry]?
    /// Of older clients; ignored.
    public var selfLink: String?
}

/// An object that another object belongs to.
public struct OwnerReference: Codable, Hashable, Sendable {
    /// The API version of the owner, such as "muster.dev/v1".
    public var apiVersion: String
    /// The kind of the owner, such as "Job".
    public var kind: String
    /// The name of the owner.
    public var name: String
    /// The uid of the owner.
    public var uid: String
    /// Whether this owner is the one that makes and removes the object.
    public var controller: Bool?
    /// Whether the owner, when deleted with its dependents, waits for this object to go first.
    public var blockOwnerDeletion: Bool?
}

/// The fields that one client has set.
public struct FieldManagerEntry: Codable, Hashable, Sendable {
    /// The client, as it calls itself, such as "kubectl".
    public var manager: String?
    /// How it set them: Apply or Update.
    public var operation: String?
    /// The API version that the fields are written in.
    public var apiVersion: String?
    /// When it last changed one of them.
    public var time: Timestamp?
    /// The form of fieldsV1; always "FieldsV1".
    public var fieldsType: String?
    /// The fields, as a tree of their names.
    public var fieldsV1: JSON?
    /// The part of the object that was changed, such as "status"; empty for the object itself.
    public var subresource: String?
}

/// What is known about a list as a whole.
public struct ListMeta: Codable, Hashable, Sendable {
    /// The version that the list shows; a watch that begins here misses nothing.
    public var resourceVersion: String?
    /// Where the next page begins: send it as the parameter continue. Absent on the last page.
    public var `continue`: String?
    /// How many objects follow on later pages, where that is known.
    public var remainingItemCount: Int64?
    /// Of older clients; ignored.
    public var selfLink: String?
}

/// What a request came to that is not answered with an object: a failure, or a deletion.
public struct StatusObject: Codable, Hashable, Sendable {
    /// Always "v1".
    public var apiVersion: String?
    /// Always "Status".
    public var kind: String?
    /// Empty.
    public var metadata: ListMeta?
    /// "Success" or "Failure".
    public var status: String?
    /// What is wrong, where, and what to do about it, for people.
    public var message: String?
    /// Why it failed, in one word for programs, such as "NotFound", "Conflict" or "Invalid".
    public var reason: String?
    /// What it is about.
    public var details: StatusDetails?
    /// The HTTP status of the answer.
    public var code: Int32?
}

/// The object and the fields that an answer is about.
public struct StatusDetails: Codable, Hashable, Sendable {
    /// The name of the object.
    public var name: String?
    /// The API group of the object.
    public var group: String?
    /// The kind of the object, or its plural.
    public var kind: String?
    /// The uid of the object.
    public var uid: String?
    /// The fields that were refused, and why.
    public var causes: [StatusCause]?
    /// After how many seconds to try again.
    public var retryAfterSeconds: Int32?
}

/// One field that was refused.
public struct StatusCause: Codable, Hashable, Sendable {
    /// Why, in one word for programs.
    public var reason: String?
    /// Why, for people.
    public var message: String?
    /// The path of the field, such as "spec.roles[0].replicas".
    public var field: String?
}

/// How an object is to be deleted; may be sent as the body of a DELETE.
public struct DeleteOptions: Codable, Hashable, Sendable {
    /// "v1".
    public var apiVersion: String?
    /// "DeleteOptions".
    public var kind: String?
    /// What must be true of the object; otherwise it is kept, and the answer is 409.
    public var preconditions: DeletePreconditions?
    /// What becomes of dependent objects: Background, Foreground or Orphan.
    public var propagationPolicy: String?
    /// Accepted and ignored: a job's own gracePeriod counts.
    public var gracePeriodSeconds: Int64?
    /// Of older clients; use propagationPolicy.
    public var orphanDependents: Bool?
    /// ["All"] for a rehearsal that changes nothing.
    public var dryRun: [String]?
}

/// What must be true of an object that is to be deleted.
public struct DeletePreconditions: Codable, Hashable, Sendable {
    /// The uid that it must have.
    public var uid: String?
    /// The version that it must be at.
    public var resourceVersion: String?
}
