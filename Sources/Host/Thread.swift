import CLinux
import Glibc

/// A named system thread; join it once, or let go of it and it runs on alone.
public final class Thread: Sendable {
    private let handle: pthread_t
    private let isJoined = Lock(false)

    private init(handle: pthread_t) { self.handle = handle }

    deinit {
        if !isJoined.withLock({ $0 }) { pthread_detach(handle) }
    }

    /// Starts a thread; a stack of zero bytes means the system's default.
    ///
    /// `body` must not be isolated to the main actor: form it in a nonisolated function, since a
    /// closure from top-level code would trap on the new thread.
    public nonisolated static func spawn(
        name: String, stackBytes: Int = 0, _ body: @escaping @Sendable () -> Void
    ) throws(SystemError) -> Thread {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        if stackBytes > 0 {
            let code = pthread_attr_setstacksize(&attributes, stackBytes)
            guard code == 0 else {
                throw SystemError("pthread_attr_setstacksize", on: name, code: code)
            }
        }
        let errand = Unmanaged.passRetained(Errand(name: name, body: body))
        var handle = pthread_t()
        let code = pthread_create(
            &handle, &attributes,
            { argument in
                // The one reference that `spawn` retained for this thread.
                guard let argument else { return nil }
                let errand = Unmanaged<Errand>.fromOpaque(argument).takeRetainedValue()
                clinux_name_thread(errand.name)
                errand.body()
                return nil
            }, errand.toOpaque())
        guard code == 0 else {
            errand.release()
            throw SystemError("pthread_create", on: name, code: code)
        }
        return Thread(handle: handle)
    }

    /// Waits for the thread's end; later calls return at once.
    public func join() {
        let isFirst = isJoined.withLock { joined in
            defer { joined = true }
            return !joined
        }
        if isFirst { pthread_join(handle, nil) }
    }

    private final class Errand: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}
