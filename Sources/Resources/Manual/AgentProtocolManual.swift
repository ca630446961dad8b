// Written by Scripts/describe from AgentProtocol.swift; change the comments there.

extension Manual {
    static let agentProtocol = #"""
        = NodeTopology
        How a machine is built, as hwloc sees it.
        = NodeTopology.packages
        Processor packages (sockets).
        = NodeTopology.numaNodes
        NUMA nodes: parts of the memory with processors near them.
        = NodeTopology.cores
        Processor cores.
        = NodeTopology.threads
        Hardware threads, which are what ranks get as CPUs.
        """#
}
