import Control
import HTTP
import Kernel
import Network
import Telemetry

extension Server {
    /// The figures in the text that Prometheus reads.
    func answerMetrics(_ call: Call) {
        let accept = call.request.head.headers["accept"] ?? ""
        let form: MetricsText.Form = accept.contains("openmetrics") ? .openMetrics : .prometheus
        var text = MetricsText(form)
        text.begin("muster_jobs", .gauge, help: "Jobs by phase.")
        for (phase, count) in catalog.phaseCounts() {
            text.add(Int64(count), [(name: "phase", value: phase.word.lowercased())])
        }
        text.begin("muster_resource_version", .gauge, help: "The newest published version.")
        text.add(Int64(clamping: catalog.version))
        text.begin("muster_watches_open", .gauge, help: "Watches that are open now.")
        text.add(Int64(watchers.count))
        text.begin("muster_agents_connected", .gauge, help: "Agents that are connected now.")
        text.add(Int64(agents.count))
        text.begin("muster_connections_open", .gauge, help: "Client connections that are open now.")
        text.add(Int64(reactor.connectionCount))
        call.exchange.reply(200, Headers([("Content-Type", form.contentType)]), body: text.end())
    }
}
