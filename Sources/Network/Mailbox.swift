import CLinux
import Glibc

/// Work that other threads leave for a reactor: one wake-up per batch, nothing is ever lost.
final class Mailbox: Sendable {
    /// An eventfd that is readable while something waits.
    let descriptor: Int32
    private let waiting = Locked<[@Sendable () -> Void]>([])

    init() {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    }

    deinit { close(descriptor) }

    /// Adds work from any thread and wakes the reactor if it was the first.
    func put(_ work: @escaping @Sendable () -> Void) {
        let isFirst = waiting.with { batch in
            batch.append(work)
            return batch.count == 1
        }
        if isFirst { eventfd_write(descriptor, 1) }
    }

    /// Empties the box, in order of posting.
    func takeAll() -> [@Sendable () -> Void] {
        // Reading comes first: whoever puts work after it finds the list empty or wakes us anew.
        var count: eventfd_t = 0
        eventfd_read(descriptor, &count)
        return waiting.with { batch in
            var taken: [@Sendable () -> Void] = []
            swap(&taken, &batch)
            return taken
        }
    }
}
