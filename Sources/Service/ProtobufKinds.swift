import Wire

// The kinds that typed clients send in protobuf, by the field numbers that Kubernetes gave them.
// Lists of fields follow its published schema; what a server owns is ignored when sent.

/// Field tables by the kind's name and API version.
enum ProtobufKinds {
    /// The table of a kind; nil where it is to be sent as JSON.
    static func message(kind: String, apiVersion: String) -> ProtobufMessage? {
        // Options are sent under the version of whatever is deleted with them.
        if kind == "DeleteOptions" { return deleteOptions }
        return all.first { $0.kind == kind && $0.apiVersion == apiVersion }?.message
    }

    private static let all: [(apiVersion: String, kind: String, message: ProtobufMessage)] = [
        ("authorization.k8s.io/v1", "SelfSubjectAccessReview", whole(accessSpec)),
        ("authorization.k8s.io/v1", "SubjectAccessReview", whole(accessSpec)),
        ("authorization.k8s.io/v1", "LocalSubjectAccessReview", whole(accessSpec)),
        (
            "authorization.k8s.io/v1", "SelfSubjectRulesReview",
            whole(ProtobufMessage([.init(1, "namespace")]))
        ),
        (
            "authentication.k8s.io/v1", "SelfSubjectReview",
            ProtobufMessage([metadata, .ignored(2)])
        ),
        (
            "authentication.k8s.io/v1", "TokenReview",
            whole(ProtobufMessage([.init(1, "token"), .list(2, "audiences")]))
        ),
        ("policy/v1", "Eviction", eviction),
        ("policy/v1beta1", "Eviction", eviction),
        ("v1", "Namespace", whole(ProtobufMessage([.list(1, "finalizers")]))),
        ("v1", "ConfigMap", configMap),
        ("v1", "Secret", secret),
        ("v1", "Event", event),
        ("v1", "Node", whole(nodeSpec)),
        ("v1", "Pod", whole(podSpec)),
        ("coordination.k8s.io/v1", "Lease", whole(leaseSpec)),
    ]

    /// Metadata, a specification, and a status that is the server's.
    private static func whole(_ spec: ProtobufMessage) -> ProtobufMessage {
        ProtobufMessage([metadata, .init(2, "spec", .message(spec)), .ignored(3)])
    }

    private static let metadata = ProtobufMessage.Field(1, "metadata", .message(objectMeta))

    private static let objectMeta = ProtobufMessage([
        .init(1, "name"), .init(2, "generateName"), .init(3, "namespace"), .init(4, "selfLink"),
        .init(5, "uid"), .init(6, "resourceVersion"), .init(7, "generation", .int64),
        .init(8, "creationTimestamp", .time), .init(9, "deletionTimestamp", .time),
        .optional(10, "deletionGracePeriodSeconds", .int64), .init(11, "labels", .map(.string)),
        .init(12, "annotations", .map(.string)),
        .list(
            13, "ownerReferences",
            .message(
                ProtobufMessage([
                    .init(5, "apiVersion"), .init(1, "kind"), .init(3, "name"), .init(4, "uid"),
                    .optional(6, "controller", .bool), .optional(7, "blockOwnerDeletion", .bool),
                ]))),
        .list(14, "finalizers"), .ignored(15),
        .list(
            17, "managedFields",
            .message(
                ProtobufMessage([
                    .init(1, "manager"), .init(2, "operation"), .init(3, "apiVersion"),
                    .init(4, "time", .time), .init(6, "fieldsType"), .init(7, "fieldsV1", .json),
                    .init(8, "subresource"),
                ]))),
    ])
}

// MARK: Reviews and deletions

extension ProtobufKinds {
    private static let requirements = ProtobufMessage([
        .init(1, "rawSelector"),
        .list(
            2, "requirements",
            .message(ProtobufMessage([.init(1, "key"), .init(2, "operator"), .list(3, "values")]))),
    ])

    private static let resourceAttributes = ProtobufMessage([
        .init(1, "namespace"), .init(2, "verb"), .init(3, "group"), .init(4, "version"),
        .init(5, "resource"), .init(6, "subresource"), .init(7, "name"),
        .optional(8, "fieldSelector", .message(requirements)),
        .optional(9, "labelSelector", .message(requirements)),
    ])

    /// Of one's own review and of a review of somebody else, who is then named.
    private static let accessSpec = ProtobufMessage([
        .optional(1, "resourceAttributes", .message(resourceAttributes)),
        .optional(
            2, "nonResourceAttributes",
            .message(ProtobufMessage([.init(1, "path"), .init(2, "verb")]))),
        .init(3, "user"), .list(4, "groups"),
        .init(5, "extra", .map(.message(ProtobufMessage([.list(1, "items")])))), .init(6, "uid"),
    ])

