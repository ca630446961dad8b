// Commands — the command line: the API with manners.
//
// A subcommand is a value: its initialiser parses, `run` acts. Every one has its own file. What is
// printed comes from one payload, whatever the format; refusals always show what to do next.
//
// Read in this order: Arguments → Command → Catalogue → Invocation → Session → Console.
