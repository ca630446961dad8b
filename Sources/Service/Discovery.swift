import HTTP
import Network
import Resources
import Wire

/// What clients ask first: groups, versions and kinds. Written once, from the table of kinds.
struct Discovery: Sendable {
    /// The release; the Kubernetes level whose conventions are followed stands beside it.
    static let release = "0.1.0"

    /// One document with the headers that go with it.
    struct Page: Sendable {
        let body: [UInt8]
        let headers: Headers
        let tag: String

        init(_ body: [UInt8], type: String) {
            self.body = body
            tag = "\"\(SecureDigest.sha256(body).prefix(32))\""
            // Kept by clients, but never used without asking whether it still holds.
            headers = Headers([
                ("Content-Type", type), ("ETag", tag), ("Vary", "Accept"),
                ("Cache-Control", "no-cache, private"),
            ])
        }
    }

    /// Which form of `/api` and `/apis` a client takes.
    enum Form: Hashable, CaseIterable {
        case plain, aggregatedV2, aggregatedV2Beta1

        var apiVersion: String {
            switch self {
            case .plain: "v1"
            case .aggregatedV2: "apidiscovery.k8s.io/v2"
            case .aggregatedV2Beta1: "apidiscovery.k8s.io/v2beta1"
            }
        }

        var mediaType: String {
            switch self {
            case .plain: "application/json"
            case .aggregatedV2: Self.aggregated("v2")
            case .aggregatedV2Beta1: Self.aggregated("v2beta1")
            }
        }

        private static func aggregated(_ version: String) -> String {
            "application/json;g=apidiscovery.k8s.io;v=\(version);as=APIGroupDiscoveryList"
        }

        /// The first form in the Accept header that is offered; plain where there is none.
        init(accept: String?) {
            for clause in (accept ?? "").split(separator: ",") {
                let words = clause.split(separator: ";").map { word in
                    String(word.filter { $0 != " " && $0 != "\t" })
                }
                switch words.first {
                case "application/json":
                    let form = Self.form(words.dropFirst())
                    guard let form else { continue }
                    self = form
                    return
                case "application/*", "*/*":
                    self = .plain
                    return
                default: continue
                }
            }
            self = .plain
        }

        /// What the parameters of JSON ask for; nil where that is not offered.
        private static func form(_ parameters: ArraySlice<String>) -> Form? {
            func value(_ name: String) -> String? {
                parameters.first { $0.hasPrefix("\(name)=") }.map {
                    String($0.dropFirst(name.count + 1))
                }
            }
            guard let kind = value("as") else { return .plain }
            guard kind == "APIGroupDiscoveryList", value("g") == "apidiscovery.k8s.io" else {
                return nil
            }
            switch value("v") {
            case "v2": return .aggregatedV2
            case "v2beta1": return .aggregatedV2Beta1
            default: return nil
            }
        }
    }

    private let core: [Form: Page]
    private let groups: [Form: Page]
    private let group: [String: Page]
    private let resources: [String: Page]

    init() {
        var core: [Form: Page] = [:]
        var groups: [Form: Page] = [:]
        for form in Form.allCases {
            let isPlain = form == .plain
            core[form] = Page(
                isPlain ? PlainDiscovery.coreVersions() : AggregatedDiscovery.core(form.apiVersion),
                type: form.mediaType)
            groups[form] = Page(
                isPlain ? PlainDiscovery.groups() : AggregatedDiscovery.named(form.apiVersion),
                type: form.mediaType)
        }
        self.core = core
        self.groups = groups
        var group: [String: Page] = [:]
        var resources: [String: Page] = [:]
        for found in KindWords.groups {
            if !found.name.isEmpty {
                group[found.name] = Page(
                    PlainDiscovery.group(found, isWhole: true), type: Form.plain.mediaType)
            }
            for version in found.versions {
                resources[version] = Page(
                    PlainDiscovery.resources(of: version), type: Form.plain.mediaType)
            }
        }
        self.group = group
        self.resources = resources
    }

    /// The document for an endpoint of discovery, in the form that the client takes.
    func page(_ endpoint: Endpoint, accept: String?) -> Page? {
        switch endpoint {
        case .coreVersions: core[Form(accept: accept)]
        case .groups: groups[Form(accept: accept)]
        case .group(let name): group[name]
        case .resourceList(let version): resources[version]
        default: nil
        }
    }

    static func version() -> [UInt8] {
        var json = JSONWriter()
        json.openObject()
        json.member("major", "1")
        json.member("minor", "32")
        json.member("gitVersion", "v1.32.0+muster-\(release)")
        json.member("platform", "linux/amd64")
        // Typed clients take a version only with all of these; there is no Go here to tell of.
        for name in ["gitCommit", "gitTreeState", "buildDate", "goVersion"] {
            json.member(name, "")
        }
        json.member("compiler", "swift")
        json.member("muster", release)
        json.closeObject()
        return json.bytes
    }
}

extension JSONWriter {
    /// A member that is a list of words.
    mutating func member(_ name: String, _ words: [String]) {
        key(name)
        openArray()
        for word in words { string(word) }
        closeArray()
    }
}

extension Server {
    /// Answers from what is written already; a client that has it is told so in a line.
    func discover(_ call: Call) {
        let headers = call.request.head.headers
        guard let page = discovery.page(call.endpoint, accept: headers["accept"]) else {
            preconditionFailure("every endpoint of discovery has its page")
        }
        if headers.lists(page.tag, in: "if-none-match") {
            call.exchange.reply(304, page.headers)
        } else {
            call.exchange.reply(200, page.headers, body: page.body)
        }
    }
}
