import Glibc
public import Primitives

/// The machine's clocks, read now.
public enum Clock {
    /// Blocks the calling thread; for start-up and tests, never on a serving thread.
    public static func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }

    /// Milliseconds since the Unix epoch; may leap when an operator sets the time.
    public static func now() -> Tick { Tick(milliseconds(CLOCK_REALTIME)) }

    /// Never goes back; stands still while the machine is suspended.
    public static func monotonicMilliseconds() -> Int64 { milliseconds(CLOCK_MONOTONIC) }

    /// Never goes back and counts suspended time: the clock of leases and time limits.
    public static func boottimeMilliseconds() -> Int64 { milliseconds(CLOCK_BOOTTIME) }

    /// Never goes back; for measuring short work.
    public static func monotonicNanoseconds() -> Int64 { nanoseconds(CLOCK_MONOTONIC) }

    /// CPU time spent by all threads of this process.
    public static func processNanoseconds() -> Int64 { nanoseconds(CLOCK_PROCESS_CPUTIME_ID) }

    /// CPU time spent by the calling thread.
    public static func threadNanoseconds() -> Int64 { nanoseconds(CLOCK_THREAD_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        // Fails only for unknown clocks, and these are all known.
        guard clock_gettime(clock, &time) == 0 else { preconditionFailure("no clock \(clock)") }
        return time
    }

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        let time = read(clock)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        let time = read(clock)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
