import Primitives
import Testing
import Wire

@testable import Resources

/// Goal: the published bounds are those that validation keeps. Method: for each, a job at the bound
/// is accepted and one just beyond it is refused.
@Suite struct BoundsTests {
    private func isAccepted(_ spec: JSON) -> Bool {
        do {
            _ = try WireDecoder.decode(JobSpec.self, from: Document(spec)).validated()
            return true
        } catch {
            return false
        }
    }

    /// A valid job with one field set, by its published path.
    private func job(_ path: String, _ value: JSON) -> JSON {
        let parts = path.split(separator: ".").map(String.init)
        var role: JSON = ["command": ["true"]]
        var spec: JSON = [:]
        switch parts[0] {
        case "JobSpec": spec[parts[1]] = value
        case "RoleSpec":
            if parts[1] == "script" || parts[1] == "arguments" {
                role["command"] = nil
                role["script"] = "true"
            }
            role[parts[1]] = value
        case "ResourceSpec":
            var resources: JSON = ["gpus": 1]
            resources[parts[1]] = value
            role["resources"] = resources
        case "RetrySpec": spec["retries"] = .object([JSON.Member(parts[1], value)])
        default: Issue.record("\(path) is not part of a job")
        }
        if spec["roles"] == nil { spec["roles"] = [role] }
        return spec
    }

    private func number(_ json: JSON?) -> Int? {
        if case .number(let text)? = json { Int(text) } else { nil }
    }

    private static let paths = Bounds.ofJobs.map(\.path)

    @Test(arguments: paths)
    func `what is published is what is accepted`(path: String) throws {
        let bounds = JSON.object(Bounds.of(path))
        if let least = number(bounds["minimum"]), let most = number(bounds["maximum"]) {
            for (value, isFine) in [
                (least - 1, false), (least, true), (most, true), (most + 1, false),
            ] {
                #expect(isAccepted(job(path, .number("\(value)"))) == isFine, "\(value)")
            }
        }
        if let least = number(bounds["minItems"]), let most = number(bounds["maxItems"]) {
            #expect(isAccepted(job(path, .array(elements(path, most)))))
            #expect(!isAccepted(job(path, .array(elements(path, most + 1)))))
            #expect(isAccepted(job(path, .array(elements(path, least)))))
            if least > 0 { #expect(!isAccepted(job(path, []))) }
        }
        if let most = number(bounds["maxLength"]) {
            let first = path.hasSuffix("Directory") ? "/" : "a"
            let longest = first + String(repeating: "a", count: most - 1)
            #expect(isAccepted(job(path, .string(longest))))
            #expect(!isAccepted(job(path, .string(longest + "a"))))
            #expect(!isAccepted(job(path, "")))
        }
        if let most = number(bounds["maxProperties"]) {
            let members = (0...most).map { JSON.Member("V\($0)", "") }
            #expect(isAccepted(job(path, .object(Array(members.dropLast())))))
            #expect(!isAccepted(job(path, .object(members))))
        }
        if let fallback = bounds["default"] { #expect(isAccepted(job(path, fallback))) }
    }

    private func elements(_ path: String, _ count: Int) -> [JSON] {
        (0..<count).map { number in
            switch path {
            case "JobSpec.roles": ["name": .string("r\(number)"), "command": ["true"]]
            case "JobSpec.rankEnvironment": number % 2 == 0 ? "torch" : "slurm"
            default: .string("w\(number)")
            }
        }
    }

    @Test func `what is left out becomes what the schema says`() throws {
        let spec = try WireDecoder.decode(
            JobSpec.self, json: Array(#"{"roles":[{"command":["true"]}]}"#.utf8)
        ).validated()
        let filled = JSON(try Document(json: WireEncoder.encode(spec)))
        var checked = 0
        for (path, members) in Bounds.all where path.hasPrefix("JobSpec.") {
            let field = String(path.dropFirst("JobSpec.".count))
            guard let value = filled[field], let fallback = JSON.object(members)["default"] else {
                continue
            }
            #expect(value == fallback, "\(path)")
            checked += 1
        }
        #expect(checked >= 3)
        #expect(filled["roles"]?.elements.first?["replicas"] == 1)
    }

    @Test func `every bound is about a field that exists`() throws {
        var owners = Lookup<String, Schema>()
        func gather(_ schema: Schema) {
            switch schema {
            case .object(let properties, let type):
                owners[type] = schema
                for property in properties { gather(property.schema) }
            case .array(let element), .map(let element): gather(element)
            case .any, .boolean, .integer, .number, .string, .text, .words: return
            }
        }
        for shape in KindShape.all { gather(shape.schema) }
        for (path, _) in Bounds.all {
            let parts = path.split(separator: ".").map(String.init)
            #expect(owners[parts[0]]?[parts[1]] != nil, "\(path)")
        }
    }

    @Test(arguments: Bounds.ofPools.map(\.path))
    func `a pool's bounds are those that are published`(path: String) throws {
        let text =
            #"{"providerRef":{"name":"a"},"replicas":1,"instanceTypes":"#
            + #"[{"name":"a","cpus":1,"memory":"1Gi"}]}"#
        let valid = JSON(try Document(json: Array(text.utf8)))
        func isAccepted(_ spec: JSON) -> Bool {
            do {
                _ = try WireDecoder.decode(NodePoolSpec.self, from: Document(spec)).validated()
                return true
            } catch {
                return false
            }
        }
        #expect(isAccepted(valid))
        let bounds = JSON.object(Bounds.of(path))
        guard let most = number(bounds["maximum"]), let least = number(bounds["minimum"]) else {
            return
        }
        let parts = path.split(separator: ".").map(String.init)
        for (value, isFine) in [(least - 1, false), (most, true), (most + 1, false)] {
            let given = JSON.object([JSON.Member(parts[1], .number("\(value)"))])
            var spec = valid
            switch parts[0] {
            case "NodePoolSpec": spec[parts[1]] = .number("\(value)")
            case "PoolLimits": spec["limits"] = given
            case "InstanceType":
                spec["instanceTypes"] = .array([
                    (valid["instanceTypes"]?.elements.first ?? .null).merging(given)
                ])
            case "AutoscaleSpec":
                spec["replicas"] = nil
                spec["autoscale"] = (["max": 100_000] as JSON).merging(given)
            default: Issue.record("\(path) is not part of a pool")
            }
            #expect(isAccepted(spec) == isFine, "\(path): \(value)")
        }
    }
}
