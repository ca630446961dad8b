import Foundation
import Primitives
import Testing
import Wire

@testable import Simulation

/// Goal: what a run leaves behind can be read by other programs and says the same everywhere.
/// Method: runs with awkward names, read back with Foundation's readers and a small one of CSV.
@Suite struct ResultFileTests {
    private static let jobs = """
        jobs:
        - {name: "=cmd|' /C calc'!A0", gpus: 1, runtime: 10s, queue: "a,b", user: "-1"}
        - {name: "say \\"hi\\"", gpus: 250m, runtime: 90500ms, user: "-2+3+cmd"}
        - {name: "two\\nlines", ranks: 2, gpus: 2, runtime: 5s, arrival: 1s, estimate: exact x 2}
        - {name: "+1 </script>", gpus: 8, runtime: 5s, arrival: 2s, user: "@me"}
        - {name: plain, gpus: 1, arrival: 3s, priority: 7}
        - {name: after, gpus: 1, runtime: 1s, after: [plain]}
        """

    private func result(_ name: String = "muster") throws -> RunResult {
        try MeasureTests.result(
            Self.jobs,
            on: "nodes: [{name: n, count: 2, gpus: 4}]\noutages: [{node: n-1, at: 20s, for: 30s}]",
            under: name)
    }

    /// Cells of RFC 4180.
    private func cells(_ bytes: [UInt8]) -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = [""]
        var isQuoted = false
        let text = Array(String(decoding: bytes, as: UTF8.self))
        var at = 0
        while at < text.count {
            let next = at + 1 < text.count ? text[at + 1] : " "
            switch text[at] {
            case "\"" where isQuoted && next == "\"":
                row[row.count - 1].append("\"")
                at += 1
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: row.append("")
            case "\n" where !isQuoted:
                rows.append(row)
                row = [""]
            case let character: row[row.count - 1].append(character)
            }
            at += 1
        }
        return rows
    }

    @Test func `cells are quoted where they must be, and no cell is a formula`() {
        let cases = [
            ("plain", "plain"), ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""), ("a\nb", "\"a\nb\""),
            ("a\rb", "\"a\rb\""), ("=1+1", "'=1+1"), ("+1", "'+1"), ("@x", "'@x"), ("\tx", "'\tx"),
            ("=\"a\"", "\"'=\"\"a\"\"\""), ("", ""),
            ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
            ("\r=1", "\"'\r=1\""), ("-1", "-1"), ("-0.5", "-0.5"), ("-", "-"), ("-a", "'-a"),
        ]
        for (text, wanted) in cases { #expect(JobFiles.quoted(text) == wanted, "\(text)") }
    }

    @Test(arguments: ["muster", "easy"])
    func `the table of jobs has a row for each, and the JSON has the same rows`(
        name: String
    ) throws {
        let result = try result(name)
        let rows = cells(JobFiles.csv(result))
        #expect(rows.count == 7 && rows.allSatisfy { $0.count == rows[0].count })
        let data = Data(JobFiles.json(result))
        let objects = try #require(
            try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
        #expect(objects.count == 6)
        let keys = [
            "job", "queue", "user", "priority", "ranks", "cpus", "gpus", "arrivalSeconds",
            "estimateSeconds", "runSeconds", "submittedSeconds", "startedSeconds", "endedSeconds",
            "waitSeconds", "attempts", "ending",
        ]
        for (row, object) in zip(rows.dropFirst(), objects) {
            for (column, key) in keys.enumerated() {
                let cell =
                    row[column].hasPrefix("'") ? String(row[column].dropFirst()) : row[column]
                switch object[key] {
                case let number as NSNumber: #expect(Double(cell) == number.doubleValue, "\(key)")
                case let text as String: #expect(cell == text, "\(key)")
                default: #expect(cell.isEmpty, "\(key)")
                }
            }
            #expect(Set(object.keys).isSubset(of: keys))
        }
        let names = objects.compactMap { $0["job"] as? String }
        #expect(names.contains("two\nlines") && names.contains("say \"hi\""))
        let open = try #require(objects.first { $0["job"] as? String == "after" })
        #expect(open["submittedSeconds"] == nil && open["ending"] as? String == "open")
    }

    @Test func `decisions name the moment, the attempt and every place`() throws {
        let result = try result()
        let rows = cells(JobFiles.decisions(result))
        #expect(rows[0] == ["decision", "at_s", "job", "attempt", "places"])
        #expect(rows.count == result.stints.count + 1)
        for (row, stint) in zip(rows.dropFirst(), result.stints) {
            #expect(row.count == 5 && row[1] == Figures.seconds(stint.began))
            #expect(row[4].split(separator: " ").count == Int(stint.spotCount))
            #expect(row[4].split(separator: " ").allSatisfy { $0.hasPrefix("n-") })
        }
        #expect(rows.dropFirst().map { $0[0] } == (1...result.stints.count).map(String.init))
    }

    @Test(arguments: ["muster", "easy"])
    func `the report's data has lists of equal length and values that can be`(
        name: String
    ) throws {
        let result = try result(name)
        let summary = Summary([(result, Measures(result, tau: 10_000))])
        let data = ReportData.json(title: "a <b>", [(summary, result)])
        let tree = try JSON(Document(json: data, limits: .trusted))
        #expect(tree["title"]?.string == "a <b>")
        let run = try #require(tree["runs"]?.elements.first)
        let course = try #require(run["course"])
        let used = try #require(course["used"]?.elements)
        #expect((1...600).contains(used.count))
        for key in ["used", "demand", "waiting", "running", "fragmented"] {
            let list = try #require(course[key]?.elements, "\(key)")
            #expect(list.count == used.count, "\(key)")
            #expect(list.allSatisfy { number($0) >= 0 }, "\(key)")
            if key == "used" || key == "fragmented" {
                #expect(list.allSatisfy { number($0) <= 1000 }, "\(key)")
            }
        }
        let columns = Int(number(run["timeline"]?["columns"]))
        let rows = try #require(run["timeline"]?["rows"]?.elements)
        let cells = try #require(
            run["timeline"]?["cells"]?.string.flatMap { Data(base64Encoded: $0) })
        #expect(rows.count == 2 && columns == used.count && cells.count == 2 * columns)
        #expect(cells.allSatisfy { $0 <= 200 || $0 == 255 } && cells.contains(255))
        let edges = try #require(run["waits"]?["edges"]?.elements)
        for group in run["waits"]?["groups"]?.elements ?? [] {
            #expect(group["counts"]?.elements.count == edges.count + 1)
        }
        for bar in try #require(run["gantt"]?.elements) {
            #expect(number(bar["start"]) <= number(bar["end"]) && number(bar["row"]) < 2)
        }
        for job in try #require(run["longest"]?.elements) {
            #expect(number(job["wait"]) >= 0 && number(job["run"]) >= 0)
            #expect(number(job["slowdown"]) >= 1, "\(job)")
        }
        let jobs = try #require(run["jobs"])
        let parts = ["finished", "failed", "waiting", "running"].reduce(0) { $0 + number(jobs[$1]) }
        #expect(parts == number(jobs["arrived"]))
    }

    private func number(_ value: JSON?) -> Double {
        guard case .number(let text) = value else { return -.infinity }
        return Double(text) ?? -.infinity
    }

    @Test func `more machines than rows share rows`() throws {
        let jobs = "jobs: [{count: 9, gpus: 1, runtime: 10s}]"
        let cluster = "nodes: [{name: n, count: 1201, gpus: 1}]"
        let result = try MeasureTests.result(jobs, on: cluster)
        let timeline = Timeline(result, Course(result))
        #expect(timeline.names.count == 401 && timeline.names[0] == "n-0 to n-2")
        #expect(timeline.names[400] == "n-1200")
        #expect(timeline.cells.count == 401 * timeline.columns)
        // Nine machines are full all the time: a third each of some row of three.
        let use = timeline.cells.reduce(0) { $0 + Int($1) }
        #expect(abs(use * 3 - 9 * 200 * timeline.columns) <= 9 * timeline.columns)
    }

    @Test(arguments: ["muster", "easy", "fgd"])
    func `two runs leave the same bytes`(name: String) throws {
        func files() throws -> [[UInt8]] {
            let result = try result(name)
            let summary = Summary([(result, Measures(result, tau: 10_000))])
            var writer = JSONWriter(capacity: 1024)
            summary.write(into: &writer)
            return [
                JobFiles.csv(result), JobFiles.json(result), JobFiles.decisions(result),
                writer.bytes, ReportData.json(title: "t", [(summary, result)]),
            ]
        }
        #expect(try files() == files())
    }
}
