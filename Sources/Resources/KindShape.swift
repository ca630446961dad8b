public import Wire

/// A whole object of a kind with a specification and a status, as the server shows it.
public struct Shown<Spec: Codable & Sendable, Status: Codable & Sendable>: Codable, Sendable {
    /// The API group and version that the object is written in, such as "muster.dev/v1".
    public var apiVersion: String?
    /// The kind of the object, such as "Job".
    public var kind: String?
    /// The object's name, where it belongs, and what the server has noted about it.
    public var metadata: ObjectMeta?
    /// What is asked for.
    public var spec: Spec?
    /// What has become of it. Written by the server, and ignored when sent.
    public var status: Status?
}

/// One page of objects of one kind.
public struct ShownList<Item: Codable & Sendable>: Codable, Sendable {
    /// The API group and version that the list is written in.
    public var apiVersion: String?
    /// The kind of the list.
    public var kind: String?
    /// The version that the list shows, and where the next page begins.
    public var metadata: ListMeta?
    /// The objects.
    public var items: [Item]
}

/// How the objects of one kind are written: what the schema, and clients that ask for it, go by.
public struct KindShape: Sendable {
    public let kind: String
    public let apiVersion: String
    /// What the manual says of the kind.
    public let about: String
    private let record: @Sendable () -> Schema
    private let read: @Sendable (Document) throws -> Void

    /// A kind that consists of a specification and a status.
    public init<Spec: Codable & Sendable, Status: Codable & Sendable>(
        _ kind: String, _ apiVersion: String, spec: Spec.Type, status: Status.Type, about: String
    ) {
        self.init(
            kind, apiVersion, about: about, record: { Schema.of(Shown<Spec, Status>.self) },
            read: {
                _ = try WireDecoder.decode(Shown<Spec, Status>.self, from: $0, unknown: .refuse)
            })
    }

    /// A kind that has a specification only.
    public init<Spec: Codable & Sendable>(
        _ kind: String, _ apiVersion: String, spec: Spec.Type, about: String
    ) {
        self.init(
            kind, apiVersion, about: about,
            record: { Schema.of(Shown<Spec, JSON>.self).without("status") },
            read: { _ = try WireDecoder.decode(Shown<Spec, None>.self, from: $0, unknown: .refuse) }
        )
    }

    /// A kind whose own members stand beside the metadata.
    public init<Content: Codable & Sendable>(
        _ kind: String, _ apiVersion: String, content: Content.Type, about: String
    ) {
        let envelope = Schema.of(Shown<JSON, JSON>.self).without("spec").without("status")
        self.init(
            kind, apiVersion, about: about,
            record: {
                guard case .object(let members, let type) = Schema.of(Content.self) else {
                    return envelope
                }
                return .object(envelope.properties + members, of: type)
            },
            read: { object in
                _ = try WireDecoder.decode(
                    FlatManifest<Content>.self, from: object, unknown: .refuse)
                guard let metadata = object.root["metadata"] else { return }
                _ = try WireDecoder.decode(ObjectMeta.self, at: metadata, unknown: .refuse)
            })
    }

    private init(
        _ kind: String, _ apiVersion: String, about: String,
        record: @escaping @Sendable () -> Schema,
        read: @escaping @Sendable (Document) throws -> Void
    ) {
        self.kind = kind
        self.apiVersion = apiVersion
        self.about = about
        self.record = record
        self.read = read
    }

    /// What is never written.
    private enum None: String, Codable, CaseIterable { case never }

    /// The shape of a whole object as clients may send it.
    ///
    /// A specification that must hold something must be there; a status may be sent in part, since
    /// it is ignored.
    public var schema: Schema {
        guard case .object(let members, let type) = record() else { return .any }
        return .object(
            members.map { member in
                switch member.name {
                case "spec":
                    let isNeeded = member.schema.properties.contains(where: \.isRequired)
                    return Schema.Property("spec", member.schema, isRequired: isNeeded)
                case "status":
                    return Schema.Property("status", member.schema.optional, isRequired: false)
                default: return member
                }
            }, of: type)
    }

    /// Throws where an object is not of this shape or holds more than it says.
    public func check(_ object: Document) throws { try read(object) }

    public static func of(_ kind: String, _ apiVersion: String) -> KindShape? {
        all.first { $0.kind == kind && $0.apiVersion == apiVersion }
    }
}

extension KindShape {
    /// Every kind whose shape is published. A kind is added here, and nowhere else.
    public static let all: [KindShape] = [
        KindShape(
            "Job", Group.version, spec: JobSpec.self, status: JobStatus.self,
            about: """
                A gang of processes on one or more machines: all of them start together, or none \
                does, and they succeed, fail and are retried as one. Write what should run into \
                spec; read what has become of it from status.

                The shortest job there is: {"metadata": {"generateName": "hello-"}, \
                "spec": {"roles": [{"command": ["echo", "hello"]}]}}.
                """),
        KindShape(
            "Queue", Group.version, spec: QueueSpec.self, status: QueueStatus.self,
            about: """
                Who pays for jobs: every job names a queue. The queue "default" exists from the \
                start, and a queue that jobs still name cannot be deleted.
                """),
        KindShape(
            "NodePool", Group.version, spec: NodePoolSpec.self, status: NodePoolStatus.self,
            about: """
                Machines that are declared together: of which kind, how many or between which \
                bounds, and how they may be taken away again. This version keeps pools but does \
                not provision machines yet.
                """),
        KindShape(
            "Token", Group.version, spec: TokenSpec.self, status: TokenStatus.self,
            about: """
                What a client shows to be let in. The secret itself is shown once, when the token \
                is created; delete the token to revoke it.
                """),
        KindShape(
            "Node", "v1", spec: NodeSpec.self, status: NodeStatus.self,
            about: """
                A machine whose agent has registered with the controller: what it has, what of it \
                is free, and whether its agent is heard.
                """),
        KindShape(
            "Pod", "v1", spec: PodSpec.self, status: PodStatus.self,
            about: """
                One rank of the present attempt of a job, so that "kubectl get pods" and \
                "kubectl logs" work. Pods are made and removed with their jobs.
                """),
        KindShape(
            "Namespace", "v1", spec: NamespaceSpec.self, status: NamespaceStatus.self,
            about: """
                A room for names: two jobs may have the same name in different namespaces. The \
                namespace "default" exists from the start.
                """),
        KindShape(
            "Event", "v1", content: EventContent.self,
            about: """
                Something that has happened to a job or a node. Written by the server; the newest \
                events are kept for a while.
                """),
        KindShape(
            "ConfigMap", "v1", content: ConfigMapContent.self,
            about: """
                Small texts and bytes under names, for programs that keep their settings beside \
                their jobs. Muster itself does not read them.
                """),
        KindShape(
            "Secret", "v1", content: SecretContent.self,
            about: """
                Small secrets under names. They are kept as they are, in the controller's data \
                directory; Muster itself does not read them.
                """),
        KindShape(
            "Lease", "coordination.k8s.io/v1", spec: LeaseSpec.self,
            about: """
                Who holds something, and for how long: what programs elect their leader by.
                """),
        KindShape(
            "NodeMetrics", "metrics.k8s.io/v1beta1", content: NodeUsageContent.self,
            about: "What a node used lately; what \"kubectl top nodes\" shows."),
        KindShape(
            "PodMetrics", "metrics.k8s.io/v1beta1", content: PodUsageContent.self,
            about: "What a rank used lately; what \"kubectl top pods\" shows."),
    ]
}
