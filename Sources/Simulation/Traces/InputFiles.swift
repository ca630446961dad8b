import Configuration
import Host
public import Primitives
import Wire

/// Reads clusters and workloads from files, whatever their form; refusals name file and line.
public enum InputFiles {
    /// Jobs, what was left out of them, and what a reader should know.
    public struct Loaded: Sendable {
        public var workload: Workload
        public var notices: [String] = []
    }

    /// A cluster from our YAML, an openb node list, or a list of nodes as the API shows it.
    public static func cluster(_ path: String) throws(Refusal) -> Cluster {
        try named(path) { () throws(Refusal) in
            let bytes = try read(path)
            var cluster: Cluster
            switch form(of: bytes) {
            case .openbNodes: cluster = try OpenbTrace.readNodes(bytes)
            case .json: cluster = try ClusterHistory.read(bytes)
            case .yaml:
                cluster = try yaml(ClusterFile.self, bytes) { file throws(Refusal) in
                    try file.cluster()
                }
            case .swf, .philly, .openbPods:
                throw Refusal(
                    .malformed, finding: "it lists jobs, not machines",
                    remedy: "Give it to --trace, and a cluster to --cluster")
            }
            cluster.source = fileName(path)
            return cluster
        }
    }

    /// A workload from our YAML, SWF, Philly's or openb's lists, or jobs as the API shows them.
    public static func workload(
        _ path: String, for cluster: Cluster, seed: UInt64
    ) throws(Refusal) -> Loaded {
        try workload(path, for: cluster, seed: seed, depth: 0)
    }

    private static func workload(
        _ path: String, for cluster: Cluster, seed: UInt64, depth: Int
    ) throws(Refusal) -> Loaded {
        try named(path) { () throws(Refusal) in
            guard depth < SimulationLimits.includedFiles else {
                throw Refusal(
                    .invalid, field: "trace.file", finding: "files name each other in a row",
                    remedy: "Name the trace itself")
            }
            let bytes = try read(path)
            var loaded = Loaded(workload: Workload())
            var builder = WorkloadBuilder(for: cluster)
            switch form(of: bytes) {
            case .swf:
                let dropped = try SWFTrace.read(bytes, into: &builder)
                if dropped > 0 {
                    loaded.notices = ["\(dropped) jobs without run time or processors left out"]
                }
                loaded.workload = builder.finish()
            case .philly:
                try PhillyTrace.read(bytes, into: &builder)
                loaded.workload = builder.finish()
            case .openbPods:
                try OpenbTrace.readPods(bytes, into: &builder)
                loaded.workload = builder.finish()
            case .json:
                loaded.notices = try JobHistory.read(bytes, into: &builder)
                loaded.workload = builder.finish()
            case .yaml:
                loaded = try yaml(WorkloadFile.self, bytes) { file throws(Refusal) in
                    try described(file, at: path, for: cluster, seed: seed, depth: depth)
                }
            case .openbNodes:
                throw Refusal(
                    .malformed, finding: "it lists machines, not jobs",
                    remedy: "Give it to --cluster, and jobs to --trace")
            }
            loaded.workload.source = fileName(path)
            guard loaded.workload.count > 0 else {
                throw Refusal(
                    .malformed, finding: "it holds no jobs", remedy: "Hand in at least one job")
            }
            return loaded
        }
    }

    private static func described(
        _ file: WorkloadFile, at path: String, for cluster: Cluster, seed: UInt64, depth: Int
    ) throws(Refusal) -> Loaded {
        if let kind = file.kind, kind != "Workload" {
            throw Refusal(
                .malformed, field: "kind", finding: "\"\(kind)\" is no workload",
                remedy: "Write kind: Workload")
        }
        guard let trace = file.trace else {
            var builder = WorkloadBuilder(for: cluster)
            try file.addJobs(to: &builder, seed: seed)
            var loaded = Loaded(workload: builder.finish())
            loaded.workload.dependsOnSeed = true
            return loaded
        }
        guard file.jobs == nil else {
            throw Refusal(
                .invalid, field: "jobs", finding: "jobs and a trace are given",
                remedy: "Give one of them")
        }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        let inner = trace.file.hasPrefix("/") ? trace.file : folder + trace.file
        var loaded = try workload(inner, for: cluster, seed: seed, depth: depth + 1)
        if let draw = trace.draw {
            guard let ratio = Double(draw.ratio), ratio > 0, ratio <= 10 else {
                throw Refusal(
                    .invalid, field: "trace.draw.ratio", finding: "\"\(draw.ratio)\" is no ratio",
                    remedy: "Give a number such as 1.3")
            }
            guard loaded.workload.shapes.contains(where: { $0.gpuMilli > 0 }) else {
                throw Refusal(
                    .invalid, field: "trace.draw", finding: "none of its jobs asks for a device",
                    remedy: "Leave draw out, or name a trace of jobs with GPUs")
            }
            loaded.workload = loaded.workload.drawn(ratio: ratio, on: cluster, seed: seed)
            loaded.workload.dependsOnSeed = true
        }
        if trace.skip != nil || trace.jobs != nil || trace.rebase == true {
            loaded.workload = try loaded.workload.window(
                skip: trace.skip ?? 0, count: trace.jobs, rebase: trace.rebase ?? false)
        }
        if trace.endsAtRequest ?? false { loaded.workload = loaded.workload.cutAtRequest() }
        if let estimates = trace.estimates {
            loaded.workload = loaded.workload.estimated(by: estimates)
        }
        return loaded
    }

