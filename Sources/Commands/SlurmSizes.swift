import Primitives

/// Memory and GPU requests in Slurm's spellings.
enum SlurmSizes {
    /// Kibibytes of `500`, `16G` or `1024MB`; a bare number counts mebibytes.
    static func kibibytes(_ text: String, field: String) throws(Refusal) -> Int64 {
        var digits = Substring(text)
        var factor: Int64 = 1024
        if let last = digits.last, last == "B" || last == "b" { digits = digits.dropLast() }
        if let unit = digits.last, unit.isLetter {
            switch unit {
            case "K", "k": factor = 1
            case "M", "m": factor = 1024
            case "G", "g": factor = 1 << 20
            case "T", "t": factor = 1 << 30
            default: throw refusal(text, field)
            }
            digits = digits.dropLast()
        }
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int64(digits), number <= Int64.max / factor
        else { throw refusal(text, field) }
        return number * factor
    }

    /// A quantity for the API, in the largest unit that divides it.
    static func quantity(kibibytes: Int64) -> String {
        if kibibytes % (1 << 20) == 0 { return "\(kibibytes >> 20)Gi" }
        if kibibytes % 1024 == 0 { return "\(kibibytes >> 10)Mi" }
        return "\(kibibytes)Ki"
    }

    private static func refusal(_ text: String, _ field: String) -> Refusal {
        Refusal(
            .malformed, field: field, finding: "\"\(text.prefix(60))\" is not an amount of memory",
            remedy: "Write mebibytes, or a number with K, M, G or T, such as 16G")
    }

    /// A number of GPUs and perhaps their model.
    struct GPUs: Hashable, Sendable {
        var count: Int
        var model: String?
    }

    /// Reads `4` or `h100:4`, as `--gpus` and its kin have it.
    static func gpus(_ text: String, field: String) throws(Refusal) -> GPUs {
        guard !text.contains(",") else {
            throw Refusal(
                .malformed, field: field, finding: "\"\(text.prefix(60))\" mixes GPU models",
                remedy: "Ask for one model, or list several in #MUSTER gpuModels=a,b")
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let number = parts.last,
            let count = count(number)
        else { throw gpuRefusal(text, field) }
        guard parts.count == 2 else { return GPUs(count: count) }
        guard !parts[0].isEmpty else { throw gpuRefusal(text, field) }
        return GPUs(count: count, model: String(parts[0]))
    }

    /// Reads `gpu`, `gpu:2`, `gpu:h100` or `gpu:h100:4(S:0-1)`; nil where no GPU is in the list.
    static func gres(
        _ text: String, field: String, onOther: (String) -> Void
    ) throws(Refusal) -> GPUs? {
        var found: GPUs?
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            // The sockets in parentheses are a hint about placement, which is ours to decide.
            let item = part.prefix { $0 != "(" }
            var words = item.split(separator: ":", omittingEmptySubsequences: false)
            if words.first == "gres" { words.removeFirst() }
            guard words.first == "gpu" else {
                onOther(String(part))
                continue
            }
            guard found == nil else { throw gpuRefusal(text, field) }
            switch words.count {
            case 1: found = GPUs(count: 1)
            case 2:
                found =
                    count(words[1]).map { GPUs(count: $0) }
                    ?? GPUs(count: 1, model: String(words[1]))
            case 3:
                guard let count = count(words[2]) else { throw gpuRefusal(text, field) }
                found = GPUs(count: count, model: String(words[1]))
            default: throw gpuRefusal(text, field)
            }
            if found?.model?.isEmpty ?? false { throw gpuRefusal(text, field) }
        }
        return found
    }

    static func count(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.count <= 7,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(text)
    }

    private static func gpuRefusal(_ text: String, _ field: String) -> Refusal {
        Refusal(
            .malformed, field: field, finding: "\"\(text.prefix(60))\" is not a number of GPUs",
            remedy: field == "--gres" ? "Write gpu:4 or gpu:h100:4" : "Write 4 or h100:4")
    }
}
