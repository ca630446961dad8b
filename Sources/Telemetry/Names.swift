/// How a figure is named to the outside: its family, fixed labels, and a sentence of help.
struct Series {
    let family: String
    let labels: String
    let help: String

    init(_ family: String, _ labels: String, _ help: String) {
        self.family = "muster_" + family
        self.labels = labels
        self.help = help
    }

    init(_ family: String, _ help: String) { self.init(family, "", help) }
}

/// Totals that only grow; series of one family stand together.
public enum Counter: Int, CaseIterable, Sendable {
    case requestsSucceeded, requestsRefused, requestsFailed
    case requestsShed
    case authenticationFailures
    case jobsSubmitted, jobsStarted
    case jobsSucceeded, jobsFailed, jobsCancelled
    case jobsRequeued
    case journalRecords
    case storeCommits, storeCheckpoints, storeCheckpointsHeld, storeFailures
    case watchEvents, watchesExpired
    case agentReports
    case logLinesDropped

    var series: Series {
        switch self {
        case .requestsSucceeded: requests("2xx")
        case .requestsRefused: requests("4xx")
        case .requestsFailed: requests("5xx")
        case .requestsShed: Series("http_requests_shed", "Requests turned away with 429.")
        case .authenticationFailures:
            Series("authentication_failures", "Requests without a valid credential.")
        case .jobsSubmitted: Series("jobs_submitted", "Jobs accepted and durable.")
        case .jobsStarted: Series("jobs_started", "Starts of whole gangs, restarts included.")
        case .jobsSucceeded: finished("succeeded")
        case .jobsFailed: finished("failed")
        case .jobsCancelled: finished("cancelled")
        case .jobsRequeued: Series("jobs_requeued", "Jobs put back in the queue after a failure.")
        case .journalRecords: Series("journal_records", "Records made durable.")
        case .storeCommits: Series("store_commits", "Transactions, one sync each.")
        case .storeCheckpoints: Series("store_checkpoints", "Moves of the log into the database.")
        case .storeCheckpointsHeld:
            Series("store_checkpoints_held", "Checkpoints that a long reader held back.")
        case .storeFailures: Series("store_failures", "Transactions that the disk refused.")
        case .watchEvents: Series("watch_events", "Events sent to watchers.")
        case .watchesExpired: Series("watches_expired", "Watches ended with 410 for being slow.")
        case .agentReports: Series("agent_reports", "Reports taken from agents.")
        case .logLinesDropped:
            Series("log_lines_dropped", "Log lines lost because nobody read them.")
        }
    }

    private func requests(_ code: String) -> Series {
        Series("http_requests", "code=\"\(code)\"", "Requests answered, by class of status.")
    }

    private func finished(_ phase: String) -> Series {
        Series("jobs_finished", "phase=\"\(phase)\"", "Jobs that ended, by how.")
    }
}

/// Figures that go up and down; series of one family stand together.
public enum Gauge: Int, CaseIterable, Sendable {
    case jobsPending, jobsStarting, jobsRunning, jobsStopping
    case nodesReady, nodesCordoned, nodesSilent
    case agentsConnected
    case connectionsOpen, watchesOpen
    case journalSequence
    case storeWritable, storeLogPages
    case startTime

    var series: Series {
        switch self {
        case .jobsPending: jobs("pending")
        case .jobsStarting: jobs("starting")
        case .jobsRunning: jobs("running")
        case .jobsStopping: jobs("stopping")
        case .nodesReady: nodes("ready")
        case .nodesCordoned: nodes("cordoned")
        case .nodesSilent: nodes("silent")
        case .agentsConnected: Series("agents_connected", "Agents now.")
        case .connectionsOpen: Series("connections_open", "Connections now.")
        case .watchesOpen: Series("watches_open", "Watches now.")
        case .journalSequence: Series("journal_sequence", "The newest durable sequence.")
        case .storeWritable: Series("store_writable", "1 while writes are taken, else 0.")
        case .storeLogPages: Series("store_log_pages", "Pages of 4 KiB in the write-ahead log.")
        case .startTime: Series("start_time_seconds", "Unix time of this process's start.")
        }
    }

    private func jobs(_ phase: String) -> Series {
        Series("jobs", "phase=\"\(phase)\"", "Jobs that have not ended, by phase.")
    }

    private func nodes(_ state: String) -> Series {
        Series("nodes", "state=\"\(state)\"", "Nodes, by state.")
    }
}

/// Distributions with fixed buckets.
public enum Histogram: Int, CaseIterable, Sendable {
    case commitTime
    case queueWait
    case commitRecords

    var series: Series {
        switch self {
        case .commitTime: Series("store_commit_duration_seconds", "One transaction with its sync.")
        case .queueWait: Series("job_queue_wait_seconds", "From submission to the gang's start.")
        case .commitRecords: Series("store_commit_records", "Records in one transaction.")
        }
    }

    private static let short: [UInt64] = [
        100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
        1_000_000, 2_500_000, 5_000_000, 10_000_000,
    ]

    // One second to a week.
    private static let long: [UInt64] = [
        1, 5, 15, 60, 300, 900, 3600, 10_800, 21_600, 43_200, 86_400, 259_200, 604_800,
    ].map { $0 * 1_000_000 }

    private static let pieces: [UInt64] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096]

    static let largestBucketCount = max(short.count, long.count, pieces.count)

    /// Upper bounds, inclusive, in microseconds or pieces.
    var bounds: [UInt64] {
        switch self {
        case .commitTime: Histogram.short
        case .queueWait: Histogram.long
        case .commitRecords: Histogram.pieces
        }
    }

    /// A value in the unit that the name promises.
    func shown(_ value: UInt64) -> String {
        switch self {
        case .commitTime, .queueWait:
            let (whole, rest) = value.quotientAndRemainder(dividingBy: 1_000_000)
            return MetricsText.decimal(whole, rest, digits: 6)
        case .commitRecords: return "\(value).0"
        }
    }
}
