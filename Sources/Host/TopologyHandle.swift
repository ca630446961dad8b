import CHwloc
import CNuma
import Glibc

/// hwloc's own tree, open only while it is copied into a ``Topology``.
struct TopologyHandle: ~Copyable {
    private typealias Object = UnsafeMutablePointer<hwloc_obj>

    private let handle: hwloc_topology_t
    private let isThisMachine: Bool

    private init(_ handle: hwloc_topology_t, isThisMachine: Bool) {
        self.handle = handle
        self.isThisMachine = isThisMachine
    }

    static func open(_ source: Topology.Source) throws(SystemError) -> TopologyHandle {
        var opened: hwloc_topology_t?
        guard hwloc_topology_init(&opened) == 0, let opened else {
            throw .latest("hwloc_topology_init")
        }
        // From here on the owner closes it, whatever is thrown.
        let owner = TopologyHandle(opened, isThisMachine: source == .thisMachine)
        try choose(source, for: opened)
        hwloc_topology_set_io_types_filter(opened, HWLOC_TYPE_FILTER_KEEP_IMPORTANT)
        try SystemCall.run("hwloc_topology_load") { hwloc_topology_load(opened) }
        return owner
    }

    deinit { hwloc_topology_destroy(handle) }

    private static func choose(
        _ source: Topology.Source, for handle: hwloc_topology_t
    ) throws(SystemError) {
        switch source {
        case .thisMachine:
            return
        case .synthetic(let text):
            try SystemCall.run("hwloc_topology_set_synthetic", on: text) {
                hwloc_topology_set_synthetic(handle, text)
            }
        case .xml(let bytes):
            guard bytes.count < 16 << 20 else {
                throw SystemError("hwloc_topology_set_xmlbuffer", code: EFBIG)
            }
            // hwloc wants the closing NUL counted, and parses before it returns.
            let text = (bytes + [0]).map { CChar(bitPattern: $0) }
            try SystemCall.run("hwloc_topology_set_xmlbuffer") {
                hwloc_topology_set_xmlbuffer(handle, text, Int32(text.count))
            }
        }
    }

    borrowing func topology() -> Topology {
        let nodes = objects(HWLOC_OBJ_NUMANODE)
        let memory = memoryBytes()
        return Topology(
            packages: count(HWLOC_OBJ_PACKAGE),
            cores: count(HWLOC_OBJ_CORE),
            units: objects(HWLOC_OBJ_PU).map { unit($0, nodes: nodes) },
            numaNodes: nodes.map { node($0, among: nodes, machineBytes: memory) },
            memoryBytes: memory,
            accelerators: accelerators(nodes: nodes))
    }

    /// The kernel's total where it can be asked: in virtual machines whose memory grows and
    /// shrinks, the per-node figures that hwloc adds up are stale by gigabytes.
    private borrowing func memoryBytes() -> Int64 {
        let counted = Int64(clamping: hwloc_get_root_obj(handle)?.pointee.total_memory ?? 0)
        guard isThisMachine else { return counted }
        let pages = Int64(sysconf(Int32(_SC_PHYS_PAGES)))
        let (bytes, overflow) = pages.multipliedReportingOverflow(
            by: Int64(sysconf(Int32(_SC_PAGESIZE))))
        return overflow || pages <= 0 || bytes <= 0 ? counted : bytes
    }

    private borrowing func count(_ type: hwloc_obj_type_t) -> Int {
        Int(max(0, hwloc_get_nbobjs_by_type(handle, type)))
    }

    /// Pointers into the tree, good as long as the handle is open.
    private borrowing func objects(_ type: hwloc_obj_type_t) -> [Object] {
        var found: [Object] = []
        for index in 0..<count(type) {
            if let object = hwloc_get_obj_by_type(handle, type, UInt32(index)) {
                found.append(object)
            }
        }
        return found
    }

    private borrowing func unit(_ object: Object, nodes: [Object]) -> Topology.Unit {
        Topology.Unit(
            number: Int(object.pointee.os_index),
            core: ancestor(HWLOC_OBJ_CORE, of: object),
            package: ancestor(HWLOC_OBJ_PACKAGE, of: object),
            numaNodes: places(object.pointee.nodeset, among: nodes))
    }

    /// Machines may lack a level; then everything belongs to its first place.
    private borrowing func ancestor(_ type: hwloc_obj_type_t, of object: Object) -> Int {
        guard let found = hwloc_get_ancestor_obj_by_type(handle, type, object) else { return 0 }
        return Int(found.pointee.logical_index)
    }

    private borrowing func places(_ set: hwloc_nodeset_t?, among nodes: [Object]) -> [Int] {
        guard let set else { return [] }
        return nodes.indices.filter { hwloc_bitmap_isset(set, nodes[$0].pointee.os_index) != 0 }
    }

    private borrowing func node(
        _ object: Object, among nodes: [Object], machineBytes: Int64
    ) -> Topology.NUMANode {
        let counted = Int64(clamping: object.pointee.attr?.pointee.numanode.local_memory ?? 0)
        return Topology.NUMANode(
            number: Int(object.pointee.os_index),
            memoryBytes: nodes.count == 1 ? machineBytes : counted,
            distances: distances(from: object, to: nodes))
    }

    private borrowing func distances(from object: Object, to nodes: [Object]) -> [Int] {
        // libnuma must not be asked anything where it finds no NUMA support.
        guard isThisMachine, numa_available() >= 0 else { return [] }
        let from = Int32(bitPattern: object.pointee.os_index)
        let found = nodes.map {
            Int(numa_distance(from, Int32(bitPattern: $0.pointee.os_index)))
        }
        // Zero is its word for “not known”.
        return found.contains(0) ? [] : found
    }

    private borrowing func accelerators(nodes: [Object]) -> [Topology.PCIDevice] {
        var found: [Topology.PCIDevice] = []
        var last: Object?
        while let object = hwloc_get_next_pcidev(handle, last) {
            last = object
            guard let facts = object.pointee.attr?.pointee.pcidev,
                Self.isAccelerator(kind: facts.class_id, vendor: facts.vendor_id)
            else { continue }
            let near = hwloc_get_non_io_ancestor_obj(handle, object)
            found.append(
                Topology.PCIDevice(
                    address: Self.address(facts), vendor: facts.vendor_id,
                    device: facts.device_id, model: Self.model(object),
                    numaNodes: places(near?.pointee.nodeset, among: nodes)))
        }
        return found
    }

    /// 3D controllers and processing accelerators, and displays of the makers of GPUs: a server's
    /// VGA chip is no place to compute.
    private static func isAccelerator(kind: UInt16, vendor: UInt16) -> Bool {
        switch kind {
        case 0x0302, 0x1200: true
        case 0x0300, 0x0380: vendor == 0x10de || vendor == 0x1002
        default: false
        }
    }

    private static func address(_ facts: hwloc_pcidev_attr_s) -> String {
        func hex(_ number: some BinaryInteger, _ width: Int) -> String {
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let bus = "\(hex(facts.domain, 4)):\(hex(facts.bus, 2))"
        return "\(bus):\(hex(facts.dev, 2)).\(facts.func)"
    }

    private static func model(_ object: Object) -> String {
        if let model = hwloc_obj_get_info_by_name(object, "PCIDevice") {
            return String(cString: model)
        }
        return object.pointee.name.map { String(cString: $0) } ?? ""
    }
}
