import Client
import Primitives
import Testing
import Wire

@testable import Commands

/// Goal: what is typed means what other tools taught people it means, and typos are named.
@Suite struct ArgumentsTests {
    @Test(arguments: [
        ["--queue", "a", "x"], ["--queue=a", "x"], ["x", "--queue", "a"], ["-Q", "a", "x"],
        ["-Qa", "x"], ["-Q=a", "x"],
    ])
    func `a value may follow its flag in any spelling`(words: [String]) throws {
        var arguments = Arguments(words)
        #expect(try arguments.option("--queue", "-Q") == "a")
        #expect(try arguments.word("FILE") == "x")
        try arguments.end()
    }

    @Test func `flags are known by presence, and can be switched off`() throws {
        var arguments = Arguments(["--wait", "--follow=false", "-q"])
        #expect(try arguments.flag("--wait"))
        #expect(try !arguments.flag("--follow"))
        #expect(try arguments.flag("--quiet", "-q"))
        try arguments.end()
    }

    @Test func `an unknown flag names the nearest one`() throws {
        var arguments = Arguments(["--naem=x"])
        _ = try arguments.option("--name")
        let refusal = #expect(throws: Refusal.self) { try arguments.end() }
        #expect(refusal?.field == "--naem")
        #expect(refusal?.remedy == "Use --name")
    }

    @Test func `words behind two dashes are never flags`() throws {
        var arguments = Arguments(["--cpus", "2", "--", "python", "--cpus", "9"])
        #expect(try arguments.option("--cpus") == "2")
        #expect(arguments.afterDashes == ["python", "--cpus", "9"])
        try arguments.end(allowsLiteral: true)
    }

    @Test(arguments: [["--queue"], ["--queue", "--wait"]])
    func `a flag without its value is refused`(words: [String]) {
        var arguments = Arguments(words)
        #expect(throws: Refusal.self) { try arguments.option("--queue") }
    }

    @Test func `a flag given twice is refused`() {
        var arguments = Arguments(["--queue=a", "--queue=b"])
        #expect(throws: Refusal.self) { try arguments.option("--queue") }
    }

    @Test(arguments: ["-1", "1001", "x", "", "99999999999999999999"])
    func `a number out of range is refused`(text: String) {
        var arguments = Arguments(["--priority=\(text)"])
        #expect(throws: Refusal.self) { try arguments.number("--priority", within: 0...1000) }
    }

    @Test func `a word too many is refused, and a lone dash is a word`() throws {
        var arguments = Arguments(["-", "extra"])
        #expect(try arguments.word("FILE") == "-")
        let refusal = #expect(throws: Refusal.self) { try arguments.end() }
        #expect(refusal?.field == "extra")
    }
}

/// Goal: flags become exactly the manifest that they say.
@Suite struct JobRequestTests {
    @Test func `all flags have their place in the manifest`() throws {
        var arguments = Arguments([
            "--queue", "q", "--priority", "7", "--time", "1h30m", "--replicas", "2", "--cpus",
            "500m", "--memory", "1Gi", "--gpus", "0.25", "--gpu-model", "h100", "-e", "A=b=c",
            "-e", "HOME", "--chdir", "/data", "--retries", "3", "--allow-unplaceable",
        ])
        let around = Surroundings { $0 == "HOME" ? "/home/me" : nil }
        var request = try JobRequest(&arguments, in: around)
        try arguments.end()
        request.command = ["python", "x y"]
        let manifest = request.manifest(name: "n", namespace: "s")
        #expect(
            String(decoding: manifest["spec"]?.encode() ?? [], as: UTF8.self)
                == #"{"queue":"q","priority":7,"timeLimit":"1h30m","retries":{"limit":3},"#
                + #""allowUnplaceable":true,"roles":[{"replicas":2,"resources":{"cpus":"500m","#
                + #""memory":"1Gi","gpus":0.25,"gpuModels":["h100"]},"command":["python","x y"],"#
                + #""env":{"A":"b=c","HOME":"/home/me"},"workingDirectory":"/data"}]}"#)
    }

    @Test func `nothing asked for leaves everything to the server`() throws {
        var arguments = Arguments([])
        let spec = try JobRequest(&arguments).manifest(name: "n", namespace: "s")["spec"]
        #expect(spec == ["roles": [[:]]])
    }

    @Test(arguments: ["-1", "x", "1e9", "", "0.2.5", "1/2", "99999999999999"])
    func `what is no number of GPUs is refused`(text: String) {
        var arguments = Arguments(["--gpus=\(text)"])
        #expect(throws: Refusal.self) { try JobRequest(&arguments) }
    }
}
