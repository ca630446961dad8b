public import Wire

// What is shown of usage, under metrics.k8s.io; see JobStatus for how this is kept true.

/// The figures of a node beside its metadata.
public struct NodeUsageContent: Codable, Hashable, Sendable {
    /// The end of the span that the figures are about.
    public var timestamp: Timestamp
    /// The length of that span, such as "10.000s".
    public var window: String
    /// What the machine used on average, or at the end.
    public var usage: UsageAmounts
}

/// The figures of a pod beside its metadata.
public struct PodUsageContent: Codable, Hashable, Sendable {
    /// The end of the span that the figures are about.
    public var timestamp: Timestamp
    /// The length of that span, such as "10.000s".
    public var window: String
    /// The figures of the rank's process and all that it started, as the only container.
    public var containers: [ContainerUsage]
}

/// The figures of one rank.
public struct ContainerUsage: Codable, Hashable, Sendable {
    /// The name of the rank's role.
    public var name: String
    /// What the rank used.
    public var usage: UsageAmounts
}

/// Amounts of CPU and memory.
public struct UsageAmounts: Codable, Hashable, Sendable {
    /// CPUs that were busy on average, such as "1500000000n" for one and a half.
    public var cpu: Quantity
    /// Memory in use at the end, such as "2048Ki".
    public var memory: Quantity
}
