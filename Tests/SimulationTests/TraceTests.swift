import Foundation
import Primitives
import Scheduling
import Testing

@testable import Simulation

/// Goal: lists of other people's jobs and machines are read right or refused with file, line and
/// reason. Method: small files written by hand, whole and spoilt in one place each.
@Suite struct TraceTests {
    static let swf = """
        ; UnixStartTime: 0

          1   5 -1  60 4 -1 -1  8  90 -1 1 7 -1 -1 2 -1 -1 -1
          2   0 -1 0.5 2 -1 -1 -1  -1 -1 1 7 -1 -1 2 -1 -1 -1
          3   9 -1   0 2 -1 -1  2  10 -1 1 8 -1 -1 1 -1 -1 -1
          4   9 -1  10 0 -1 -1 -1  10 -1 1 8 -1 -1 1 -1 -1 -1

        """
    static let philly = "job_id,submit_s,run_s,gpus,vc\na,10,20,1,red\nb,5,7.25,12,blue\n"
    static let nodes =
        "sn,cpu_milli,memory_mib,gpu,model\nn1,96000,786432,8,V100\nn2,64000,1024,0,\n"
    static let pods = """
        name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,\
        deletion_time,scheduled_time
        p1,4000,1024,1,460,,LS,Running,100,250,120
        p2,8000,2048,2,1000,V100|A100,BE,Pending,50,,

        """

    private func cluster() throws -> Cluster {
        try Shelf.cluster("nodes: [{count: 2, cpus: 16, gpus: 8, gpuModel: V100}]")
    }

    private func refused(_ text: String) throws -> Refusal {
        let cluster = try cluster()
        let found = refusal { _ = try Shelf.workload(text, on: cluster) }
        return try #require(found, "it was accepted")
    }

    @Test func `a job in the standard workload format has its times, size, user and queue`() throws
    {
        let loaded = try Shelf.workload(Self.swf, on: try cluster())
        let workload = loaded.workload
        #expect(workload.names == ["2", "1"])
        #expect(workload.jobs.map(\.arrival) == [0, 5000])
        #expect(workload.jobs.map(\.run) == [500, 60_000])
        #expect(workload.jobs.map(\.estimate) == [0, 90_000])
        #expect(workload.jobs.indices.map(workload.cpuMilli(of:)) == [2000, 8000])
        #expect(workload.jobs.map { workload.users[Int($0.user)] } == ["7", "7"])
        #expect(workload.jobs.map { workload.queues[Int($0.queue)] } == ["queue-2", "queue-2"])
        #expect(loaded.notices == ["2 jobs without run time or processors left out"])
    }

    @Test func `a Philly job is spread over whole machines and one for the rest`() throws {
        let workload = try Shelf.workload(Self.philly, on: try cluster()).workload
        #expect(workload.names == ["b", "a"])
        #expect(workload.jobs.map(\.run) == [7250, 20_000])
        let shape = workload.shapes[Int(workload.jobs[0].shape)]
        #expect(shape.roles.map(\.ranks) == [1, 1])
        #expect(shape.roles.map(\.demand.gpuMilli) == [8000, 4000])
        #expect(workload.queues == ["red", "blue"])
    }

    @Test func `openb nodes have their amounts, and a model only where they have devices`() throws {
        let cluster = try Shelf.cluster(Self.nodes)
        #expect(cluster.machines.map(\.name) == ["n1", "n2"])
        #expect(cluster.machines.map(\.gpus) == [8, 0])
        #expect(cluster.machines.map(\.cpuMilli) == [96_000, 64_000])
        #expect(cluster.machines[1].memoryBytes == 1 << 30)
        #expect(cluster.models == ["V100"])
        #expect(cluster.machines.map(\.model) == [0, NodeSupply.noModel])
    }

    @Test func `openb pods ask for a share or for whole devices, of models that are there`() throws
    {
        let workload = try Shelf.workload(Self.pods, on: try cluster()).workload
        #expect(workload.names == ["p2", "p1"])
        #expect(workload.jobs.map(\.run) == [Workload.endless, 150_000])
        let demands = workload.jobs.map { workload.shapes[Int($0.shape)].roles[0].demand }
        #expect(demands.map(\.gpuMilli) == [2000, 460])
        #expect(demands.map(\.models) == [1, 0])
        #expect(demands[1].memoryBytes == 1 << 30)
    }

    @Test(arguments: [swf, philly, pods])
    func `line ends of Windows, a missing last one and gzip change nothing`(text: String) throws {
        let cluster = try cluster()
        let shelf = try Shelf()
        let plain = try Shelf.workload(text, on: cluster).workload
        let packed = try shelf.put(Shelf.gzip(Array(text.utf8)), as: "jobs.gz")
        let variants = [
            try Shelf.workload(text.replacing("\n", with: "\r\n"), on: cluster).workload,
            try Shelf.workload(String(text.dropLast()), on: cluster).workload,
            try InputFiles.workload(packed, for: cluster, seed: 1).workload,
        ]
        for other in variants {
            #expect(other.jobs == plain.jobs && other.names == plain.names)
            #expect(other.queues == plain.queues && other.shapes == plain.shapes)
        }
        let nodes = try Shelf.cluster(Self.nodes.replacing("\n", with: "\r\n"))
        #expect(nodes.machines == (try Shelf.cluster(Self.nodes)).machines)
        let packedNodes = try shelf.put(Shelf.gzip(Array(Self.nodes.utf8)), as: "nodes.gz")
        #expect(try InputFiles.cluster(packedNodes).machines == nodes.machines)
    }

