import Dispatch
import Testing

@testable import Telemetry

/// Goal: figures add up from any thread, and the text follows the rules that scrapers check.
@Suite struct CountersTests {
    private func text(_ counters: Counters, _ form: MetricsText.Form) -> [String] {
        var text = MetricsText(form)
        counters.write(into: &text)
        return String(decoding: text.end(), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test func `additions from many threads add up`() {
        let counters = Counters()
        DispatchQueue.concurrentPerform(iterations: 1000) { number in
            counters.add(.jobsSubmitted)
            counters.add(.connectionsOpen, number % 2 == 0 ? 1 : -1)
            counters.observe(.commitTime, UInt64(number))
        }
        #expect(counters.value(of: .jobsSubmitted) == 1000)
        #expect(counters.value(of: .connectionsOpen) == 0)
        #expect(counters.count(of: .commitTime) == 1000)
    }

    @Test func `a histogram counts up to each bound and beyond the last`() {
        let counters = Counters()
        for value in [UInt64(100), 101, 2_500_000, 20_000_000] {
            counters.observe(.commitTime, value)
        }
        let lines = text(counters, .openMetrics)
        let name = "muster_store_commit_duration_seconds"
        #expect(lines.contains("\(name)_bucket{le=\"0.0001\"} 1"))
        #expect(lines.contains("\(name)_bucket{le=\"0.00025\"} 2"))
        #expect(lines.contains("\(name)_bucket{le=\"2.5\"} 3"))
        #expect(lines.contains("\(name)_bucket{le=\"10.0\"} 3"))
        #expect(lines.contains("\(name)_bucket{le=\"+Inf\"} 4"))
        #expect(lines.contains("\(name)_sum 22.500201"))
        #expect(lines.contains("\(name)_count 4"))
    }

    @Test func `every family has help and type once, and names follow the rules`() {
        for form in [MetricsText.Form.openMetrics, .prometheus] {
            let lines = text(Counters(), form)
            var families: [String: String] = [:]
            var helped: Set<String> = []
            var current = ""
            for line in lines where line != "# EOF" {
                let words = line.split(separator: " ", maxSplits: 3).map(String.init)
                switch (words[0], words[1]) {
                case ("#", "HELP"):
                    #expect(helped.insert(words[2]).inserted, "\(words[2]) twice")
                    #expect(words[3].hasSuffix("."))
                case ("#", "TYPE"):
                    current = words[2]
                    #expect(helped.contains(current))
                    #expect(families.updateValue(words[3], forKey: current) == nil)
                default:
                    let name = String(line.prefix { $0 != "{" && $0 != " " })
                    #expect(name.hasPrefix(current), "\(line) under \(current)")
                    #expect(name.allSatisfy { $0.isLowercase || $0 == "_" }, "\(name)")
                    #expect(name.hasSuffix("_total") == (families[current] == "counter"), "\(name)")
                    #expect(!name.contains("_ms") && !name.contains("milli"), "\(name)")
                }
            }
            #expect((lines.last == "# EOF") == (form == .openMetrics))
        }
    }

    @Test func `no two series are the same`() {
        let all =
            Counter.allCases.map(\.series) + Gauge.allCases.map(\.series)
            + Histogram.allCases.map(\.series)
        #expect(Set(all.map { $0.family + $0.labels }).count == all.count)
    }

    @Test func `labels from outside cannot break the text`() {
        var text = MetricsText(.openMetrics)
        text.begin("muster_queue_gpus", .gauge, help: "GPUs in use, by queue.")
        text.add(thousandths: -1250, [("queue", "a\"} 1\nb\\\r")])
        text.add(3, [("queue", "b"), ("pool", "c")])
        let expected = """
            # HELP muster_queue_gpus GPUs in use, by queue.
            # TYPE muster_queue_gpus gauge
            muster_queue_gpus{queue="a\\"} 1\\nb\\\\?"} -1.25
            muster_queue_gpus{queue="b",pool="c"} 3
            # EOF

            """
        #expect(String(decoding: text.end(), as: UTF8.self) == expected)
    }
}
