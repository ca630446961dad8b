// Host — one machine's facts and powers, one per file.
//
// Clocks, entropy, files, threads, locks, signals, the service manager, identity, topology and
// processes. Every failure is a ``SystemError`` that names the call; every C handle closes itself;
// nothing here knows of jobs beyond the rank directory that `muster-step` reads and writes.
//
// Read in this order: SystemError → Descriptor → Files → Lock → Thread → ProcessIdentity →
// RankOrder → RankRecords → RankDirectory → StepProcess → Topology.
