// Simulation — the daemon's own kernel under a virtual clock.
//
// A seed decides the cluster, the workload and the faults. Agents are simulated, decisions are not.
// Every step is followed by the kernel's own check, and the journal that a run leaves behind must
// rebuild the same state.
//
// Read in this order: SimulatedAgents → World.
