// Simulation — clusters under a virtual clock, decided by the daemon's own kernel.
//
// Two instruments. A *world* throws faults at a small cluster and holds the kernel to its promises.
// A *run* takes a workload through a cluster under a policy and leaves behind what became of every
// job; the classic policies are there to be compared with, and to prove the instrument.
//
// Read in this order: Workloads/Workload → Workloads/Cluster → Runs/Decider → Runs/Run →
// Runs/KernelDecider → Reports/Measures; Worlds/World stands by itself.
