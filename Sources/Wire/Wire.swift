// Wire — bytes to values and back: strict JSON, exact errors, one declaration per type.
//
// A document is a flat tape over its own bytes; no text is made until somebody asks for it. Types
// say what they are with plain `Codable`; from that one declaration come decoding with precise
// paths, the refusal of unknown fields, encoding and the published schema. No I/O, no clock.
//
// Read in this order: WireLimits → Document → JSONParser → WireDecoder → JSONWriter → WireEncoder →
// JSON → JSONPatch → StringMap → Quantity → Price → Portion →
// WireDuration → Timestamp → Schema → SchemaBook → SwaggerProtobuf.
