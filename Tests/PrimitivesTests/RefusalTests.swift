import Primitives
import Testing

/// Goal: a refusal reads well and maps to one status and one word. Method: by hand, then all.
@Suite struct RefusalTests {
    private let refusal = Refusal(
        .invalid, field: "replicas", finding: "“-1” is below 1", remedy: "Give at least 1")

    @Test func `it says where, what and what to do`() {
        #expect(refusal.description == "replicas: “-1” is below 1. Give at least 1.")
        let whole = Refusal(.gone, finding: "the list is too old", remedy: "List again")
        #expect(whole.description == "the list is too old. List again.")
    }

    @Test func `its path grows from the inside out`() {
        let nested = refusal.under("roles[0]").under("spec")
        #expect(nested.field == "spec.roles[0].replicas")
        #expect(nested.reason == .invalid)
        #expect(nested.finding == refusal.finding)
        #expect(nested.remedy == refusal.remedy)
    }

    @Test func `an index joins without a dot and an empty path gives the prefix`() {
        let item = Refusal(.invalid, field: "[3]", finding: "it is empty", remedy: "Fill it")
        #expect(item.under("args").field == "args[3]")
        let whole = Refusal(.invalid, finding: "it is empty", remedy: "Fill it")
        #expect(whole.under("spec").field == "spec")
    }

    @Test func `defects are gathered and leave as one refusal, with their paths`() throws {
        var defects = Defects()
        try defects.refuse()
        defects.add("name", "it is empty", "Give one")
        defects.gather(under: "spec") { inner in
            inner.add("weight", "7 is out of range", "Use 0 to 5")
            inner.gather { () throws(Refusal) in throw refusal }
            inner.gather(under: "[2]") { $0.add("", "it is empty", "Fill it") }
        }
        let gathered = #expect(throws: Refusal.self) { try defects.refuse() }
        #expect(gathered?.field == "name" && gathered?.finding == "it is empty")
        #expect(gathered?.also.map(\.field) == ["spec.weight", "spec.replicas", "spec[2]"])
        #expect(
            gathered?.description
                == "name: it is empty. Give one. Also wrong: spec.weight, spec.replicas, spec[2].")
        let placed = gathered?.under("items[4]")
        #expect(placed?.also.first?.field == "items[4].spec.weight")
    }

    @Test func `a hopeless object is not described to the end`() {
        var defects = Defects()
        for number in 0..<1000 { defects.add("f\(number)", "it is empty", "Fill it") }
        #expect(defects.found.count == Defects.most)
        defects.add(Refusal(.invalid, field: "x", finding: "a", remedy: "B", also: defects.found))
        #expect(defects.found.count == Defects.most)
    }

    @Test(arguments: Refusal.Reason.allCases)
    func `every reason has a status that fits its side`(reason: Refusal.Reason) {
        let mine: [Refusal.Reason] = [
            .internalFailure, .unavailable, .timeout, .insufficientStorage,
        ]
        #expect((mine.contains(reason) ? 500..<600 : 400..<500).contains(reason.statusCode))
        #expect(reason.word.first?.isUppercase == true)
        #expect(reason.word.allSatisfy { $0.isASCII && $0.isLetter })
    }

    @Test func `the words and codes are those that clients know`() {
        let words = Set(Refusal.Reason.allCases.map(\.word))
        #expect(words.count == Refusal.Reason.allCases.count)
        #expect(Refusal.Reason.gone.word == "Expired" && Refusal.Reason.gone.statusCode == 410)
        #expect(Refusal.Reason.alreadyExists.statusCode == 409)
        #expect(Refusal.Reason.conflict.statusCode == 409)
        #expect(Refusal.Reason.tooManyRequests.statusCode == 429)
        #expect(Refusal.Reason.invalid.word == "Invalid")
    }
}
