import HTTP
import Network
import Primitives

// Published documents as answers: written once, kept by clients for as long as they like.

extension Server {
    private static let prefix = "/openapi/v3/"

    /// The list of the documents of version 3.
    func answerOpenAPIIndex(_ call: Call) {
        answer(openAPI.index, "application/json", call)
    }

    /// The document of one group and version.
    func answerOpenAPIPage(_ call: Call) throws(Refusal) {
        let path = call.request.head.path
        var name = path.hasPrefix(Self.prefix) ? path.dropFirst(Self.prefix.count) : ""
        if name.utf8.last == UInt8(ascii: "/") { name.removeLast() }
        guard let page = openAPI.page(String(name)) else {
            throw Refusal(
                .notFound, finding: "there is no document of that name",
                remedy: "See /openapi/v3 for those there are")
        }
        answer(page, "application/json", call)
    }

    /// Everything in version 2; old clients read nothing but protobuf, and say so.
    func answerSwagger(_ call: Call) {
        let accept = call.request.head.headers.all("accept").joined(separator: ",")
        guard accept.contains("proto-openapi.spec.v2") else {
            return answer(openAPI.swagger, "application/json", call)
        }
        // With an "@", as clients ask for it, it would be no media type that they can read.
        answer(
            openAPI.swaggerProtobuf, "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
            call)
    }

    private func answer(_ page: OpenAPIPage, _ type: String, _ call: Call) {
        let known = call.request.head.headers.all("if-none-match").joined(separator: ",")
        let isKnown = page.isKnown(known)
        let headers = page.headers(asked: call.query["hash"])
        guard !isKnown else { return call.exchange.reply(304, headers) }
        call.exchange.reply(200, headers.adding("Content-Type", type), body: page.body)
    }
}

extension OpenAPIPage {
    /// Whether one of the entity tags that a client has is that of this content.
    func isKnown(_ tags: String) -> Bool {
        tags.split { $0 == "," || $0 == " " }.contains {
            $0 == "*" || $0 == "\"\(hash)\"" || $0 == "W/\"\(hash)\""
        }
    }

    /// Under a name that says what it holds, an answer may be kept for ever.
    func headers(asked wanted: String?) -> Headers {
        Headers([
            ("ETag", "\"\(hash)\""), ("Vary", "Accept"),
            (
                "Cache-Control",
                wanted == hash ? "public, max-age=31536000, immutable" : "no-cache, private"
            ),
        ])
    }
}
