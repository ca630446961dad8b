// Written by Scripts/describe from NodeStatus.swift; change the comments there.

extension Manual {
    static let nodeStatus = #"""
        = NodeStatus
        The agent reports what the machine has when it connects; what is free follows from the jobs.
        = NodeStatus.capacity
        What the machine has.
        = NodeStatus.allocatable
        What of it may be given to jobs.
        = NodeStatus.free
        What of it no job has now.
        = NodeStatus.gpuModel
        The model of the GPUs, such as "H100", as a role's gpuModels names it. Absent without GPUs.
        = NodeStatus.ranks
        How many ranks are on the node now.
        = NodeStatus.conditions
        Ready is "True" while the node's agent is heard, and "Unknown" after 15 s of silence.
        = NodeStatus.addresses
        Where the node is reached: its InternalIP and its Hostname.
        = NodeStatus.nodeInfo
        What is installed on the node.
        = NodeStatus.topology
        How the machine is built.
        = NodeAmounts
        Amounts of CPUs, memory and GPUs.
        = NodeAmounts.cpu
        CPUs (hardware threads), such as "64" or "62500m".
        = NodeAmounts.memory
        Main memory, such as "263852Ki".
        = NodeAmounts.gpus
        GPUs, such as "8" or, where one is shared, "7750m".
        = NodeAddress
        A node is reached by number and by name.
        = NodeAddress.type
        InternalIP or Hostname.
        = NodeAddress.address
        The address or the name.
        = NodeSoftware
        The agent says so when it connects.
        = NodeSoftware.architecture
        The machine's architecture, such as "x86_64".
        = NodeSoftware.bootID
        Differs after every start of the machine.
        = NodeSoftware.containerRuntimeVersion
        What runs the ranks: "muster-step://" and the version of the node's agent.
        = NodeSoftware.kernelVersion
        The version of the machine's kernel.
        = NodeSoftware.kubeProxyVersion
        Empty: there is no such proxy.
        = NodeSoftware.kubeletVersion
        The version of the node's agent.
        = NodeSoftware.machineID
        The machine's own identifier, kept over restarts.
        = NodeSoftware.operatingSystem
        Always "linux".
        = NodeSoftware.osImage
        The name of the installed distribution.
        = NodeSoftware.systemUUID
        The same as machineID.
        """#
}
