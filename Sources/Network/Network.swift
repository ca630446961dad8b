// Network — all sockets there are: an epoll reactor, listeners, TLS, HTTP and WebSocket peers.
//
// One thread runs one `Reactor`; only `post`, `wake` and `stop` may be called from elsewhere.
// Bytes go to the pure machines of `HTTP`; requests go to a `RequestHandler`, answers come back
// through its `Exchange`. A command line talks through a blocking `ClientConnection`.
//
// Read in this order: Reactor → Channel → HTTPConnection → Exchange → WebSocket → TLSContext
// → ClientConnection.
