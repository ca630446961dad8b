import Control
import Wire

/// One column of a table.
struct TableColumn {
    let name: String
    let type: String
    /// `name` marks the column that names the row; dates and the like have theirs.
    let format: String
    let description: String
    /// Zero is always shown, one only with `-o wide`.
    let priority: Int

    init(
        _ name: String, _ description: String, type: String = "string", format: String = "",
        wide: Bool = false
    ) {
        self.name = name
        self.description = description
        self.type = type
        self.format = format
        priority = wide ? 1 : 0
    }

    private static let name = TableColumn(
        "Name", "Name of the object, unique within its namespace.", format: "name")
    private static let age = TableColumn("Age", "Time since the object was created.")
    /// Of kinds about which there is nothing more to say.
    static let bare = [name, age]

    static func of(_ resource: Resource) -> [TableColumn] {
        switch resource {
        case .jobs: jobs
        case .pods: pods
        case .nodes: nodes
        case .namespaces: [name, TableColumn("Status", "Phase of the namespace."), age]
        case .queues:
            [
                name,
                TableColumn("Waiting", "Jobs that have not started.", type: "integer"),
                TableColumn("Running", "Jobs that hold nodes.", type: "integer"),
                age,
            ]
        case .tokens:
            [
                name, TableColumn("Role", "What the token's bearer may do."),
                TableColumn("Expires", "When the token stops to be good."),
                TableColumn("Description", "What the token is for."), age,
            ]
        case .events: events
        case .leases: [name, TableColumn("Holder", "Who holds the lease."), age]
        case .configMaps: [name, data, age]
        case .secrets: [name, TableColumn("Type", "What kind of secret it is."), data, age]
        case .nodePools: nodePools
        }
    }

    private static let nodePools = [
        name, TableColumn("Provider", "Who makes the machines."),
        TableColumn("Desired", "Machines asked for; auto where the queue decides."),
        TableColumn("Machines", "Machines that were ordered.", type: "integer"),
        TableColumn("Ready", "Machines that take work.", type: "integer"), age,
    ]

    private static let data = TableColumn(
        "Data", "How many entries there are.", type: "integer")

    private static let jobs = [
        name, TableColumn("Queue", "Queue that the job waits in and is counted in."),
        TableColumn("Phase", "Where the job is in its life."),
        TableColumn("Ranks", "Ranks that run, or that succeeded, of all."),
        TableColumn("GPUs", "GPUs that the whole gang asks for."),
        TableColumn("Reason", "Why the job is in its phase."), age,
        TableColumn("Nodes", "Nodes of the newest attempt.", wide: true),
        TableColumn("Priority", "Higher goes first.", type: "integer", wide: true),
        TableColumn("Start", "When the newest attempt started.", wide: true),
    ]

    private static let pods = [
        name, TableColumn("Ready", "Whether the rank's process runs."),
        TableColumn("Status", "Phase of the rank."),
        TableColumn("Restarts", "Always zero: a restarted rank is a new pod.", type: "integer"),
        age, TableColumn("Node", "Node that the rank was placed on.", wide: true),
        TableColumn("Exit", "How the process ended.", wide: true),
        TableColumn("Devices", "Numbers of its GPUs on the node.", wide: true),
    ]

    private static let nodes = [
        name, TableColumn("Status", "Whether the agent is heard, and whether work is placed."),
        TableColumn("CPUs", "Free and all."), TableColumn("Memory", "Free and all, in GiB."),
        TableColumn("GPUs", "Free and all."), TableColumn("Model", "Model of the GPUs."),
        TableColumn("Pool", "Pool that the node belongs to, by its label muster.dev/pool."),
        TableColumn("Ranks", "Ranks that have not ended.", type: "integer"), age,
        TableColumn("Address", "Address of the node as its agent told it.", wide: true),
        TableColumn("Version", "Release of the node's agent.", wide: true),
    ]

    private static let events = [
        TableColumn("Last Seen", "Time since it was last seen."),
        TableColumn("Type", "Normal or Warning."),
        TableColumn("Reason", "What happened, in one word."),
        TableColumn("Object", "What it happened to."),
        TableColumn("Subobject", "Part of the object.", wide: true),
        TableColumn("Source", "Who saw it.", wide: true),
        TableColumn("Message", "What happened."),
        TableColumn("First Seen", "Time since it was first seen.", wide: true),
        TableColumn("Count", "How often it was seen.", type: "integer", wide: true),
        TableColumn("Name", "Name of the event.", format: "name", wide: true),
    ]
}

extension TableColumn {
    /// Appends the member `columnDefinitions`.
    static func write(_ columns: [TableColumn], into json: inout JSONWriter) {
        json.key("columnDefinitions")
        json.openArray()
        for column in columns {
            json.openObject()
            json.member("name", column.name)
            json.member("type", column.type)
            json.member("format", column.format)
            json.member("description", column.description)
            json.member("priority", column.priority)
            json.closeObject()
        }
        json.closeArray()
    }
}
