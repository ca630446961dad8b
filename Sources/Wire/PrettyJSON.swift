/// JSON over many lines, two blanks a level, as people read it.
public enum PrettyJSON {
    /// The tree, ending in a line break.
    public static func text(_ tree: JSON) -> String {
        var out = ""
        write(tree, level: 0, &out)
        return out + "\n"
    }

    private static func write(_ tree: JSON, level: Int, _ out: inout String) {
        switch tree {
        case .array(let elements) where !elements.isEmpty:
            out += "[\n"
            for (place, element) in elements.enumerated() {
                indent(level + 1, &out)
                write(element, level: level + 1, &out)
                out += place + 1 < elements.count ? ",\n" : "\n"
            }
            indent(level, &out)
            out += "]"
        case .object(let members) where !members.isEmpty:
            out += "{\n"
            for (place, member) in members.enumerated() {
                indent(level + 1, &out)
                scalar(.string(member.key), &out)
                out += ": "
                write(member.value, level: level + 1, &out)
                out += place + 1 < members.count ? ",\n" : "\n"
            }
            indent(level, &out)
            out += "}"
        case .null, .bool, .number, .string, .array, .object: scalar(tree, &out)
        }
    }

    private static func scalar(_ tree: JSON, _ out: inout String) {
        out += String(decoding: tree.encode(), as: UTF8.self)
    }

    private static func indent(_ level: Int, _ out: inout String) {
        out += String(repeating: "  ", count: level)
    }
}
