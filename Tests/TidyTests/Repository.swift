import Foundation

/// The repository that these tests were built from, as text files.
enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Every text file but what is built, run or kept by the version control.
    static let files: [File] = {
        let left: Set<String> = [".build", ".git", ".muster", "__pycache__"]
        var found: [File] = []
        var folders = [""]
        while let folder = folders.popLast() {
            let names = contents(of: folder).filter { !left.contains($0) }
            for name in names {
                let path = folder.isEmpty ? name : "\(folder)/\(name)"
                let place = root.appending(path: path)
                if isFolder(place) {
                    folders.append(path)
                } else if let bytes = try? Data(contentsOf: place), !bytes.contains(0),
                    let text = String(data: bytes, encoding: .utf8)
                {
                    found.append(File(path: path, text: text))
                }
            }
        }
        return found.sorted { $0.path < $1.path }
    }()

    static func text(_ path: String) -> String {
        files.first { $0.path == path }?.text ?? ""
    }

    private static func contents(of folder: String) -> [String] {
        let place = folder.isEmpty ? root : root.appending(path: folder)
        return (try? FileManager.default.contentsOfDirectory(atPath: place.path())) ?? []
    }

    private static func isFolder(_ place: URL) -> Bool {
        (try? place.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory ?? false
    }
}
