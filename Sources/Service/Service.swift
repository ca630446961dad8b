// Service — the API over the loop: routes, access, lists, watches, writes, agents and logs.
//
// Everything here runs on the reactor's thread, except that the core hands its deliveries over.
// Reads come from the catalog; writes go to the mailbox and are answered when they are durable.
//
// Published schemas: OpenAPIRoute → OpenAPIOperation → OpenAPILibrary → OpenAPIServing.
//
// Read in this order: Endpoints → Server → Access → Reading → Watching → Writing → AgentSessions.
