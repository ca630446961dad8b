/// A packing heuristic of the literature: which machine a rank goes to, and which device there.
public enum Packing: String, Sendable, CaseIterable {
    /// Any machine that fits, any device that fits.
    case random
    /// The machine whose free amounts are least aligned with the demand (Tetris).
    case dotProduct = "dotprod"
    /// Next to ranks that ask for the same number of devices.
    case gpuClustering = "gpuclustering"
    /// Shared devices first, then idle ones of machines in use, then idle machines.
    case gpuPacking = "gpupacking"
    /// The machine that is left with least.
    case bestFit = "bestfit"
    /// The machine and device whose fragmentation grows least (FGD).
    case fgd
}

/// The largest machine that scores are measured against: 128 CPUs and eight devices.
enum LargestMachine {
    static let cpuMilli = 128_000.0
    static let gpuMilli = 8000.0
}