    @Test(arguments: [
        ("1 5 -1 60 4 -1 -1 8 90 -1 1 7 -1 -1 2 -1 -1", "it has 17 fields where a job has 18"),
        ("1 5 -1 60 4 -1 -1 8 90 -1 1 7 -1 -1 2 -1 -1 -1 -1", "it has 19 fields"),
        ("1 x -1 60 4 -1 -1 8 90 -1 1 7 -1 -1 2 -1 -1 -1", "the submit time (field 2) is \"x\""),
        ("1 5 -1 6h 4 -1 -1 8 90 -1 1 7 -1 -1 2 -1 -1 -1", "the run time (field 4) is \"6h\""),
        ("1 5 -1 60 - -1 -1 8 90 -1 1 7 -1 -1 2 -1 -1 -1", "the allocated processors (field 5)"),
        ("1 5 -1 60 4 -1 -1 8.5 9 -1 1 7 -1 -1 2 -1 -1 -1", "the requested processors (field 8)"),
        ("1 5 -1 60 4 -1 -1 8 1e400 -1 1 7 -1 -1 2 -1 -1 -1", "the requested time (field 9)"),
        ("1 -5 -1 60 4 -1 -1 8 90 -1 1 7 -1 -1 2 -1 -1 -1", "a time is negative or more than"),
        (
            "1 9223372036854775807 -1 60 4 -1 -1 8 90 -1 1 7 -1 -1 2 -1 -1 -1",
            "the submit time (field 2) is \"9223372036854775807\""
        ),
        (
            "1 5 -1 999999999999999999 4 -1 -1 8 90 -1 1 7 -1 -1 2 -1 -1 -1",
            "the run time (field 4)"
        ),
        (
            "1 5 -1 60 4 -1 -1 999999999999999999 90 -1 1 7 -1 -1 2 -1 -1 -1",
            "processors cannot be asked for"
        ),
        (
            "1 5 -1 60 4 -1 -1 99999999999999999999 90 -1 1 7 -1 -1 2 -1 -1 -1",
            "the requested processors (field 8)"
        ),
        ("1 4503599627370495.999 -1 60 4 -1 -1 8 90 -1 1 7 -1 -1 2 -1 -1 -1", "a time is"),
        ("1 1.2.3 -1 60 4 -1 -1 8 90 -1 1 7 -1 -1 2 -1 -1 -1", "the submit time (field 2)"),
    ])
    func `a bad line of the standard format is named with its number`(
        line: String, finding: String
    ) throws {
        let good = "9 0 -1 60 4 -1 -1 8 90 -1 1 7 -1 -1 2 -1 -1 -1\n"
        let found = try refused("; a comment\n\(good)\n\(line)\n\(good)")
        #expect(found.field.hasSuffix("/jobs: line 4"), "\(found.field)")
        #expect(found.finding.contains(finding), "\(found.finding)")
        #expect(!found.remedy.isEmpty)
    }

    @Test(arguments: [
        ("a,10,20,1", "it has 4 fields where a job has 5"), ("a,10,20,1,v,w", "it has 6 fields"),
        ("a,ten,20,1,v", "submit_s is \"ten\" and no number of seconds"),
        ("a,,20,1,v", "submit_s is \"\""), ("a,10,20,one,v", "gpus is \"one\" and no whole number"),
        ("a,10,20,0,v", "0 GPUs cannot be asked for"), ("a,10,20,-3,v", "-3 GPUs cannot"),
        ("a,10,20,9223372036854775807,v", "gpus is"), ("a,10,-1,1,v", "a time is negative"),
        ("a,10,20,999999999999999999,v", "GPUs cannot be asked for"),
        ("a,10,20,1000000,v", "the gang has 125000 ranks"),
        ("a,99999999999999999999,20,1,v", "submit_s is"), ("a,10,1e400,1,v", "run_s is"),
        ("a,1 0,20,1,v", "submit_s is"), ("a,+10,20,1,v", "submit_s is"),
        ("a,.5,20,1,v", "submit_s is"), ("a,-,20,1,v", "submit_s is"),
        ("a,٣,20,1,v", "submit_s is"),
    ])
    func `a bad line of a Philly list is named with its number`(
        line: String, finding: String
    ) throws {
        let found = try refused(Self.philly + line)
        #expect(found.field.hasSuffix("/jobs: line 4"), "\(found.field)")
        #expect(found.finding.contains(finding), "\(found.finding)")
    }

