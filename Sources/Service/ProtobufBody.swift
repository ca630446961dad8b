import Primitives
import Wire

/// Bodies in Kubernetes' protobuf envelope, turned into the documents that JSON would have made.
///
/// The envelope is four bytes and a message of the kind, the encoded object and its media type.
enum ProtobufBody {
    static let mediaType = "application/vnd.kubernetes.protobuf"

    private static let magic: [UInt8] = [0x6b, 0x38, 0x73, 0x00]

    private struct Envelope {
        var apiVersion = ""
        var kind = ""
        var object = 0..<0
        var encoding = ""
        var type = ""
    }

    /// The object in the envelope, with `apiVersion` and `kind` at its head.
    static func document(
        _ bytes: [UInt8], limits: WireLimits = .request
    ) throws(Refusal) -> Document {
        guard bytes.count <= limits.documentBytes else {
            throw Refusal(
                .tooLarge, finding: "the document is longer than \(limits.documentBytes) bytes",
                remedy: "Send less at once")
        }
        guard bytes.starts(with: magic) else {
            throw Refusal(
                .malformed, finding: "the body is not in the protobuf envelope of Kubernetes",
                remedy: "Send the object as JSON")
        }
        let envelope = try open(bytes)
        guard envelope.encoding.isEmpty else {
            throw unsupported("the content encoding \"\(envelope.encoding.prefix(40))\"")
        }
        switch envelope.type {
        case "", mediaType: break
        case "application/json":
            return try Document(json: Array(bytes[envelope.object]), limits: limits)
        default: throw unsupported("an object of type \"\(envelope.type.prefix(80))\"")
        }
        guard
            let message = ProtobufKinds.message(
                kind: envelope.kind, apiVersion: envelope.apiVersion)
        else {
            throw unsupported(
                "\(envelope.kind.prefix(80)) of \(envelope.apiVersion.prefix(80))")
        }
        let object = try message.json(Array(bytes[envelope.object]))
        let head = [
            JSON.Member("apiVersion", .string(envelope.apiVersion)),
            JSON.Member("kind", .string(envelope.kind)),
        ]
        return try Document(.object(head + object.members), limits: limits)
    }

    private static func open(_ bytes: [UInt8]) throws(Refusal) -> Envelope {
        var envelope = Envelope()
        var reader = ProtobufReader(bytes, part: magic.count..<bytes.count)
        while let field = try reader.next() {
            guard case .bytes(let part) = field.value else { continue }
            switch field.number {
            case 1:
                let type = try typeMeta.json(Array(bytes[part]))
                envelope.apiVersion = type["apiVersion"]?.string ?? ""
                envelope.kind = type["kind"]?.string ?? ""
            case 2: envelope.object = part
            case 3: envelope.encoding = String(decoding: bytes[part], as: UTF8.self)
            case 4: envelope.type = String(decoding: bytes[part], as: UTF8.self)
            default: break
            }
        }
        return envelope
    }

    private static let typeMeta = ProtobufMessage([.init(1, "apiVersion"), .init(2, "kind")])

    private static func unsupported(_ what: String) -> Refusal {
        Refusal(
            .unsupportedMediaType, field: "Content-Type",
            finding: "\(what) is not understood in protobuf here",
            remedy: "Send it as JSON: put it in a file and use create -f or apply -f")
    }
}
