import Glibc
import Host
import Primitives

/// Names for jobs that were given none, and paths as the caller means them.
enum JobNames {
    /// Room is left for the suffix and for the `-<role>-<index>` of the pods.
    private static let longestStem = 40

    /// A lower-case name from any text: `Train Net.sh` gives `train-net`.
    static func stem(_ text: String) -> String {
        var name = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                name.append(Character(Unicode.Scalar(byte)))
            case UInt8(ascii: "A")...UInt8(ascii: "Z"):
                name.append(Character(Unicode.Scalar(byte | 0x20)))
            default:
                if !name.isEmpty, !name.hasSuffix("-") { name += "-" }
            }
            if name.count == longestStem { break }
        }
        while name.hasSuffix("-") { name.removeLast() }
        return name.isEmpty ? "job" : name
    }

    /// The stem of a file's name, without its folder and ending.
    static func stem(ofPath path: String) -> String {
        let file = path.split(separator: "/").last ?? "job"
        let parts = file.split(separator: ".", omittingEmptySubsequences: true)
        return stem(parts.count > 1 ? parts.dropLast().joined(separator: ".") : String(file))
    }

    /// The stem with five random letters: the same script may be submitted many times.
    static func unique(_ stem: String) throws(Refusal) -> String {
        let letters = Array("bcdfghjklmnpqrstvwxz23456789".utf8)
        do throws(SystemError) {
            var dice = Dice(seed: try Entropy.word())
            let suffix = (0..<5).map { _ in letters[dice.below(letters.count)] }
            return "\(stem)-\(String(decoding: suffix, as: UTF8.self))"
        } catch {
            throw error.refusal(remedy: "Give --name")
        }
    }
}

extension JobRequest {
    /// A path from the root; relative ones count from where the caller stands.
    static func absolute(_ path: String, field: String) throws(Refusal) -> String {
        if path.hasPrefix("/") { return path }
        guard let folder = getcwd(nil, 0) else {
            throw Refusal(
                .notFound, field: field, finding: "the current directory is gone",
                remedy: "Give a path that starts with /")
        }
        defer { free(folder) }
        let here = String(cString: folder)
        return path == "." ? here : "\(here)/\(path)"
    }
}
