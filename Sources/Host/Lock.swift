import Glibc

/// One value that many threads share, behind a pthread mutex.
///
/// Not `Synchronization.Mutex`, whose futex ThreadSanitizer cannot see. Never call out, and never
/// take the same lock again, while holding it.
// Unchecked: the value is touched only with the mutex held, and nothing unsendable gets out.
public final class Lock<Value>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    private var value: Value

    public init(_ value: sending Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        changed = .allocate(capacity: 1)
        changed.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        let codes = [
            pthread_mutex_init(mutex, nil),
            pthread_condattr_init(&attributes),
            // Waits must not end early or late because somebody set the time of day.
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC),
            pthread_cond_init(changed, &attributes),
            pthread_condattr_destroy(&attributes),
        ]
        precondition(codes.allSatisfy { $0 == 0 }, "no mutex: \(codes)")
    }

    deinit {
        pthread_cond_destroy(changed)
        changed.deallocate()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` alone with the value.
    public func withLock<Answer: Sendable, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }

    /// Like ``withLock(_:)``, and wakes every thread that waits for a change.
    public func change<Answer: Sendable, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(changed)
            pthread_mutex_unlock(mutex)
        }
        return try body(&value)
    }

    /// Waits until ``change(_:)`` makes `isReady` true or time is up, then runs `body` either way.
    public func wait<Answer: Sendable>(
        atMostMilliseconds milliseconds: Int64, until isReady: (Value) -> Bool,
        _ body: (inout Value) -> Answer
    ) -> Answer {
        let bounded = min(max(0, milliseconds), 86_400_000)
        let deadline = Clock.monotonicNanoseconds() + bounded * 1_000_000
        var time = timespec(
            tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !isReady(value), pthread_cond_timedwait(changed, mutex, &time) == 0 {}
        return body(&value)
    }
}
