public import HTTP
public import Primitives

final class Channel { 
  let reactor: Reactor; var slot: UInt32 = 0
  var unsentBytes: Int { 0 }
  func close() {}
  init(r: Reactor) { reactor = r }
}
final class HTTPConnection {
  var channel: Channel
  var serial: UInt64 = 0
  var principal: AnyObject?
  var drainedWork: (() -> Void)?
  var closedWork: (() -> Void)?
  init(c: Channel) { channel = c }
  func reply(_ status: Int, _ headers: Headers, parts: [[UInt8]], mayCompress: Bool) {}
  func begin(_ status: Int, _ headers: Headers) {}
  func send(_ bytes: [UInt8]) {}
  func finish() {}
  func upgrade(subprotocol: String?) -> WebSocket? { nil }
}
/// A WebSocket in a reactor, on either side. Reactor thread only.
public final class WebSocket {
  public enum Message: Sendable, Hashable { case text(String), binary([UInt8]) }
  public var isOpen: Bool { false }
  public var subprotocol: String? { nil }
  public var unsentBytes: Int { 0 }
  public func send(text: String) {}
  public func send(binary: [UInt8]) {}
  public func onMessage(_ work: @escaping (Message) -> Void) {}
  /// Called once, with the peer's close code or 1006 where it went without one.
  public func onClosed(_ work: @escaping (UInt16) -> Void) {}
  public func onDrained(_ work: @escaping () -> Void) {}
  public func close(_ code: UInt16 = 1000) {}
}
public struct NetworkLimits: Sendable {
  public var headMilliseconds: Int64 = 10_000
  public var bodyMilliseconds: Int64 = 30_000
  public var idleMilliseconds: Int64 = 60_000
  public var handshakeMilliseconds: Int64 = 10_000
  public var stallMilliseconds: Int64 = 20_000
  public var connections = 4096
  public var connectionsPerAddress = 256
  public var isLoopbackExempt = true
  public var requestsPerConnection = 10_000
  public var messageBytes = 1 << 20
  public init() {}
}
public struct TimerID: Hashable, Sendable { let number: UInt64 }
public struct WatchID: Hashable, Sendable { let number: UInt64 }
/// What a watched descriptor is ready for.
public struct Readiness: OptionSet, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let readable = Readiness(rawValue: 1)
  public static let writable = Readiness(rawValue: 2)
  public static let hangup = Readiness(rawValue: 4)
}
/// One epoll loop on one thread; only `post`, `wake` and `stop` may be called from other threads.
public final class Reactor: @unchecked Sendable {
  public init(limits: NetworkLimits = NetworkLimits()) throws(Refusal) {}
  /// Serves HTTPS; returns the real port, which matters where 0 was asked for.
  public func listen(host: String, port: UInt16, tls: TLSContext, handler: any RequestHandler) throws(Refusal) -> UInt16 { 0 }
  /// Serves plain HTTP on a Unix socket of mode 0600.
  public func listen(unix path: String, handler: any RequestHandler) throws(Refusal) {}
  /// Serves plain HTTP on loopback, for tests and measurements only.
  public func listenInPlainText(port: UInt16, handler: any RequestHandler) throws(Refusal) -> UInt16 { 0 }
  public func run() {}
  public func post(_ work: @escaping @Sendable () -> Void) {}
  public func wake() {}
  /// Stops accepting, finishes answers in flight, ends streams, closes; `run` then returns.
  public func stop(withinMilliseconds: Int64 = 5000) {}
  public func exchange(_ id: ExchangeID) -> Exchange? { nil }
  public func after(milliseconds: Int64, _ work: @escaping () -> Void) -> TimerID { TimerID(number: 0) }
  public func cancel(_ timer: TimerID) {}
  public func watch(descriptor: Int32, for: Readiness, _ work: @escaping (Readiness) -> Void) throws(Refusal) -> WatchID { WatchID(number: 0) }
  public func unwatch(_ watch: WatchID) {}
  /// Connects a WebSocket from inside this reactor; the outcome arrives on its thread.
  public func connectWebSocket(to endpoint: Endpoint, tls: TLSContext?, path: String, headers: Headers, subprotocols: [String], withinMilliseconds: Int64, _ outcome: @escaping (Result<WebSocket, Refusal>) -> Void) {}
  public var connectionCount: Int { 0 }
  /// Monotonic milliseconds as of this loop turn.
  public var now: Int64 { 0 }
}
/// Where a client connects to.
public enum Endpoint: Hashable, Sendable { case unix(path: String), tls(host: String, port: UInt16), plain(port: UInt16) }
public final class TLSContext: @unchecked Sendable {
  public static func server(certificate: String, key: String) throws(Refusal) -> TLSContext { TLSContext() }
  /// Trusts only the given CA file (or the system's when nil); a client certificate is optional.
  public static func client(authority: String?, certificate: String? = nil, key: String? = nil) throws(Refusal) -> TLSContext { TLSContext() }
  public func reload() throws(Refusal) {}
}
public struct Certificates {
  public let authorityPath: String, certificatePath: String, keyPath: String
  /// Makes what is missing under the folder: ca.pem, ca.key, server.pem, server.key.
  public static func prepare(in folder: String, names: [String], addresses: [String]) throws(Refusal) -> Certificates { Certificates(authorityPath: "", certificatePath: "", keyPath: "") }
  /// When the first certificate in the file ends, in seconds since the epoch.
  public static func expiry(of path: String) throws(Refusal) -> Int64 { 0 }
}
/// One blocking keep-alive connection, for command lines; not thread-safe.
public final class ClientConnection {
  public struct Answer: Sendable { public let status: Int; public let headers: Headers; public let body: [UInt8] }
  public init(to endpoint: Endpoint, tls: TLSContext?, connectMilliseconds: Int64 = 10_000, answerMilliseconds: Int64 = 60_000) {}
  /// Sends one request and reads the whole answer.
  public func send(_ method: Method, _ target: String, headers: Headers = Headers(), body: [UInt8] = []) throws(Refusal) -> Answer { Answer(status: 0, headers: Headers(), body: []) }
  /// The same, but hands over body pieces as they come while `onBytes` returns true (logs, watches); no answer timeout once the head came.
  public func stream(_ method: Method, _ target: String, headers: Headers = Headers(), body: [UInt8] = [], onHead: (Answer) -> Bool, onBytes: ([UInt8]) -> Bool) throws(Refusal) -> Answer { Answer(status: 0, headers: Headers(), body: []) }
  public func close() {}
}
/// Writing to a closed peer becomes an error of the call instead of the end of the process.
public func ignoreBrokenPipes() {}
