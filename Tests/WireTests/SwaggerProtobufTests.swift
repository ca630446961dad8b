import Testing
import Wire

/// A field of a protobuf message as an independent reader sees it.
private enum ProtoValue {
    case number(UInt64)
    case fixed(Double)
    case bytes([UInt8])
}

/// Reads a message into its fields, trusting nothing of the writer.
private func fields(_ message: [UInt8]) -> [(number: Int, value: ProtoValue)]? {
    var at = 0
    func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while at < message.count, shift < 64 {
            let byte = message[at]
            at += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
    var found: [(number: Int, value: ProtoValue)] = []
    while at < message.count {
        guard let tag = varint() else { return nil }
        let number = Int(tag >> 3)
        switch tag & 7 {
        case 0:
            guard let value = varint() else { return nil }
            found.append((number, .number(value)))
        case 1:
            guard at + 8 <= message.count else { return nil }
            let bits = message[at..<at + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            at += 8
            found.append((number, .fixed(Double(bitPattern: bits))))
        case 2:
            guard let length = varint(), at + Int(length) <= message.count else { return nil }
            found.append((number, .bytes(Array(message[at..<at + Int(length)]))))
            at += Int(length)
        default: return nil
        }
    }
    return found
}

/// A message with its fields at hand.
private struct Proto {
    let fields: [(number: Int, value: ProtoValue)]

    init?(_ bytes: [UInt8]) {
        guard let found = WireTests.fields(bytes) else { return nil }
        fields = found
    }

    func messages(_ number: Int) -> [Proto] {
        fields.compactMap { field in
            guard field.number == number, case .bytes(let bytes) = field.value else { return nil }
            return Proto(bytes)
        }
    }

    func message(_ path: Int...) -> Proto? {
        path.reduce(Optional(self)) { $0?.messages($1).first }
    }

    func texts(_ number: Int) -> [String] {
        fields.compactMap { field in
            guard field.number == number, case .bytes(let bytes) = field.value else { return nil }
            return String(validating: bytes, as: UTF8.self)
        }
    }

    func text(_ number: Int) -> String? { texts(number).first }

    func number(_ number: Int) -> UInt64? {
        fields.compactMap { field in
            if field.number == number, case .number(let value) = field.value { value } else { nil }
        }.first
    }

    func double(_ number: Int) -> Double? {
        fields.compactMap { field in
            if field.number == number, case .fixed(let value) = field.value { value } else { nil }
        }.first
    }

    /// The value under a name, in the way that gnostic writes maps.
    func named(_ name: String, in number: Int) -> Proto? {
        messages(number).first { $0.text(1) == name }?.message(2)
    }
}

/// Goal: old clients read what version 2 says. Method: read the protobuf with a reader of its own,
/// by the field numbers of gnostic's OpenAPIv2.proto.
@Suite struct SwaggerProtobufTests {
    private let document: JSON = [
        "swagger": "2.0", "info": ["title": "Muster", "version": "1"],
        "paths": [
            "/jobs/{name}": [
                "patch": [
                    "description": "Change it", "operationId": "patchJob",
                    "consumes": ["application/merge-patch+json"], "produces": ["application/json"],
                    "parameters": [
                        [
                            "name": "body", "in": "body", "required": true,
                            "schema": ["$ref": "#/definitions/Job"],
                        ],
                        ["name": "dryRun", "in": "query", "type": "string", "description": "All"],
                    ],
                    "responses": ["200": ["description": "Done", "schema": ["type": "object"]]],
                    "x-kubernetes-action": "patch",
                    "x-kubernetes-group-version-kind": [
                        "group": "muster.dev", "kind": "Job", "version": "v1",
                    ],
                ],
                "parameters": [["name": "name", "in": "path", "required": true, "type": "string"]],
            ]
        ],
        "definitions": [
            "Job": [
                "description": "A gang", "type": "object", "required": ["roles"],
                "properties": [
                    "roles": [
                        "type": "array", "maxItems": 64, "items": ["$ref": "#/definitions/Role"],
                    ],
                    "priority": [
                        "type": "integer", "format": "int32", "maximum": 1000, "default": 100,
                    ],
                    "labels": ["type": "object", "additionalProperties": ["type": "string"]],
                    "policy": ["type": "string", "enum": ["A", "B"]],
                ],
                "x-kubernetes-group-version-kind": [
                    ["group": "muster.dev", "kind": "Job", "version": "v1"]
                ],
            ]
        ],
    ]

    @Test func `definitions come under gnostic's numbers`() throws {
        let proto = try #require(Proto(SwaggerProtobuf.encode(document)))
        #expect(proto.text(1) == "2.0")
        #expect(proto.message(2)?.text(1) == "Muster")
        let job = try #require(proto.message(9)?.named("Job", in: 1))
        #expect(job.text(4) == "A gang")
        #expect(job.texts(19) == ["roles"])
        #expect(job.message(22)?.text(1) == "object")
        let properties = try #require(job.message(25))
        let roles = try #require(properties.named("roles", in: 1))
        #expect(roles.message(22)?.text(1) == "array")
        #expect(roles.number(14) == 64)
        #expect(roles.message(23, 1)?.text(1) == "#/definitions/Role")
        let priority = try #require(properties.named("priority", in: 1))
        #expect(priority.text(2) == "int32" && priority.double(7) == 1000)
        #expect(priority.message(5)?.text(2) == "100")
        let labels = try #require(properties.named("labels", in: 1))
        #expect(labels.message(21, 1, 22)?.text(1) == "string")
        let policy = try #require(properties.named("policy", in: 1))
        #expect(policy.messages(20).map { $0.text(2) } == [#""A""#, #""B""#])
        let kind = try #require(job.named("x-kubernetes-group-version-kind", in: 31)?.text(2))
        #expect(kind == #"[{"group":"muster.dev","kind":"Job","version":"v1"}]"#)
    }

    @Test func `operations tell their kind and their parameters`() throws {
        let proto = try #require(Proto(SwaggerProtobuf.encode(document)))
        let item = try #require(proto.message(8)?.named("/jobs/{name}", in: 2))
        let name = try #require(item.message(9, 1, 2, 4))
        #expect(name.number(1) == 1 && name.text(2) == "path" && name.text(4) == "name")
        #expect(name.text(5) == "string")
        let patch = try #require(item.message(8))
        #expect(patch.text(3) == "Change it" && patch.text(5) == "patchJob")
        #expect(patch.texts(6) == ["application/json"])
        #expect(patch.texts(7) == ["application/merge-patch+json"])
        let parameters = patch.messages(8)
        #expect(parameters.count == 2)
        let body = try #require(parameters.first?.message(1, 1))
        #expect(body.text(2) == "body" && body.text(3) == "body" && body.number(4) == 1)
        #expect(body.message(5)?.text(1) == "#/definitions/Job")
        let dryRun = try #require(parameters.last?.message(1, 2, 3))
        #expect(dryRun.text(4) == "dryRun" && dryRun.text(6) == "string")
        #expect(patch.message(9)?.named("200", in: 1)?.message(1)?.text(1) == "Done")
        #expect(patch.named("x-kubernetes-action", in: 13)?.text(2) == #""patch""#)
    }
}
