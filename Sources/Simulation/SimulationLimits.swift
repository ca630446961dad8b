/// Every bound that the simulator keeps.
public enum SimulationLimits {
    public static let jobs = 4_000_000
    public static let machines = 50_000
    public static let ranksPerJob = 16_384
    public static let rolesPerJob = 64
    public static let queues = 10_000
    public static let users = 1_000_000
    public static let dependencies = 4_000_000
    public static let outages = 1_000_000
    /// Bytes of a file, as it lies on the disk and unpacked.
    public static let fileBytes = 1 << 30
    public static let lineBytes = 65_536
    /// The last moment that a file may name, in milliseconds: a hundred years.
    public static let latest: Int64 = 36_525 * 86_400_000
    /// Parts of a workload's or cluster's YAML.
    public static let yamlParts = 4_000_000
    public static let seeds = 1000
    /// Columns of a plot over time.
    public static let steps = 600
    /// Rows of the timeline; more machines than that share rows.
    public static let timelineRows = 500
    /// Bars of the Gantt chart, which is left out beyond that.
    public static let bars = 2000
    /// Files that a workload may be made of, one naming the next.
    public static let includedFiles = 8
}
