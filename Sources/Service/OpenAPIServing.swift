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
        let tag = "\"\(page.hash)\""
        let isNamed = call.query["hash"] == page.hash
        var headers = Headers([("ETag", tag), ("Vary", "Accept, Accept-Encoding")])
        headers.append(
            "Cache-Control",
            isNamed ? "public, max-age=31536000, immutable" : "no-cache, private")
        let known = call.request.head.headers.all("if-none-match").joined(separator: ",")
        let isKnown =
            known == "*"
            || known.split(separator: ",").contains {
                $0.drop { $0 == " " }.hasPrefix(tag) || $0.contains("W/\(tag)")
            }
        guard !isKnown else { return call.exchange.reply(304, headers) }
        headers.append("Content-Type", type)
        call.exchange.reply(200, headers, body: page.body)
    }
}
