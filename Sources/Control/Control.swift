// Control — the loop that turns commands into durable, visible facts.
//
// One core thread owns the kernel and the store. It takes a batch from the mailbox, steps the
// kernel, commits records and documents in one transaction, publishes the new views, and then hands
// answers and effects to the sink. Everyone else posts to the mailbox and reads the catalog.
//
// Read in this order: Mailbox → Views → Catalog → Loop → Recovery → EventNotes. What was, offline:
// Replay → ReplayReport → StoredState → JobStory → Storyteller → WaitingMoments.
