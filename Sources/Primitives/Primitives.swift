// Primitives — the ground every other module stands on.
//
// Plain values without opinions: typed rows, ticks, integer amounts, tables, a hash map that cannot
// be iterated, a heap with a total order, bit sets, seeded dice, a running digest, byte readers and
// writers, and the one error type that users see. No clock, no I/O, no randomness.
//
// Read in this order: Row → Tick → Amount → Refusal → Table → Lookup → Heap → Bytes.
