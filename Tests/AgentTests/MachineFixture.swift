import Primitives
import Resources
import Wire

@testable import Agent

/// Short words for what the tests say often.
extension AgentMachine {
    mutating func welcome(_ launches: [LaunchOrder] = [], stops: [AttemptName] = []) {
        connect()
        hear(at: 0) { $0.welcome = Welcome(epoch: 1, launches: launches, stops: stops) }
    }

    mutating func hear(at moment: Int64 = 0, _ fill: (inout ControllerMessage) -> Void) {
        var message = ControllerMessage()
        fill(&message)
        receive(message, at: Tick(moment))
    }

    mutating func launch(_ order: LaunchOrder) { hear { $0.launch = order } }

    /// Names of all ranks that want to be started, each told as started.
    mutating func startAll(at moment: Int64 = 0) -> [RankName] {
        var names: [RankName] = []
        while let order = nextStart() {
            names.append(order.name)
            started(order.name, at: Tick(moment))
        }
        return names
    }

    mutating func news() -> [AgentReport] { takeReports(atMost: 10_000) }

    /// Takes the news and acknowledges all of it.
    mutating func newsAcknowledged() -> [AgentReport] {
        let reports = news()
        hear { $0.acknowledged = reports.map(\.number) }
        return reports
    }
}

func name(_ job: UInt64, _ attempt: UInt32 = 1, _ rank: UInt32 = 0) -> RankName {
    RankName(job: job, attempt: attempt, rank: rank)
}

func order(
    _ job: UInt64, attempt: UInt32 = 1, ranks: [UInt32] = [0], started: Bool = false,
    program: Int = 0
) -> LaunchOrder {
    LaunchOrder(
        job: job, attempt: attempt, graceSeconds: 1, timeLimitSeconds: 0,
        programs: [
            Program(command: ["true"], script: nil, environment: [:], workingDirectory: "")
        ],
        ranks: ranks.map {
            RankLaunch(rank: $0, program: program, environment: [:], hasStarted: started)
        })
}

/// What a report says, without its number and time.
struct Said: Hashable {
    let name: RankName
    let how: AgentReport.How
    let code: Int32?

    init(_ name: RankName, _ how: AgentReport.How, _ code: Int32? = nil) {
        self.name = name
        self.how = how
        self.code = code
    }

    init(_ report: AgentReport) {
        self.init(
            RankName(job: report.job, attempt: report.attempt, rank: report.rank), report.how,
            report.code)
    }
}

func said(_ reports: [AgentReport]) -> [Said] { reports.map { Said($0) } }
