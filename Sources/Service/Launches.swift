import Control
import Kernel
import Primitives
import Resources
import Scheduling
import Wire

/// Turns placements into orders that an agent can carry out.
struct Launches {
    let catalog: Catalog

    /// The order for some ranks of a job's present attempt; nil when the job has moved on.
    func order(
        job uid: UInt64, attempt: UInt32, ranks: [(rank: UInt32, hasStarted: Bool)]
    ) -> LaunchOrder? {
        guard let view = catalog.job(uid: uid), view.job.attempt == attempt,
            let document = try? Document(json: catalog.body(of: view).content, limits: .trusted),
            let spec = try? WireDecoder.decode(JobSpec.self, from: document, unknown: .ignore)
        else { return nil }
        let environments = RankEnvironments(view, spec) { address(of: $0) }
        var programs: [Program] = []
        var programOfRole = [Int?](repeating: nil, count: spec.roles.count)
        var launches: [RankLaunch] = []
        for (rank, hasStarted) in ranks where Int(rank) < view.job.ranks.count {
            let role = view.role(ofRank: Int(rank))
            if programOfRole[role] == nil {
                programOfRole[role] = programs.count
                programs.append(program(spec.roles[role]))
            }
            guard !hasStarted else {
                // Known there, or lost: nobody will start it, so its environment need not travel.
                launches.append(
                    RankLaunch(
                        rank: rank, program: programOfRole[role] ?? 0, environment: [:],
                        hasStarted: true))
                continue
            }
            let placed = view.job.ranks[Int(rank)]
            let model = placed.devices.count > 0 ? catalog.node(uid: placed.node)?.model ?? "" : ""
            launches.append(
                RankLaunch(
                    rank: rank, program: programOfRole[role] ?? 0,
                    environment: environments.variables(
                        ofRank: Int(rank), device: placed.devices.numbers, models: model),
                    hasStarted: false))
        }
        let terms = view.job.terms
        return LaunchOrder(
            job: uid, attempt: attempt, graceSeconds: seconds(terms.gracePeriod),
            timeLimitSeconds: seconds(terms.timeLimit), programs: programs, ranks: launches)
    }

    private func seconds(_ span: Duration64) -> UInt32 {
        UInt32(clamping: (span.milliseconds + 999) / 1000)
    }

    private func program(_ role: RoleSpec) -> Program {
        Program(
            command: role.script == nil ? role.command ?? [] : role.arguments ?? [],
            script: role.script, environment: role.env ?? [:],
            workingDirectory: role.workingDirectory ?? "")
    }

    private func address(of node: String) -> String {
        guard let view = catalog.node(node),
            let text = try? WireDecoder.decode(
                NodeText.self, json: view.text.body.content, unknown: .ignore)
        else { return "127.0.0.1" }
        return text.address
    }
}
