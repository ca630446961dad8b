import Primitives

/// The Standard Workload Format of the Parallel Workloads Archive: 18 numbers a line, `;` comments.
enum SWFTrace {
    /// Reads the jobs; those without run time or processors are left out and counted.
    static func read(
        _ bytes: [UInt8], into builder: inout WorkloadBuilder
    ) throws(Refusal) -> Int {
        var lines = TraceLines(bytes, separatedBy: .space)
        var dropped = 0
        while try lines.advance(comment: UInt8(ascii: ";")) {
            guard lines.fields.count == 18 else {
                throw lines.refused(
                    "it has \(lines.fields.count) fields where a job has 18",
                    "Mend the line, or put a ; before it")
            }
            let run = try lines.seconds(3, "the run time (field 4)")
            let asked = try lines.integer(7, "the requested processors (field 8)")
            let given = try lines.integer(4, "the allocated processors (field 5)")
            let processors = asked > 0 ? asked : given
            guard run > 0, processors > 0 else {
                dropped += 1
                continue
            }
            let arrival = try lines.seconds(1, "the submit time (field 2)")
            do throws(Refusal) {
                var job = Workload.Job(
                    arrival: arrival, run: run,
                    shape: try builder.processors(Int(clamping: processors)))
                job.estimate = max(0, try lines.seconds(8, "the requested time (field 9)"))
                job.user = try builder.user(lines.text(11))
                job.queue = try builder.queue("queue-\(lines.text(14))")
                try builder.add(job, name: lines.text(0))
            } catch {
                throw error.field.isEmpty ? lines.refused(error.finding, error.remedy) : error
            }
        }
        return dropped
    }
}
