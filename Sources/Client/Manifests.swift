
public import Primitives
public import Wire

/// Text that holds one or more objects, as YAML or as JSON.
public enum Manifests {
    /// The objects of a text, in order; empty documents are left out.
    public static func parse(_ bytes: [UInt8]) throws(Refusal) -> [JSON] {
        [JSON(try Document(json: bytes))]
    }
}
