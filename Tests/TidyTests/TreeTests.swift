import Testing

/// Goal: the tree keeps the rules. Method: every rule reads every file; a finding is a failure.
@Suite struct TreeTests {
    private static let manifest = Manifest(Repository.text("Package.swift"))

    private func hold(_ rules: [Rule]) {
        for finding in Repository.files.flatMap({ file in rules.flatMap { $0(file) } }) {
            Issue.record("\(finding)")
        }
    }

    @Test func `the repository is found where it should be`() {
        let paths = Set(Repository.files.map(\.path))
        #expect(paths.contains("Package.swift"))
        #expect(paths.contains("Sources/Primitives/Lookup.swift"))
        #expect(paths.contains("Scripts/check"))
        #expect(Self.manifest.targets.count > 20)
    }

    @Test func `every import points to a lower layer and is declared`() {
        hold([Imports.rule(Self.manifest)])
    }

    @Test func `the manifest declares no dependency upwards`() { hold([Imports.manifestRule]) }

    @Test func `the pure layers know no clock, chance, thread, hash order or raw memory`() {
        hold([Purity.rule])
    }

    @Test func `nobody hides failures, leaves marks or escapes without an owner`() {
        hold(Conduct.rules)
    }

    @Test func `files, functions, lines and scripts fit a reader`() { hold(Size.rules) }

    @Test func `no file knows the machine it was written on`() { hold([Place.rule]) }

    @Test func `the owners' table names files that exist`() {
        let paths = Set(Repository.files.map(\.path))
        for path in Conduct.owned.keys {
            #expect(paths.contains(path), "take it out of the table")
        }
    }
}
