// Agent — one machine's part: starts ranks, keeps them apart from its own life, tells what became
// of them.
//
// `AgentMachine` decides and knows neither clock nor disk; `AgentDriver` has the socket, the
// processes and the files, and asks the machine about everything. What must survive is in the rank
// directories, so that the agent may be stopped or killed at any time: the ranks do not notice.
//
// Read in this order: RankName → AgentMachine → RankStore → AgentDriver → LogStreams →
// AgentOptions.

import Glibc
import Host
import Network
public import Primitives
import Telemetry

/// The agent as a service: one call that lasts as long as the process.
public enum Agent {
    /// Runs until SIGTERM or SIGINT, on the calling thread, which must be the main one.
    ///
    /// Ranks go on running after it returns; the next agent on the same directory finds them.
    public static func run(_ options: AgentOptions) throws(Refusal) {
        umask(0o077)
        allowManyFiles()
        let log = Log()
        let signals = try SignalSource()
        let driver = try AgentDriver(options, log: log)
        let notify = ServiceNotify.fromEnvironment()
        _ = try driver.reactor.watch(descriptor: signals.descriptor, for: .readable) { _ in
            signals.each { request in
                switch request {
                case .reload: driver.reload()
                case .terminate, .interrupt:
                    log.info("stopping the agent; its ranks go on running")
                    notify.send(.stopping)
                    driver.reactor.stop(withinMilliseconds: 1_000)
                }
            }
        }
        notify.send(.ready)
        driver.run()
    }

    /// Each running rank takes a descriptor; what the system's default allows is soon used up.
    private static func allowManyFiles() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

/// Keeps the signal descriptor for the closures that look at it.
private final class SignalSource {
    private let signals: Signals

    init() throws(Refusal) {
        do throws(SystemError) {
            signals = try Signals()
        } catch {
            throw error.refusal(remedy: "Raise the limit on open files")
        }
    }

    var descriptor: Int32 { signals.descriptor }

    func each(_ work: (Signals.Request) -> Void) {
        while let request = try? signals.next(withinMilliseconds: 0) { work(request) }
    }
}
