import Control
import Kernel
import Primitives
import Resources
import Wire

/// Tells every rank who it is, in the words that torch and Slurm programs read.
struct RankEnvironments {
    let view: JobView
    let spec: JobSpec
    private let nodes: [String]
    /// Per rank: the number of its node, and its own number there. Counted once: gangs are long.
    private var nodeOfRank: [Int] = []
    private var localRank: [Int] = []
    /// Per node: how many ranks it has.
    private var tasks: [Int] = []
    private let nodeList: String
    private let tasksPerNode: String
    private let masterAddress: String

    /// `address` gives the address of a node by its name.
    init(_ view: JobView, _ spec: JobSpec, address: (String) -> String) {
        self.view = view
        self.spec = spec
        var distinct: [String] = []
        var numbers: [String: Int] = [:]
        for name in view.nodeNames {
            let number = numbers[name] ?? distinct.count
            if number == distinct.count {
                numbers[name] = number
                distinct.append(name)
                tasks.append(0)
            }
            nodeOfRank.append(number)
            localRank.append(tasks[number])
            tasks[number] += 1
        }
        nodes = distinct
        nodeList = distinct.joined(separator: ",")
        tasksPerNode = Self.counted(tasks)
        masterAddress = view.nodeNames.first.map(address) ?? "127.0.0.1"
    }

    /// A port for the gang's rendezvous, the same for all its ranks, below the ephemeral range.
    private var masterPort: Int { 20_000 + Int(view.uid % 10_000) }

    /// Numeric, as some readers compute ports from it.
    private var jobNumber: UInt64 { view.uid }

    func variables(ofRank rank: Int, device devices: [Int], models: String) -> StringMap {
        var variables: StringMap = [
            "MUSTER_JOB": view.name, "MUSTER_NAMESPACE": view.namespace,
            "MUSTER_JOB_UID": UIDText.text(view.uid), "MUSTER_ATTEMPT": "\(view.job.attempt)",
            "MUSTER_ROLE": spec.roles[view.role(ofRank: rank)].name ?? "",
            "MUSTER_ROLE_RANK": "\(view.index(ofRank: rank))", "MUSTER_RANK": "\(rank)",
            "MUSTER_WORLD_SIZE": "\(view.nodeNames.count)", "MUSTER_NODE": view.nodeNames[rank],
            "MUSTER_FENCE": "\(view.uid).\(view.job.attempt)",
        ]
        if !devices.isEmpty {
            let list = devices.map { "\($0)" }.joined(separator: ",")
            variables["CUDA_VISIBLE_DEVICES"] = list
            variables["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
            variables["MUSTER_DEVICES"] = list
            variables["MUSTER_GPU_MODEL"] = models
        } else {
            // A rank without devices must not find somebody else's.
            variables["CUDA_VISIBLE_DEVICES"] = ""
        }
        let sets = spec.rankEnvironment ?? JobDefaults.rankEnvironment
        if sets.contains(.none) { return variables }
        if sets.contains(.torch) { addTorch(rank, into: &variables) }
        if sets.contains(.slurm) { addSlurm(rank, into: &variables) }
        return variables
    }

    private func addTorch(_ rank: Int, into variables: inout StringMap) {
        let node = nodeOfRank[rank]
        variables["MASTER_ADDR"] = masterAddress
        variables["MASTER_PORT"] = "\(masterPort)"
        variables["RANK"] = "\(rank)"
        variables["WORLD_SIZE"] = "\(view.nodeNames.count)"
        variables["LOCAL_RANK"] = "\(localRank[rank])"
        variables["LOCAL_WORLD_SIZE"] = "\(tasks[node])"
        variables["NODE_RANK"] = "\(node)"
        variables["GROUP_RANK"] = "\(node)"
    }

    private func addSlurm(_ rank: Int, into variables: inout StringMap) {
        let node = nodeOfRank[rank]
        variables["SLURM_JOB_ID"] = "\(jobNumber)"
        variables["SLURM_JOBID"] = "\(jobNumber)"
        variables["SLURM_JOB_NAME"] = view.name
        variables["SLURM_NTASKS"] = "\(view.nodeNames.count)"
        variables["SLURM_NPROCS"] = "\(view.nodeNames.count)"
        variables["SLURM_PROCID"] = "\(rank)"
        variables["SLURM_LOCALID"] = "\(localRank[rank])"
        variables["SLURM_NODEID"] = "\(node)"
        variables["SLURM_NODELIST"] = nodeList
        variables["SLURM_JOB_NODELIST"] = nodeList
        variables["SLURM_STEP_NODELIST"] = nodeList
        variables["SLURM_NNODES"] = "\(nodes.count)"
        variables["SLURM_JOB_NUM_NODES"] = "\(nodes.count)"
        variables["SLURM_STEP_NUM_NODES"] = "\(nodes.count)"
        variables["SLURM_TASKS_PER_NODE"] = tasksPerNode
        variables["SLURM_NTASKS_PER_NODE"] = "\(tasks[node])"
        variables["SLURMD_NODENAME"] = view.nodeNames[rank]
        variables["SLURM_RESTART_COUNT"] = "\(max(0, Int(view.job.attempt) - 1))"
    }

    /// `2(x3),1`: equal neighbours are counted, as Slurm writes it.
    private static func counted(_ tasks: [Int]) -> String {
        var groups: [(tasks: Int, nodes: Int)] = []
        for count in tasks {
            if let last = groups.last, last.tasks == count {
                groups[groups.count - 1].nodes += 1
            } else {
                groups.append((count, 1))
            }
        }
        return groups.map { $0.nodes > 1 ? "\($0.tasks)(x\($0.nodes))" : "\($0.tasks)" }
            .joined(separator: ",")
    }
}
