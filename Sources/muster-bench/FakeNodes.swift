import Glibc
import HTTP
import Host
import Network
import Primitives
import Resources
import Wire

/// Registers machines that run nothing and stay connected until the process is ended.
func registerNodes(_ options: Options, _ target: Target) throws(Refusal) {
    let wanted = options.number("--nodes", or: 1_000)
    let reactor = try Reactor()
    let crowd = Crowd(reactor: reactor, wanted: wanted, target: target)
    crowd.connect()
    reactor.run()
}

/// Agents that only say hello and beat; owned by the reactor's thread.
private final class Crowd {
    private let reactor: Reactor
    private let wanted: Int
    private let target: Target
    private var sockets: [WebSocket] = []

    init(reactor: Reactor, wanted: Int, target: Target) {
        self.reactor = reactor
        self.wanted = wanted
        self.target = target
    }

    func connect() {
        guard sockets.count < wanted else {
            say("\(wanted) nodes are registered")
            return beat()
        }
        reactor.connectWebSocket(
            to: target.endpoint, tls: target.tls, path: AgentProtocol.path,
            headers: target.headers, subprotocols: [AgentProtocol.subprotocol]
        ) { [self] result in
            switch result {
            case .success(let socket):
                var message = AgentMessage()
                message.hello = AgentHello(
                    name: "fake-\(sockets.count)", bootID: "fake", version: "bench",
                    address: "127.0.0.1", hostName: "fake", cpuMilli: 64_000,
                    memoryBytes: 1 << 40, gpus: 8, gpuModel: "H100")
                socket.send(text: String(decoding: WireEncoder.encode(message), as: UTF8.self))
                socket.onMessage { _ in }
                sockets.append(socket)
                connect()
            case .failure(let refusal):
                say("error: \(refusal)")
                exit(1)
            }
        }
    }

    private func beat() {
        var message = AgentMessage()
        message.heartbeat = true
        let text = String(decoding: WireEncoder.encode(message), as: UTF8.self)
        for socket in sockets { socket.send(text: text) }
        _ = reactor.after(milliseconds: 5_000) { [self] in beat() }
    }
}