    @Test(arguments: [
        ("p3,1,1,1", "it has 4 fields, the header 11"),
        ("p3,-1,1,1,1000,,LS,Running,1,2,3", "an amount is out of range"),
        ("p3,1,1,65,1000,,LS,Running,1,2,3", "an amount is out of range"),
        ("p3,1,1,2,500,,LS,Running,1,2,3", "an amount is out of range"),
        ("p3,1,1,1,1001,,LS,Running,1,2,3", "an amount is out of range"),
        ("p3,1,999999999999999999,1,10,,LS,Running,1,2,3", "an amount is out of range"),
        ("p3,1,1,x,1000,,LS,Running,1,2,3", "num_gpu is \"x\""),
        ("p3,1,1,1,1000,,LS,Running,soon,2,3", "creation_time is \"soon\""),
        ("p3,1,1,1,1000,,LS,Running,1,2e9,3", "deletion_time is \"2e9\""),
        ("p3,1,1,1,1000,,LS,Running,-1,2,3", "a time is negative"),
        ("p3,1,1,1,1000,,LS,Running,1,9223372036854775807,3", "deletion_time is"),
    ])
    func `a bad line of an openb pod list is named with its number`(
        line: String, finding: String
    ) throws {
        let found = try refused(Self.pods + line + "\n")
        #expect(found.field.hasSuffix("/jobs: line 4"), "\(found.field)")
        #expect(found.finding.contains(finding), "\(found.finding)")
    }

    @Test(arguments: [
        ("n3,1,1,1", "it has 4 fields where a node has 5"), ("n3,x,1,1,", "cpu_milli is \"x\""),
        ("n3,1,1,65,A", "an amount is out of range"), ("n3,1,1,-1,A", "an amount is out of range"),
        ("n3,1,999999999999999999,1,A", "an amount is out of range"),
        ("n3,9223372036854775807,1,1,A", "cpu_milli is"), ("n1,1,1,1,A", "called n1"),
    ])
    func `a bad line of an openb node list is named with its number`(
        line: String, finding: String
    ) throws {
        let found = try #require(refusal { _ = try Shelf.cluster(Self.nodes + line) })
        #expect(found.field.hasSuffix("/cluster.yaml: line 4"), "\(found.field)")
        #expect(found.finding.contains(finding), "\(found.finding)")
    }

    @Test(arguments: ["", "\n\n", "; nothing\n", "job_id,submit_s,run_s,gpus,vc\n", pods.firstLine])
    func `a file without jobs is refused`(text: String) throws {
        let found = try refused(text)
        #expect(found.field.contains("/jobs"), "\(found)")
        #expect(found.reason == .malformed)
    }

    @Test(arguments: ["", "\n", nodes.firstLine, nodes.firstLine + "\n"])
    func `a file without machines is refused`(text: String) throws {
        let found = try #require(refusal { _ = try Shelf.cluster(text) }, "it was accepted")
        #expect(found.field.contains("/cluster.yaml"), "\(found)")
    }

    @Test func `a line that never ends is refused by its length`() throws {
        let long = String(repeating: "1 ", count: 40_000)
        let found = try refused("; here\n" + long)
        #expect(found.field.hasSuffix("line 2"))
        #expect(found.finding == "it is longer than 65536 bytes")
    }

    @Test func `jobs given as machines and machines given as jobs are told apart`() throws {
        #expect(try refused(Self.nodes).finding == "it lists machines, not jobs")
        for text in [Self.swf, Self.philly, Self.pods] {
            let found = try #require(refusal { _ = try Shelf.cluster(text) })
            #expect(found.finding == "it lists jobs, not machines")
        }
    }

    @Test func `a directory, a missing file and damaged gzip are refused by name`() throws {
        let shelf = try Shelf()
        let cluster = try cluster()
        let whole = try Shelf.gzip(Array(Self.philly.utf8))
        let cut = try shelf.put(Array(whole.dropLast(9)), as: "cut.gz")
        var bytes = whole
        bytes[bytes.count - 6] ^= 0xff
        let spoilt = try shelf.put(bytes, as: "spoilt.gz")
        for path in [shelf.path, "\(shelf.path)/none", cut, spoilt, "\(cut)/inside", ""] {
            let jobs = refusal { _ = try InputFiles.workload(path, for: cluster, seed: 1) }
            let machines = refusal { _ = try InputFiles.cluster(path) }
            #expect(try #require(jobs).field.hasPrefix(path))
            #expect(try #require(machines).field.hasPrefix(path))
        }
        let ends = refusal { _ = try InputFiles.workload(cut, for: cluster, seed: 1) }
        #expect(ends?.finding == "the gzip data ends too early")
        let harmed = refusal { _ = try InputFiles.workload(spoilt, for: cluster, seed: 1) }
        #expect(harmed?.finding == "the gzip data is damaged")
    }

    @Test func `fractions of a second are rounded to milliseconds once`() throws {
        let text = "job_id,submit_s,run_s,gpus,vc\na,0.0006,1.9996,1,v\nb,1.5,2.0004,1,v\n"
        let workload = try Shelf.workload(text, on: try cluster()).workload
        #expect(workload.jobs.map(\.arrival) == [1, 1500])
        #expect(workload.jobs.map(\.run) == [2000, 2000])
    }
}

extension String {
    fileprivate var firstLine: String { String(prefix { $0 != "\n" }) }
}
