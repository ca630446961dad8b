import Primitives
import Testing
import Wire

@testable import Service

/// Goal: what kubectl sends in protobuf means what it would have meant in JSON. Method: bodies as
/// kubectl 1.32 and 1.33 sent them, each with the command that made it; damage to them.
@Suite struct ProtobufBodyTests {
    struct Recording: Sendable, CustomStringConvertible {
        let command: String
        let hex: String
        let json: String

        var description: String { command }
        var bytes: [UInt8] {
            let digits = Array(hex.utf8)
            return stride(from: 0, to: digits.count, by: 2).compactMap { index in
                UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16)
            }
        }
    }

    static let recordings = [
        Recording(
            command: "kubectl auth can-i get jobs",
            hex: "6b3873000a320a17617574686f72697a6174696f6e2e6b38732e696f2f7631121753656c665375"
                + "626a65637441636365737352657669657712460a100a0012001a0022002a0032003800420012280a"
                + "260a0764656661756c7412036765741a0a6d75737465722e64657622002a046a6f627332003a001a"
                + "08080012001a0020001a002200",
            json: #"{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","#
                + #""spec":{"resourceAttributes":{"namespace":"default","verb":"get","#
                + #""group":"muster.dev","resource":"jobs"}}}"#),
        Recording(
            command: "kubectl auth can-i get pods --subresource=log",
            hex: "6b3873000a320a17617574686f72697a6174696f6e2e6b38732e696f2f7631121753656c665375"
                + "626a656374416363657373526576696577123f0a100a0012001a0022002a0032003800420012210a"
                + "1f0a0764656661756c7412036765741a0022002a04706f647332036c6f673a001a08080012001a00"
                + "20001a002200",
            json: #"{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","#
                + #""spec":{"resourceAttributes":{"namespace":"default","verb":"get","#
                + #""resource":"pods","subresource":"log"}}}"#),
        Recording(
            command: "kubectl auth can-i get /metrics",
            hex: "6b3873000a320a17617574686f72697a6174696f6e2e6b38732e696f2f7631121753656c665375"
                + "626a656374416363657373526576696577122f0a100a0012001a0022002a00320038004200121112"
                + "0f0a082f6d65747269637312036765741a08080012001a0020001a002200",
            json: #"{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","#
                + #""spec":{"nonResourceAttributes":{"path":"/metrics","verb":"get"}}}"#),
        Recording(
            command: "kubectl auth can-i --list",
            hex: "6b3873000a310a17617574686f72697a6174696f6e2e6b38732e696f2f7631121653656c665375"
                + "626a65637452756c657352657669657712230a100a0012001a0022002a0032003800420012090a07"
                + "64656661756c741a04180022001a002200",
            json: #"{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectRulesReview","#
                + #""spec":{"namespace":"default"}}"#),
        Recording(
            command: "kubectl auth whoami",
            hex: "6b3873000a2d0a1861757468656e7469636174696f6e2e6b38732e696f2f7631121153656c6653"
                + "75626a656374526576696577121a0a100a0012001a0022002a0032003800420012060a040a001200"
                + "1a002200",
            json: #"{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}"#),
        Recording(
            command: "kubectl create namespace v1-32",
            hex: "6b3873000a0f0a02763112094e616d657370616365121d0a150a0576312d333212001a0022002a"
                + "0032003800420012001a020a001a002200",
            json: #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"v1-32"}}"#),
        Recording(
            command: "kubectl create configmap c --from-literal=a=b --from-literal=c=d",
            hex: "6b3873000a0f0a0276311209436f6e6669674d617012230a110a016312001a0022002a00320038"
                + "00420012060a016112016212060a01631201641a002200",
            json: #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"#
                + #""data":{"a":"b","c":"d"}}"#),
        Recording(
            command: "kubectl create secret generic c --from-literal=a=b",
            hex: "6b3873000a0c0a0276311206536563726574121d0a110a016312001a0022002a00320038004200"
                + "12060a01611201621a001a002200",
            json:
                #"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"c"},"data":{"a":"Yg=="}}"#
        ),
        Recording(
            command: "kubectl drain n --force (1.32, without eviction)",
            hex: "6b3873000a130a027631120d44656c6574654f7074696f6e7312001a002200",
            json: #"{"apiVersion":"v1","kind":"DeleteOptions"}"#),
        Recording(
            command: "kubectl drain n --force --grace-period=7 (1.33, without eviction)",
            hex: "6b3873000a130a027631120d44656c6574654f7074696f6e73120208071a002200",
            json: #"{"apiVersion":"v1","kind":"DeleteOptions","gracePeriodSeconds":7}"#),
    ]

    private func text(_ bytes: [UInt8]) throws(Refusal) -> String {
        String(decoding: JSON(try ProtobufBody.document(bytes)).encode(), as: UTF8.self)
    }

    @Test(arguments: recordings)
    func `a recorded body means what its command says`(recording: Recording) throws {
        #expect(try text(recording.bytes) == recording.json)
    }

    @Test(arguments: recordings)
    func `a recorded body cut off anywhere is refused or smaller`(recording: Recording) {
        let bytes = recording.bytes
        for count in 0..<bytes.count {
            do throws(Refusal) {
                let found = try text(Array(bytes.prefix(count)))
                // Only the empty encoding and type at the end may go, or the object as a whole.
                #expect(found == recording.json || found.utf8.count < recording.json.utf8.count)
            } catch {
                #expect(!error.finding.isEmpty && !error.remedy.isEmpty)
            }
        }
    }

    @Test(arguments: UInt64(0)..<32)
    func `damaged bodies are read or refused but never trap`(seed: UInt64) {
        var dice = Dice(seed: seed)
        for _ in 0..<300 {
            var bytes = Self.recordings[dice.below(Self.recordings.count)].bytes
            for _ in 0...dice.below(4) { bytes[dice.below(bytes.count)] = UInt8(dice.below(256)) }
            do throws(Refusal) {
                _ = try text(bytes)
            } catch {
                #expect(!error.finding.isEmpty, "seed \(seed)")
            }
        }
    }

    /// An envelope of short parts around an object.
    private func envelope(
        _ apiVersion: String, _ kind: String, _ object: [UInt8], encoding: String = "",
        type: String = ""
    ) -> [UInt8] {
        func part(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
            var bytes = [number << 3 | 2]
            if content.count > 127 {
                bytes += [UInt8(content.count & 127) | 128, UInt8(content.count >> 7)]
            } else {
                bytes.append(UInt8(content.count))
            }
            return bytes + content
        }
        let meta = part(1, Array(apiVersion.utf8)) + part(2, Array(kind.utf8))
        return [0x6b, 0x38, 0x73, 0] + part(1, meta) + part(2, object)
            + part(3, Array(encoding.utf8)) + part(4, Array(type.utf8))
    }

    @Test func `options of a deletion keep what is zero but given`() throws {
        let preconditions: [UInt8] = [0x12, 0x06, 0x0a, 0x01, 0x75, 0x12, 0x01, 0x39]
        let policy: [UInt8] = [0x22, 0x06] + Array("Orphan".utf8)
        let object: [UInt8] =
            [0x08, 0x00] + preconditions + [0x18, 0x00] + policy + [0x2a, 3] + Array("All".utf8)
        #expect(
            try text(envelope("policy/v1", "DeleteOptions", object))
                == #"{"apiVersion":"policy/v1","kind":"DeleteOptions","gracePeriodSeconds":0,"#
                + #""preconditions":{"uid":"u","resourceVersion":"9"},"orphanDependents":false,"#
                + #""propagationPolicy":"Orphan","dryRun":["All"]}"#)
        let eviction = [0x0a, 0x03, 0x0a, 0x01, 0x70, 0x12, 0x02, 0x08, 0x05] as [UInt8]
        #expect(
            try text(envelope("policy/v1", "Eviction", eviction))
                == #"{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"p"},"#
                + #""deleteOptions":{"gracePeriodSeconds":5}}"#)
    }

    @Test func `a node's taints and a lease's times are read`() throws {
        let taint: [UInt8] = [0x2a, 0x0a, 0x0a, 1, 0x6b, 0x12, 1, 0x76, 0x1a, 0x02, 0x4e, 0x45]
        let node = [0x12, 0x0e, 0x20, 0x01] + taint as [UInt8]
        #expect(
            try text(envelope("v1", "Node", node))
                == #"{"apiVersion":"v1","kind":"Node","spec":{"unschedulable":true,"#
                + #""taints":[{"key":"k","value":"v","effect":"NE"}]}}"#)
        let renewed: [UInt8] = [0x22, 0x06, 0x08, 0x80, 0xe2, 0xcf, 0xaa, 0x06]
        let lease = [0x12, 0x0d, 0x0a, 0x01, 0x6d, 0x10, 0x0f] + renewed as [UInt8]
        #expect(
            try text(envelope("coordination.k8s.io/v1", "Lease", lease))
                == #"{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","spec":{"#
                + #""holderIdentity":"m","leaseDurationSeconds":15,"#
                + #""renewTime":"2023-11-14T22:13:20.000000Z"}}"#)
    }

    @Test func `JSON within the envelope is read as JSON`() throws {
        let object = Array(#"{"kind":"Whatever"}"#.utf8)
        #expect(
            try text(envelope("v1", "Whatever", object, type: "application/json"))
                == #"{"kind":"Whatever"}"#)
    }

    @Test func `what is not understood is answered with 415 and the way out`() {
        let bodies = [
            envelope("batch/v1", "Job", []), envelope("v2", "Namespace", []),
            envelope("v1", "ConfigMap", [], encoding: "gzip"),
            envelope("v1", "ConfigMap", [], type: "text/plain"),
            envelope("v1", "ConfigMap", [0x38, 0x01]),
        ]
        for body in bodies {
            #expect {
                try text(body)
            } throws: { error in
                (error as? Refusal)?.reason == .unsupportedMediaType
                    && (error as? Refusal)?.remedy.contains("JSON") == true
            }
        }
        #expect {
            try text(Array("{}".utf8))
        } throws: { error in
            (error as? Refusal)?.reason == .malformed
        }
    }

    @Test func `the limits of documents hold here too`() {
        var labels: [UInt8] = []
        for number in UInt8(0)..<60 {
            labels += [0x5a, 0x04, 0x0a, 0x02, 0x30 + number % 10, 0x41 + number / 10]
        }
        var object: [UInt8] = [0x0a, UInt8(labels.count & 127) | 128, UInt8(labels.count >> 7)]
        object += labels
        let body = envelope("v1", "Namespace", object)
        #expect(throws: Never.self) { try ProtobufBody.document(body) }
        #expect(throws: Refusal.self) {
            try ProtobufBody.document(body, limits: WireLimits(keys: 20))
        }
        #expect(throws: Refusal.self) {
            try ProtobufBody.document(body, limits: WireLimits(documentBytes: 100))
        }
    }
}
