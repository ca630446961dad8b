// Telemetry — what the daemon says about itself: log lines and figures.
//
// Neither ever makes its caller wait: a line that the descriptor cannot take at once is dropped and
// counted, and a figure is one atomic addition. Names are fixed in enums, so that boards and alerts
// can rely on them; detail per job belongs in the API and not in labels.
//
// Read in this order: Log → LogLine → Counters → Names → MetricsText.
