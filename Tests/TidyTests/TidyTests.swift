// Tidy — the rules that no compiler checks, as tests over the repository's own files.
//
// A rule is a function from one file to findings; a finding says where, what, and what to do
// instead. `TreeTests` holds the rules against the tree, `RulesBiteTests` proves on small bad
// sources that each rule can fail.
//
// Read in this order: Finding → SwiftText → Layers → Imports → Purity → Conduct → Size → Place.
