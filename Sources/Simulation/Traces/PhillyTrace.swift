import Primitives

/// The jobs of Microsoft's Philly clusters as `job_id,submit_s,run_s,gpus,vc`, one line each.
enum PhillyTrace {
    static let header = "job_id,submit_s,run_s,gpus,vc"

    static func read(_ bytes: [UInt8], into builder: inout WorkloadBuilder) throws(Refusal) {
        var lines = TraceLines(bytes, separatedBy: .comma)
        guard try lines.advance() else { return }
        while try lines.advance() {
            guard lines.fields.count == 5 else {
                throw lines.refused(
                    "it has \(lines.fields.count) fields where a job has 5",
                    "Write \(header) on each line")
            }
            let gpus = try lines.integer(3, "gpus")
            do throws(Refusal) {
                var job = Workload.Job(
                    arrival: try lines.seconds(1, "submit_s"),
                    run: try lines.seconds(2, "run_s"),
                    shape: try builder.gpus(Int(clamping: gpus)))
                job.queue = try builder.queue(lines.text(4))
                try builder.add(job, name: lines.text(0))
            } catch {
                throw error.field.isEmpty ? lines.refused(error.finding, error.remedy) : error
            }
        }
    }
}
