public import Wire

// What the server says about a node; see JobStatus for how this is kept true.

/// The agent reports what the machine has when it connects; what is free follows from the jobs.
public struct NodeStatus: Codable, Hashable, Sendable {
    /// What the machine has.
    public var capacity: NodeAmounts
    /// What of it may be given to jobs.
    public var allocatable: NodeAmounts
    /// What of it no job has now.
    public var free: NodeAmounts
    /// The model of the GPUs, such as "H100", as a role's gpuModels names it. Absent without GPUs.
    public var gpuModel: String?
    /// How many ranks are on the node now.
    public var ranks: Int32
    /// Ready is "True" while the node's agent is heard, and "Unknown" after 15 s of silence.
    public var conditions: [Condition]
    /// Where the node is reached: its InternalIP and its Hostname.
    public var addresses: [NodeAddress]?
    /// What is installed on the node.
    public var nodeInfo: NodeSoftware?
    /// How the machine is built.
    public var topology: NodeTopology?
}

/// Amounts of CPUs, memory and GPUs.
public struct NodeAmounts: Codable, Hashable, Sendable {
    /// CPUs (hardware threads), such as "64" or "62500m".
    public var cpu: Quantity
    /// Main memory, such as "263852Ki".
    public var memory: Quantity
    /// GPUs, such as "8" or, where one is shared, "7750m".
    public var gpus: Quantity
}

/// A node is reached by number and by name.
public struct NodeAddress: Codable, Hashable, Sendable {
    /// InternalIP or Hostname.
    public var type: String
    /// The address or the name.
    public var address: String
}

/// The agent says so when it connects.
public struct NodeSoftware: Codable, Hashable, Sendable {
    /// The machine's architecture, such as "x86_64".
    public var architecture: String
    /// Differs after every start of the machine.
    public var bootID: String
    /// What runs the ranks: "muster-step://" and the version of the node's agent.
    public var containerRuntimeVersion: String
    /// The version of the machine's kernel.
    public var kernelVersion: String
    /// Empty: there is no such proxy.
    public var kubeProxyVersion: String
    /// The version of the node's agent.
    public var kubeletVersion: String
    /// The machine's own identifier, kept over restarts.
    public var machineID: String
    /// Always "linux".
    public var operatingSystem: String
    /// The name of the installed distribution.
    public var osImage: String
    /// The same as machineID.
    public var systemUUID: String
}
