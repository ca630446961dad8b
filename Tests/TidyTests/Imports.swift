/// Who may import whom.
enum Imports {
    /// Holds the `import` lines of one file against the layers and the manifest.
    static func rule(_ manifest: Manifest) -> Rule {
        { file in
            guard file.isSwift, let target = file.target else { return [] }
            return modules(in: file.source).compactMap { module, line in
                let fault =
                    file.isTest
                    ? testFault(of: module, in: target)
                    : sourceFault(of: module, in: target, manifest)
                return fault.map { what, remedy in file.finding(line, what, remedy) }
            }
        }
    }

    /// Holds the manifest itself against the layers, so that nobody declares a way upwards.
    static func manifestRule(_ file: File) -> [Finding] {
        guard file.path == "Package.swift" else { return [] }
        return Manifest(file.text).targets.flatMap { target in
            guard Layers.number[target.name] != nil else {
                return [file.finding(target.line, "\(target.name) has no layer", giveLayer)]
            }
            return target.dependencies.filter { !Layers.allows(target.name, toImport: $0) }.map {
                file.finding(target.line, "\(target.name) may not depend on \($0)", turnRound)
            }
        }
    }

    /// The modules that a source imports, each with its line.
    static func modules(in source: SwiftText) -> [(name: String, line: Int)] {
        let tokens = source.tokens
        let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "var", "let"]
        return tokens.indices.compactMap { index in
            let token = tokens[index]
            guard token.kind == .word, token.text == "import", index + 1 < tokens.count else {
                return nil
            }
            var next = index + 1
            if kinds.contains(tokens[next].text), next + 1 < tokens.count { next += 1 }
            return (tokens[next].text, tokens[index].line)
        }
    }

    private static let giveLayer = "Give the target a layer in Tests/TidyTests/Layers.swift"
    private static let turnRound = "Turn the dependency round, or move the code to a lower layer"

    private static func sourceFault(
        of module: String, in target: String, _ manifest: Manifest
    ) -> (String, String)? {
        guard let layer = Layers.number[target] else {
            return ("\(target) has no layer", giveLayer)
        }
        guard Layers.number[module] != nil else {
            if layer >= 4, Layers.system.contains(module) { return nil }
            return ("\(target) imports \(module)", systemRemedy(module, layer: layer))
        }
        if Layers.isPure(target), Layers.number[module] == 0 {
            return ("the pure target \(target) imports the C module \(module)", moveToAdapter)
        }
        guard Layers.allows(target, toImport: module) else {
            return ("\(target) imports \(module), which is not below it", turnRound)
        }
        guard manifest.dependencies(of: target).contains(module) else {
            return ("\(target) imports \(module) undeclared", "Declare it in Package.swift")
        }
        return nil
    }

    private static func testFault(of module: String, in target: String) -> (String, String)? {
        if Layers.testing.contains(module) { return nil }
        let subject = String(target.dropLast("Tests".count))
        guard let own = Layers.number[subject], let other = Layers.number[module], other <= own
        else {
            return (
                "\(target) imports \(module), which is not at or below \(subject)",
                "Test through \(subject), or move the test to \(module)Tests"
            )
        }
        return nil
    }

    private static let moveToAdapter = "Move the code to an adapter and hand its result in"

    private static func systemRemedy(_ module: String, layer: Int) -> String {
        switch module {
        case "Foundation": "Use our own types, and Glibc from layer 4 up"
        case "Dispatch": "Start a thread and let it meet the others at a bounded mailbox"
        case _ where layer < 4: moveToAdapter
        default: "Use Glibc or our own C target; Muster has no other dependency"
        }
    }
}
