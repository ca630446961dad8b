import Primitives

/// A place in the journal: the last sequence up to it, and the two digests that hold there.
struct JournalPosition: Hashable {
    var sequence: UInt64
    /// The kernel's running digest.
    var digest: UInt64
    /// Over every row up to here, so that a row changed, lost or swapped is found at the next load.
    var chain: UInt64

    static let start = JournalPosition(sequence: 0, digest: 0, chain: Digest().value)
}

extension JournalPosition {
    /// The position after one more row; the chain covers every column of it.
    func after(_ row: JournalBatch) -> JournalPosition {
        var link = Digest(chain)
        link.mix(row.firstSequence)
        link.mix(row.lastSequence)
        link.mix(UInt64(bitPattern: row.tick))
        link.mix(row.digest)
        link.mixWords(row.records)
        return JournalPosition(sequence: row.lastSequence, digest: row.digest, chain: link.value)
    }
}

extension Digest {
    /// Mixes bytes eight at a time, the rest padded with zeros; the count tells pads from data.
    mutating func mixWords(_ bytes: [UInt8]) {
        mix(UInt64(bytes.count))
        bytes.withUnsafeBytes { raw in
            let whole = raw.count & ~7
            for offset in stride(from: 0, to: whole, by: 8) {
                mix(
                    UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                )
            }
            guard whole < raw.count else { return }
            var last: UInt64 = 0
            for offset in whole..<raw.count {
                last |= UInt64(raw[offset]) << UInt64(8 * (offset & 7))
            }
            mix(last)
        }
    }
}
