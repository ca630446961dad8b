import Glibc
import Host
import Network
public import Primitives
import Resources
public import Wire

/// Everything that an agent is told when it starts; what is nil is found out on the machine.
public struct AgentOptions: Sendable {
    /// The controller's address, such as `https://head:8443`; `wss` means the same.
    public var server: String
    /// The bearer token that lets agents in; see ``readToken(_:)``.
    public var token: String
    /// PEM file of the CA that signed the controller's certificate; the system's where nil.
    public var authorityPath: String?
    /// Absolute; made with mode 0700 where it is missing.
    public var dataDirectory: String
    /// The node's name in the cluster.
    public var name: String?
    /// Where ranks on other machines reach this one.
    public var address: String?
    public var cpuMilli: Int64?
    public var memoryBytes: Int64?
    /// Declared devices; counted on the PCI bus where nil.
    public var gpus: Int?
    public var gpuModel: String?
    public var labels: StringMap = [:]
    /// The program's own version, as the controller shows it.
    public var version = "dev"
    /// Absolute path of `muster-step`; beside the running program where nil.
    public var stepPath: String?

    public init(server: String, token: String, dataDirectory: String) {
        self.server = server
        self.token = token
        self.dataDirectory = dataDirectory
    }

    /// Reads a token from a file that only its owner can read.
    public static func readToken(_ path: String) throws(Refusal) -> String {
        let remedy = "Give a file of mode 0600 that holds the token and nothing else"
        let text: String
        do throws(SystemError) {
            let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
            let number = file.number
            var facts = stat()
            try SystemCall.run("fstat", on: path) { fstat(number, &facts) }
            guard facts.st_mode & S_IFMT == S_IFREG, facts.st_mode & 0o077 == 0,
                facts.st_uid == geteuid() || facts.st_uid == 0
            else {
                throw SystemError("open a file that others may read,", on: path, code: EACCES)
            }
            text = String(decoding: try file.read(at: 0, atMost: 4096), as: UTF8.self)
        } catch {
            throw error.refusal(field: path, remedy: remedy)
        }
        let token = text.split(whereSeparator: \.isWhitespace)
        // Anything else could not stand in a header line.
        guard token.count == 1, token[0].utf8.count < 4096,
            token[0].utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else {
            throw Refusal(
                .invalid, field: path, finding: "there is no token in the file", remedy: remedy)
        }
        return String(token[0])
    }
}

extension AgentOptions {
    /// The controller's host and port.
    func endpoint() throws(Refusal) -> Endpoint {
        let refusal = Refusal(
            .invalid, field: "server", finding: "\"\(server.prefix(80))\" is not an address",
            remedy: "Give one such as https://head:8443")
        var rest = server[...]
        guard let scheme = ["https://", "wss://"].first(where: { rest.hasPrefix($0) }) else {
            throw refusal
        }
        rest = rest.dropFirst(scheme.count)
        if rest.last == "/" { rest = rest.dropLast() }
        let host: Substring
        if rest.first == "[" {
            guard let close = rest.firstIndex(of: "]") else { throw refusal }
            host = rest[rest.index(after: rest.startIndex)..<close]
            rest = rest[rest.index(after: close)...]
        } else {
            host = rest.prefix { $0 != ":" }
            rest = rest.dropFirst(host.count)
        }
        let isPlain = host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }
        let port = rest.isEmpty ? 443 : rest.first == ":" ? UInt16(rest.dropFirst()) : nil
        guard !host.isEmpty, isPlain, let port, port > 0 else { throw refusal }
        return .tls(host: String(host), port: port)
    }

    /// What the controller is told first on every connection.
    func hello(boot: BootIdentity) throws(Refusal) -> AgentHello {
        let topology: Topology
        let hostName: String
        do throws(SystemError) {
            topology = try Topology.discover()
            hostName = try HostName.current()
        } catch {
            throw error.refusal(remedy: "Look whether /sys and /proc are mounted")
        }
        let name = name ?? hostName.lowercased()
        try Naming.check(name, field: "name")
        try Naming.check(labels: labels, field: "labels")
        try checkNumbers()
        var ownAddress = address
        if ownAddress == nil { ownAddress = try routeAddress() }
        let (cpus, isTooMany) = Int64(topology.units.count).multipliedReportingOverflow(by: 1000)
        var hello = AgentHello(
            name: name, bootID: boot.text, version: version,
            address: ownAddress ?? hostName, hostName: hostName,
            cpuMilli: cpuMilli ?? (isTooMany ? .max : cpus),
            memoryBytes: memoryBytes ?? topology.memoryBytes,
            gpus: gpus ?? topology.accelerators.count,
            gpuModel: gpuModel ?? topology.accelerators.first?.model ?? "", labels: labels)
        hello.topology = NodeTopology(
            packages: topology.packages, numaNodes: topology.numaNodes.count,
            cores: topology.cores, threads: topology.units.count)
        let system = SystemFacts.current()
        hello.system = NodeSystem(
            architecture: system.architecture, kernel: system.kernel,
            distribution: system.distribution, machineID: system.machineID)
        return hello
    }

    private func checkNumbers() throws(Refusal) {
        let numbers: [(String, Int64?)] = [
            ("cpuMilli", cpuMilli), ("memoryBytes", memoryBytes), ("gpus", gpus.map { Int64($0) }),
        ]
        for (field, number) in numbers {
            guard let number, number < 0 else { continue }
            throw Refusal(
                .invalid, field: field, finding: "\(number) is negative",
                remedy: "Leave it out to have it counted, or give what the machine has")
        }
        guard (gpus ?? 0) <= 1024 else {
            throw Refusal(
                .invalid, field: "gpus", finding: "\(gpus ?? 0) devices in one machine",
                remedy: "Give at most 1024")
        }
    }

    /// Our own address on the way to the controller; nil where there is no way yet.
    private func routeAddress() throws(Refusal) -> String? {
        guard case .tls(let host, let port) = try endpoint() else { return nil }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0, let first = list else {
            return nil
        }
        defer { freeaddrinfo(list) }
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        let number = socket(first.pointee.ai_family, kind, 0)
        guard number >= 0 else { return nil }
        let probe = Descriptor(owning: number)
        // Connecting a datagram socket sends nothing: it only picks the way.
        guard connect(probe.number, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 else {
            return nil
        }
        var own = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let code = withUnsafeMutablePointer(to: &own) { storage in
            // The storage is large enough for, and aligned as, every socket address.
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard getsockname(probe.number, address, &length) == 0 else { return Int32(-1) }
                return getnameinfo(
                    address, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            }
        }
        guard code == 0 else { return nil }
        return String(
            decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
