import Control
import Kernel
import Primitives
import Resources
import Wire

// The scale subresource: one number of an object, in the form that every autoscaler knows.

extension ObjectJSON {
    /// The object as `autoscaling/v1` Scale.
    func scale(of item: Item, _ texts: Texts?) -> [UInt8] {
        let whole = encode(item, as: texts)
        guard let document = try? Document(json: whole, limits: .trusted) else {
            return Array("{}".utf8)
        }
        return Self.scale(of: JSON(document)).encode()
    }

    private static func scale(of object: JSON) -> JSON {
        var metadata: [JSON.Member] = []
        for key in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
            if let value = object["metadata"]?[key] { metadata.append(JSON.Member(key, value)) }
        }
        return [
            "apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": .object(metadata),
            "spec": ["replicas": object["spec"]?["replicas"] ?? 0],
            "status": ["replicas": object["status"]?["replicas"] ?? 0],
        ]
    }

    /// The whole object as a change of the asked part wants it.
    func wanted(_ revision: Revision, _ current: JSON, kind: String) throws(Refusal) -> JSON {
        guard revision.part == .scale else {
            return try revision.change.made(of: current, kind: kind)
        }
        let scale = try revision.change.made(of: Self.scale(of: current), kind: "Scale")
        guard case .number(let text)? = scale["spec"]?["replicas"], let replicas = Int32(text),
            replicas >= 0
        else {
            throw Refusal(
                .invalid, field: "spec.replicas", finding: "there is no whole number of replicas",
                remedy: "Send {\"spec\":{\"replicas\":3}} with a number of 0 or more")
        }
        var object = current
        var spec = current["spec"] ?? .object([])
        spec["replicas"] = .number("\(replicas)")
        object["spec"] = spec
        return object
    }
}
