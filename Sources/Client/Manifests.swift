import Configuration
public import Primitives
public import Wire

/// Text that holds one or more objects, as YAML or as JSON.
public enum Manifests {
    /// The objects of a text, in order; empty documents are left out.
    public static func parse(_ bytes: [UInt8]) throws(Refusal) -> [JSON] {
        let first = bytes.first { $0 > 0x20 }
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
            let tree = JSON(try Document(json: bytes))
            return if case .array(let elements) = tree { elements } else { [tree] }
        }
        let limits = YAMLLimits(events: 200_000, bytes: 4 << 20)
        return try YAMLReader.documents(bytes, limits: limits).map { JSON($0) }
    }
}
