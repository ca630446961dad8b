import Glibc
import Host
import Network
import Primitives
import Resources
import Telemetry

// Steps: started, watched, and read out when they end.

extension AgentDriver {
    func start(_ order: RankStartOrder, _ defaults: RankDefaults) {
        let name = order.name
        lastStart = reactor.now
        do throws(Refusal) {
            try store.create(order, defaults)
        } catch {
            return failed(name, code: error.code, "could not be started: \(error)")
        }
        let identity: ProcessIdentity
        do throws(SystemError) {
            identity = try step.start(store.directory(of: name))
        } catch {
            return failed(name, code: error.code, "could not be started: \(error)")
        }
        // Told before the step proves it: a launch that fails is told as its end.
        machine.started(name, at: Clock.now())
        attend(name, identity, isChild: true)
    }

    /// Ends a rank that no step was started for.
    private func failed(_ name: RankName, code: Int32, _ text: String) {
        log.warning("\(name) \(text)")
        explain(name, text)
        let at = Clock.now().milliseconds
        machine.ended(name, RankEnd(.launchFailed, code: code, at: at))
    }

    private func explain(_ name: RankName, _ text: String) {
        do throws(SystemError) {
            try store.explain(name, text)
        } catch {
            log.warning("\(name): the reason is not in its log: \(error)")
        }
    }

    /// Waits for the end of a step; one that is gone already is read out at once.
    func attend(_ name: RankName, _ step: ProcessIdentity, isChild: Bool) {
        var handle: Descriptor?
        var isGone = false
        do throws(SystemError) {
            handle = try step.open()
            isGone = handle == nil
        } catch {
            log.warning("\(name) is looked after once a minute only: \(error)")
        }
        let rank = Running(step: step, isChild: isChild, handle: handle.take())
        running[name] = rank
        clock.begin(name, isFound: !isChild)
        sampler.add(name, step)
        if isGone { return stepEnded(name) }
        guard let number = rank.descriptor else { return }
        do throws(Refusal) {
            rank.watch = try reactor.watch(descriptor: number, for: .readable) { [self] _ in
                stepEnded(name)
            }
        } catch {
            log.warning("\(name) is not watched: \(error)")
        }
    }

    func stepEnded(_ name: RankName) {
        guard let rank = running.removeValue(forKey: name) else { return }
        if let watch = rank.watch { reactor.unwatch(watch) }
        clock.end(name)
        sampler.remove(name)
        var end = RankEnd(.lost, at: Clock.now().milliseconds)
        do throws(SystemError) {
            let ending =
                rank.isChild ? try StepProcess.reap(rank.step.pid, waiting: true) : nil
            end = try store.end(of: name, step: ending)
        } catch {
            log.warning("\(name): its end is not legible: \(error)")
        }
        if end.how == .launchFailed { explainLaunch(name) }
        machine.ended(name, end)
        perform()
        pollLogs()
    }

    /// Tells what the machine and its ranks use, with a heartbeat.
    func tell(_ reports: [UsageReport]) {
        for report in reports {
            var message = AgentMessage()
            message.usage = report
            send(message)
        }
    }

    /// Users look into the log for what the step wrote into its record.
    private func explainLaunch(_ name: RankName) {
        let ending = try? store.directory(of: name).ending()
        explain(name, ending?.outcome.description ?? "the step refused the rank's directory")
    }
}

extension Refusal {
    /// The nearest errno, which is all that the controller's report has room for.
    fileprivate var code: Int32 {
        switch reason {
        case .notFound: ENOENT
        case .forbidden, .unauthorized: EACCES
        case .alreadyExists, .conflict: EEXIST
        case .tooLarge: E2BIG
        case .insufficientStorage: ENOSPC
        case .malformed, .invalid, .methodNotAllowed, .notAcceptable, .unsupportedMediaType:
            EINVAL
        case .gone, .tooManyRequests, .internalFailure, .unavailable, .timeout,
            .misdirected:
            EIO
        }
    }
}
