// HTTP — HTTP/1.1 and WebSocket as state machines over bytes; no sockets, no clock.
//
// Every lenience that RFC 9112 allows is off: what two parsers could read differently is refused.
// All limits are named in `HTTPLimits`; every refusal is a `FramingFailure` with its status.
//
// Read in this order: Headers → RequestHead → RequestParser → ResponseHead → RouteTable → Query
// → ResponseParser → WebSocketCodec.