    private static let deleteOptions = ProtobufMessage([
        .optional(1, "gracePeriodSeconds", .int64),
        .optional(
            2, "preconditions",
            .message(ProtobufMessage([.optional(1, "uid"), .optional(2, "resourceVersion")]))),
        .optional(3, "orphanDependents", .bool), .optional(4, "propagationPolicy"),
        .list(5, "dryRun"),
    ])

    private static let eviction = ProtobufMessage([
        metadata, .optional(2, "deleteOptions", .message(deleteOptions)),
    ])
}

// MARK: Objects

extension ProtobufKinds {
    private static let configMap = ProtobufMessage([
        metadata, .init(2, "data", .map(.string)), .init(3, "binaryData", .map(.bytes)),
        .optional(4, "immutable", .bool),
    ])

    private static let secret = ProtobufMessage([
        metadata, .init(2, "data", .map(.bytes)), .init(3, "type"),
        .init(4, "stringData", .map(.string)), .optional(5, "immutable", .bool),
    ])

    private static let leaseSpec = ProtobufMessage([
        .optional(1, "holderIdentity"), .optional(2, "leaseDurationSeconds", .int32),
        .init(3, "acquireTime", .microTime), .init(4, "renewTime", .microTime),
        .optional(5, "leaseTransitions", .int32), .optional(6, "strategy"),
        .optional(7, "preferredHolder"),
    ])

    private static let reference = ProtobufMessage([
        .init(5, "apiVersion"), .init(1, "kind"), .init(2, "namespace"), .init(3, "name"),
        .init(4, "uid"), .init(6, "resourceVersion"), .init(7, "fieldPath"),
    ])

    private static let event = ProtobufMessage([
        metadata, .init(2, "involvedObject", .message(reference)), .init(3, "reason"),
        .init(4, "message"),
        .init(
            5, "source", .message(ProtobufMessage([.init(1, "component"), .init(2, "host")]))),
        .init(6, "firstTimestamp", .time), .init(7, "lastTimestamp", .time),
        .init(8, "count", .int32), .init(9, "type"), .init(10, "eventTime", .microTime),
        .init(
            11, "series",
            .message(
                ProtobufMessage([
                    .init(1, "count", .int32), .init(2, "lastObservedTime", .microTime),
                ]))),
        .init(12, "action"), .optional(13, "related", .message(reference)),
        .init(14, "reportingComponent"), .init(15, "reportingInstance"),
    ])

    private static let nodeSpec = ProtobufMessage([
        .init(1, "podCIDR"), .init(3, "providerID"), .init(4, "unschedulable", .bool),
        .list(
            5, "taints",
            .message(
                ProtobufMessage([
                    .init(1, "key"), .init(2, "value"), .init(3, "effect"),
                    .init(4, "timeAdded", .time),
                ]))),
        .list(7, "podCIDRs"),
    ])

    private static let container = ProtobufMessage([
        .init(1, "name"), .init(2, "image"), .list(3, "command"), .list(4, "args"),
        .init(5, "workingDir"),
        .list(7, "env", .message(ProtobufMessage([.init(1, "name"), .init(2, "value")]))),
        .init(
            8, "resources",
            .message(
                ProtobufMessage([
                    .init(1, "limits", .map(.wrapped)), .init(2, "requests", .map(.wrapped)),
                ]))),
        .init(13, "terminationMessagePath"), .init(14, "imagePullPolicy"),
        .init(16, "stdin", .bool), .init(17, "stdinOnce", .bool), .init(18, "tty", .bool),
        .init(20, "terminationMessagePolicy"),
    ])

    private static let podSpec = ProtobufMessage([
        .list(2, "containers", .message(container)), .init(3, "restartPolicy"),
        .optional(4, "terminationGracePeriodSeconds", .int64),
        .optional(5, "activeDeadlineSeconds", .int64), .init(6, "dnsPolicy"),
        .init(7, "nodeSelector", .map(.string)), .init(8, "serviceAccountName"),
        .init(10, "nodeName"), .init(11, "hostNetwork", .bool), .init(19, "schedulerName"),
        .list(
            22, "tolerations",
            .message(
                ProtobufMessage([
                    .init(1, "key"), .init(2, "operator"), .init(3, "value"), .init(4, "effect"),
                    .optional(5, "tolerationSeconds", .int64),
                ]))),
        .init(24, "priorityClassName"),
    ])
}
