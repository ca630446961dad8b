// Scheduling — a view of the cluster in; a placement or the reason why not out.
//
// Pure: no clock, no I/O, no hash order. The kernel keeps one `Capacity` (columns of what is free)
// and asks `GangPlacer` for a whole gang or nothing. The planner that knows topology, quota and
// time takes this seam over; what it returns stays the same.
//
// Read in this order: Shape → Capacity → Placement → GangPlacer.
