import HTTP
import Testing

/// Goal: a path finds exactly one endpoint, and queries are read strictly.
@Suite struct RoutingTests {
    private func table() -> RouteTable<String> {
        var table = RouteTable<String>()
        table.add(.get, "/", "root")
        table.add(.get, "/apis/muster.dev/v1/namespaces/{namespace}/jobs", "list")
        table.add(.post, "/apis/muster.dev/v1/namespaces/{namespace}/jobs", "create")
        table.add(.get, "/apis/muster.dev/v1/namespaces/{namespace}/jobs/{name}", "read")
        table.add(.get, "/apis/muster.dev/v1/namespaces/{namespace}/jobs/special", "special")
        table.add(.get, "/a/{x}/c", "x")
        table.add(.get, "/a/b/d", "d")
        return table
    }

    private func match(_ method: Method, _ path: String) -> String {
        switch table().match(method, path) {
        case .found(let endpoint, let captures):
            let parts = ["namespace", "name", "x"].compactMap { captures[$0] }
            return ([endpoint] + parts).joined(separator: " ")
        case .wrongMethod(let methods): return "405 \(methods.allowed)"
        case .notFound: return "404"
        case .malformed: return "400"
        }
    }

    @Test(arguments: [
        ("/", "root"), ("/apis", "404"), ("/a/b/c", "x b"), ("/a/b/d", "d"), ("/a/b/e", "404"),
        ("/apis/muster.dev/v1/namespaces/red/jobs", "list red"),
        ("/apis/muster.dev/v1/namespaces/red/jobs/", "list red"),
        ("/apis/muster.dev/v1/namespaces/red/jobs/train", "read red train"),
        ("/apis/muster.dev/v1/namespaces/red/jobs/a%20b", "read red a b"),
        ("/apis/muster.dev/v1/namespaces/red/jobs/%ff", "400"),
        ("/apis/muster.dev/v1/namespaces/red/jobs/special", "special red"),
        ("/apis/muster.dev/v1/namespaces/red/jobsx", "404"),
        ("/apis/muster.dev/v1/namespaces/red/job", "404"), ("/A/b/c", "404"),
    ])
    func `a path finds its endpoint by exact segments`(path: String, outcome: String) {
        #expect(match(.get, path) == outcome)
    }

    @Test func `a known path with another method tells what it allows`() {
        #expect(match(.delete, "/apis/muster.dev/v1/namespaces/red/jobs") == "405 GET, HEAD, POST")
        #expect(match(.head, "/apis/muster.dev/v1/namespaces/red/jobs") == "list red")
    }

    @Test func `a query is decoded in order`() throws {
        let query = try Query("a=1&b=x%20y+z&a=2&&flag&empty=")
        #expect(query["a"] == "1")
        #expect(query.all("a") == ["1", "2"])
        #expect(query["b"] == "x y z")
        #expect(query["flag"] == "")
        #expect(query["empty"] == "")
        #expect(query.firstUnknown(besides: ["a", "b", "flag"]) == "empty")
        #expect(try Query("").parameters.isEmpty)
    }

    @Test(arguments: ["a=%", "a=%2", "a=%zz", "a=%00", "%ff=1"])
    func `a broken escape in a query is refused`(raw: String) {
        #expect(throws: QueryFailure.brokenEscape) { try Query(raw) }
    }

    @Test func `numbers in a query are bounded`() throws {
        let query = try Query("a=10&b=11&c=-1&d=99999999999999999999&e=1x&f=&g=true&h=yes")
        #expect(try query.integer("a", in: 0...10) == 10)
        #expect(try query.integer("f", in: 0...10) == nil)
        #expect(try query.integer("z", in: 0...10) == nil)
        for name in ["b", "c", "d", "e"] {
            #expect(throws: QueryFailure.self) { try query.integer(name, in: 0...10) }
        }
        #expect(try query.flag("g") == true)
        #expect(throws: QueryFailure.notAFlag(name: "h")) { try query.flag("h") }
    }

    @Test func `more than 64 parameters are refused`() {
        let raw = Array(repeating: "a=1", count: 65).joined(separator: "&")
        #expect(throws: QueryFailure.tooMany) { try Query(raw) }
    }
}
