// Resources — the API's nouns: what users write and what they are shown.
//
// Every type is declared once, as a Codable struct; decoding, encoding, unknown-field refusal and
// the schema follow from the declaration. Validation turns a decoded object into one that the
// cluster can act on, or into a refusal that names the field.
//
// Read in this order: Metadata → Naming → JobSpec → JobValidation → NodePool → NodePoolValidation →
// Objects → Selector → AgentProtocol.
//
// Who owns which fields, and what that means for writes: FieldSet → MergeRules → ManagedFields →
// FieldUpdates → Applying → ApplyMerging; StrategicMerge stands by itself.
//
// What is published: JobStatus and the other written types → KindShape → Bounds → Manual, which
// Scripts/describe copies from doc comments → Publication.