    /// A policy from a file, or one that has a name.
    public static func policy(_ word: String) throws(Refusal) -> SimulationPolicy {
        if let known = SimulationPolicy.named(word) { return known }
        guard Files.exists(word) else {
            throw Refusal(
                .notFound, field: "--policy",
                finding: "\"\(word)\" is neither a file nor a policy",
                remedy: "Use one of \(SimulationPolicy.names.joined(separator: ", ")), or a file")
        }
        return try named(word) { () throws(Refusal) in
            try yaml(PolicyFile.self, try read(word)) { file throws(Refusal) in
                try file.policy(named: fileName(word))
            }
        }
    }

    // MARK: Bytes

    private enum Form { case yaml, json, swf, philly, openbNodes, openbPods }

    private static func form(of bytes: [UInt8]) -> Form {
        let first = bytes.first { $0 > 0x20 }
        if first == UInt8(ascii: "{") { return .json }
        let line = String(
            decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }.prefix(4096), as: UTF8.self)
        if line.hasPrefix(PhillyTrace.header) { return .philly }
        if line.hasPrefix(OpenbTrace.nodeHeader) { return .openbNodes }
        if line.hasPrefix(OpenbTrace.podHeader) { return .openbPods }
        let isNumber = first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
        return first == UInt8(ascii: ";") || isNumber ? .swf : .yaml
    }

    private static func read(_ path: String) throws(Refusal) -> [UInt8] {
        let limit = SimulationLimits.fileBytes
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(path, limit: limit)
        } catch {
            throw error.refusal(field: "", remedy: "Give the path of a file you can read")
        }
        guard Gunzip.isPacked(bytes) else { return bytes }
        do throws(GunzipFailure) {
            return try Gunzip.unpack(bytes, limit: limit)
        } catch {
            let finding =
                switch error {
                case .damaged: "the gzip data is damaged"
                case .cutShort: "the gzip data ends too early"
                case .tooLarge: "it unpacks to more than \(limit) bytes"
                }
            throw Refusal(.malformed, finding: finding, remedy: "Fetch or pack the file again")
        }
    }

    /// Decodes YAML and hands it on; refusals of fields get the line where the field stands.
    private static func yaml<File: Decodable, Value>(
        _ type: File.Type, _ bytes: [UInt8], _ use: (File) throws(Refusal) -> Value
    ) throws(Refusal) -> Value {
        let parts = SimulationLimits.yamlParts
        let limits = YAMLLimits(
            events: parts, bytes: SimulationLimits.fileBytes,
            wire: WireLimits.trusted)
        let document = try YAMLReader.document(bytes, limits: limits)
        do throws(Refusal) {
            return try use(try WireDecoder.decode(type, from: document))
        } catch {
            guard let line = document.line(ofField: error.field) else { throw error }
            throw Refusal(
                error.reason, field: "line \(line): \(error.field)", finding: error.finding,
                remedy: error.remedy, also: error.also)
        }
    }

    private static func named<Value>(
        _ path: String, _ body: () throws(Refusal) -> Value
    ) throws(Refusal) -> Value {
        do throws(Refusal) {
            return try body()
        } catch {
            let place = error.field.isEmpty ? path : "\(path): \(error.field)"
            throw Refusal(
                error.reason, field: place, finding: error.finding, remedy: error.remedy,
                also: error.also)
        }
    }

    private static func fileName(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
