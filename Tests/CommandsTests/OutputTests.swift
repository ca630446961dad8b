import Primitives
import Testing
import Wire

@testable import Commands

/// Goal: one payload looks right in every format.
@Suite struct OutputTests {
    private static let table: JSON = [
        "kind": "Table",
        "columnDefinitions": [
            ["name": "Name", "priority": 0], ["name": "Phase", "priority": 0],
            ["name": "Nodes", "priority": 1],
        ],
        "rows": [
            [
                "cells": ["train", "Running", "n1,n2"],
                "object": ["metadata": ["name": "train", "namespace": "a"]],
            ],
            [
                "cells": ["été-学習", "", 3],
                "object": ["metadata": ["name": "b", "namespace": "team-b"]],
            ],
        ],
    ]

    private let payload = Payload(tree: OutputTests.table, kind: .job)

    @Test func `columns line up, whatever the letters`() throws {
        #expect(
            try payload.text(.table) == """
                NAME       PHASE
                train      Running
                été-学習   -

                """)
    }

    @Test func `wide adds the columns of lower priority, and namespaces come first`() throws {
        #expect(
            try payload.text(.wide, showsNamespace: true) == """
                NAMESPACE   NAME       PHASE     NODES
                a           train      Running   n1,n2
                team-b      été-学習   -         3

                """)
    }

    @Test func `names carry their kind`() throws {
        #expect(try payload.text(.name) == "job.muster.dev/train\njob.muster.dev/b\n")
    }

    @Test func `JSON is indented and reads back the same`() throws {
        let tree: JSON = ["a": [1, ["b": nil]], "c": [], "d": [:], "e": "x\ny"]
        let text = try Payload(tree: tree, kind: .job).text(.json)
        #expect(text.hasPrefix("{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n"))
        #expect(JSON(try Document(json: Array(text.utf8))) == tree)
    }

    @Test func `YAML shows the same object`() throws {
        let tree: JSON = ["kind": "Job", "metadata": ["name": "a"]]
        #expect(
            try Payload(tree: tree, kind: .job).text(.yaml)
                == "kind: Job\nmetadata:\n  name: a\n")
    }

    @Test func `an empty table has no header`() throws {
        #expect(
            try Payload(tree: ["rows": [], "columnDefinitions": []], kind: .job).text(.table) == "")
    }

    @Test func `a plain object is shown in columns too`() throws {
        let tree: JSON = ["metadata": ["name": "a"], "status": ["phase": "Pending"]]
        #expect(
            try Payload(tree: tree, kind: .job).text(.table) == "NAME   PHASE\na      Pending\n")
    }

    @Test func `cells cannot move the cursor or break their line`() {
        var table = Table(header: ["A", "B"])
        table.rows = [["x\u{1b}[2J", "one\ntwo"]]
        #expect(table.text() == "A       B\nx\u{fffd}[2J   one two\n")
    }

    @Test(arguments: [("a", 1), ("é", 1), ("e\u{301}", 1), ("学", 2), ("한", 2), ("🚀", 2), ("", 0)])
    func `letters take the columns that terminals give them`(text: String, width: Int) {
        #expect(Table.width(text) == width)
    }

    @Test func `a refusal shows its remedy on a line of its own`() {
        let refusal = Refusal(
            .invalid, field: "--cpus", finding: "\"x\" is no number", remedy: "give a number")
        #expect(Console.text(refusal) == "error: --cpus: \"x\" is no number\n  Give a number\n")
        let bare = Refusal(.notFound, finding: "nothing is there", remedy: "Look elsewhere")
        #expect(Console.text(bare) == "error: nothing is there\n  Look elsewhere\n")
    }

    @Test func `a format that is none names the nearest`() {
        var arguments = Arguments(["-o", "jsn"])
        let refusal = #expect(throws: Refusal.self) { try OutputFormat(&arguments) }
        #expect(refusal?.remedy == "Use json")
    }
}
