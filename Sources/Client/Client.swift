// Client — the API from the outside: who we are, one request at a time, and streams that survive.
//
// Everything blocks and belongs to one thread; ``APIClient/another()`` gives a second thread its
// own connection. Failures come out as `Refusal`, whether the network or the server found them.
//
// Read in this order: Surroundings → KubeConfig → Access → Call → APIClient → Feed → LogStream.
