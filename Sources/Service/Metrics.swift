import Control
import HTTP
import Host
import Kernel
import Network
import Telemetry

extension Server {
    /// The figures in the text that Prometheus reads.
    func answerMetrics(_ call: Call) {
        let accept = call.request.head.headers["accept"] ?? ""
        let form: MetricsText.Form = accept.contains("openmetrics") ? .openMetrics : .prometheus
        for (phase, count) in catalog.phaseCounts() {
            switch phase {
            case .pending: counters.set(.jobsPending, Int64(count))
            case .starting: counters.set(.jobsStarting, Int64(count))
            case .running: counters.set(.jobsRunning, Int64(count))
            case .stopping: counters.set(.jobsStopping, Int64(count))
            case .succeeded, .failed, .cancelled: continue
            }
        }
        let nodes = catalog.list(.nodes, namespace: nil).items.compactMap { item in
            if case .node(let view) = item { view.state.node } else { nil }
        }
        counters.set(.nodesReady, Int64(nodes.count { $0.isReady && !$0.isCordoned }))
        counters.set(.nodesCordoned, Int64(nodes.count { $0.isReady && $0.isCordoned }))
        counters.set(.nodesSilent, Int64(nodes.count { !$0.isReady }))
        counters.set(.agentsConnected, Int64(agents.count))
        counters.set(.connectionsOpen, Int64(reactor.connectionCount))
        counters.set(.watchesOpen, Int64(watchers.count))
        counters.set(.journalSequence, Int64(clamping: catalog.version))
        counters.set(.logLinesDropped, to: log.dropped)
        var text = MetricsText(form)
        counters.write(into: &text)
        answer(200, Headers([("Content-Type", form.contentType)]), text.end(), call.exchange)
    }

    /// Counts an answer by its class and sends it.
    func answer(_ status: Int, _ headers: Headers, _ body: [UInt8], _ exchange: Exchange) {
        switch status {
        case ..<400: counters.add(.requestsSucceeded)
        case ..<500: counters.add(.requestsRefused)
        default: counters.add(.requestsFailed)
        }
        if status == 429 { counters.add(.requestsShed) }
        if status == 401 { counters.add(.authenticationFailures) }
        guard let form = AnswerForm(rawValue: exchange.note), form != .compact,
            headers["content-type"] == Self.jsonType
        else { return exchange.reply(status, headers, body: body) }
        let dressed = form.dress(body)
        exchange.reply(
            dressed.isTooLong ? 406 : status, headers.naming(type: dressed.type),
            body: dressed.bytes)
    }
}
