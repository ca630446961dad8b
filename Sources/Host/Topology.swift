/// What this machine is made of, as far as placement cares; a plain value, safe to send and store.
///
/// Counts respect what this process may use: processors outside its cpuset do not appear. Lists
/// are in hwloc's logical order, so neighbours are near each other.
public struct Topology: Hashable, Sendable {
    /// A processing unit: one hardware thread.
    public struct Unit: Hashable, Sendable {
        /// The number that the kernel and affinity masks use.
        public let number: Int
        /// Index into the machine's cores.
        public let core: Int
        /// Index into the machine's packages.
        public let package: Int
        /// Indexes into ``Topology/numaNodes``, nearest memory first; usually one.
        public let numaNodes: [Int]
    }

    /// A piece of memory with the processors next to it.
    public struct NUMANode: Hashable, Sendable {
        /// The kernel's number, as in /sys/devices/system/node.
        public let number: Int
        public let memoryBytes: Int64
        /// The kernel's relative distance to every node in list order, 10 for itself; empty where
        /// the kernel does not tell.
        public let distances: [Int]
    }

    /// A graphics or compute accelerator on PCI, in bus order.
    public struct PCIDevice: Hashable, Sendable {
        /// Such as `0000:3b:00.0`.
        public let address: String
        public let vendor: UInt16
        public let device: UInt16
        public let model: String
        /// Indexes of the NUMA nodes it hangs on; empty where unknown.
        public let numaNodes: [Int]
    }

    public let packages: Int
    public let cores: Int
    public let units: [Unit]
    public let numaNodes: [NUMANode]
    public let memoryBytes: Int64
    public let accelerators: [PCIDevice]

    /// Where a description of a machine comes from.
    public enum Source: Hashable, Sendable {
        /// The machine that this process runs on.
        case thisMachine
        /// hwloc's short form, such as `package:2 numa:2 core:4 pu:2`.
        case synthetic(String)
        /// What `lstopo --of xml` wrote.
        case xml([UInt8])
    }

    /// Takes the machine in; some milliseconds for a real one. Any thread may call it.
    public static func discover(_ source: Source = .thisMachine) throws(SystemError) -> Topology {
        try TopologyHandle.open(source).topology()
    }
}
