public import Primitives
public import Wire

/// Names, labels and annotations, checked at the door.
public enum Naming {
    public static let lengthMax = 63
    public static let annotationBytesMax = 256 * 1024
    public static let labelsMax = 256
    /// Characters that are put behind a `generateName`.
    static let suffixLength = 5

    /// Refuses what is not `[a-z0-9]([a-z0-9.-]*[a-z0-9])?` of at most 63 characters.
    public static func check(_ name: String, field: String) throws(Refusal) {
        guard !name.isEmpty else {
            throw invalid(field, "the name is empty", "Use 1 to 63 characters, such as train-42")
        }
        guard name.utf8.count <= lengthMax else {
            throw invalid(
                field, "the name has \(name.utf8.count) characters",
                "Use at most \(lengthMax) characters")
        }
        guard isName(name) else {
            throw invalid(
                field, "\(shown(name)) is not a valid name",
                "Use a-z, 0-9, '-' and '.', with a letter or digit at both ends, such as "
                    + suggestion(for: name))
        }
    }

    /// Refuses the beginning of a name that could not begin one.
    static func check(stem: String, field: String) throws(Refusal) {
        guard stem.utf8.count + suffixLength <= lengthMax else {
            throw invalid(
                field, "the beginning of the name has \(stem.utf8.count) characters",
                "Use at most \(lengthMax - suffixLength), as \(suffixLength) are added")
        }
        guard isName(stem + "x") else {
            throw invalid(
                field, "\(shown(stem)) cannot begin a name",
                "Use a-z, 0-9, '-' and '.', such as \(suggestion(for: stem))-")
        }
    }

    private static func isName(_ name: String) -> Bool {
        let bytes = name.utf8
        guard let first = bytes.first, let last = bytes.last else { return false }
        return bytes.count <= lengthMax && isLower(first) && isLower(last)
            && bytes.allSatisfy { isLower($0) || $0 == UInt8(ascii: "-") || $0 == dot }
    }

    /// The valid name that is most like the given one.
    private static func suggestion(for name: String) -> String {
        var bytes: [UInt8] = []
        for byte in name.utf8.prefix(lengthMax) {
            let lower = isLabelByte(byte) ? byte | 0x20 : byte
            bytes.append(isLower(lower) ? lower : byte == dot ? dot : UInt8(ascii: "-"))
        }
        while let first = bytes.first, !isLower(first) { bytes.removeFirst() }
        while let last = bytes.last, !isLower(last) { bytes.removeLast() }
        let close = String(decoding: bytes, as: UTF8.self)
        return isName(close) ? close : "train-42"
    }

    static func shown(_ text: String) -> String { "\"\(text.prefix(80))\"" }
}

// MARK: Labels and annotations

extension Naming {
    /// Refuses label keys and values that selectors could not name.
    public static func check(labels: StringMap, field: String) throws(Refusal) {
        var defects = Defects()
        inspect(labels: labels, field: field, &defects)
        try defects.refuse()
    }

    static func inspect(labels: StringMap, field: String, _ defects: inout Defects) {
        guard labels.count <= labelsMax else {
            return defects.add(
                field, "there are \(labels.count) labels", "Use at most \(labelsMax) labels")
        }
        for (key, value) in labels {
            guard !isKey(key) || !isLabelValue(value) else { continue }
            let place = field.member(key)
            if !isKey(key) { defects.add(keyRefusal(key, field: place)) }
            if !isLabelValue(value) { defects.add(valueRefusal(value, field: place)) }
        }
    }

    static func inspect(annotations: StringMap, _ field: String, _ defects: inout Defects) {
        let bytes = annotations.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        if bytes > annotationBytesMax {
            defects.add(
                field, "the annotations are \(bytes) bytes long",
                "Use at most \(annotationBytesMax) bytes")
        }
        for (key, _) in annotations where !isKey(key) {
            defects.add(keyRefusal(key, field: field.member(key)))
        }
    }

    /// Finalizers that nobody could tell apart from other words, or that are there twice.
    static func inspect(finalizers: [String], _ field: String, _ defects: inout Defects) {
        guard finalizers.count <= 32 else {
            return defects.add(
                field, "there are \(finalizers.count) finalizers", "Use at most 32 finalizers")
        }
        for (index, name) in finalizers.enumerated() where !isKey(name) {
            defects.add(
                "\(field)[\(index)]", "\(shown(name)) is not a valid finalizer",
                "Use a name of your own, such as example.com/cleanup")
        }
        defects.expectDistinct(field, finalizers)
    }

    static func keyRefusal(_ key: String, field: String) -> Refusal {
        invalid(
            field, "\(shown(key)) is not a valid key",
            "Use at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both "
                + "ends, and in front of it a domain if you like, such as example.org/team")
    }

    static func valueRefusal(_ value: String, field: String) -> Refusal {
        guard value.utf8.count <= 63 else {
            return invalid(
                field, "the value has \(value.utf8.count) characters", "Use at most 63 characters")
        }
        return invalid(
            field, "\(shown(value)) is not a valid value",
            "Use letters, digits, '-', '_' and '.', with a letter or digit at both ends, or an "
                + "annotation for other text")
    }

    /// Whether a text is a key of a label, an annotation or a taint: `name` or `domain/name`.
    static func isKey(_ key: String) -> Bool {
        let parts = key.utf8.split(
            separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.last, !name.isEmpty, isWord(name) else { return false }
        guard parts.count == 2 else { return true }
        return !parts[0].isEmpty && parts[0].count <= 253 && isBetweenAlphanumerics(parts[0])
    }

    static func isLabelValue(_ value: String) -> Bool { isWord(value.utf8[...]) }

    private static func isWord(_ bytes: Substring.UTF8View) -> Bool {
        bytes.count <= 63 && (bytes.isEmpty || isBetweenAlphanumerics(bytes))
    }

    private static func isBetweenAlphanumerics(_ bytes: Substring.UTF8View) -> Bool {
        guard let first = bytes.first, let last = bytes.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last) && bytes.allSatisfy(isLabelByte)
    }

    private static var dot: UInt8 { UInt8(ascii: ".") }

    private static func isLower(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || isNumeral(byte)
    }

    private static func isNumeral(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLower(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            || byte == dot
    }
}

func invalid(_ field: String, _ finding: String, _ remedy: String) -> Refusal {
    Refusal(.invalid, field: field, finding: finding, remedy: remedy)
}
