/// Where a client connects to.
public enum Endpoint: Hashable, Sendable, CustomStringConvertible {
    case unix(path: String)
    case tls(host: String, port: UInt16)
    /// Plain HTTP on 127.0.0.1, for tests and measurements only.
    case plain(port: UInt16)

    public var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .tls(let host, let port): "https://\(authority(host, port))"
        case .plain(let port): "http://127.0.0.1:\(port)"
        }
    }

    /// The value of the Host field.
    var hostField: String {
        switch self {
        case .unix: "localhost"
        case .tls(let host, let port): authority(host, port)
        case .plain(let port): "127.0.0.1:\(port)"
        }
    }

    private func authority(_ host: String, _ port: UInt16) -> String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
