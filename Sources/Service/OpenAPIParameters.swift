import Wire

/// The parameters behind the question mark, as the published documents explain them.
enum OpenAPIParameters {
    enum Form: String { case string, integer, boolean }

    /// Name, form and meaning of a parameter that some endpoint understands.
    static func of(_ name: String) -> (form: Form, about: String) {
        guard let known = all.first(where: { $0.name == name }) else { return (.string, "") }
        return (known.form, known.about)
    }

    static let all: [(name: String, form: Form, about: String)] = [
        ("allowWatchBookmarks", .boolean, "Send BOOKMARK events, so that a watch resumes cheaply."),
        ("container", .string, "The container of the pod; a rank has one, named as its role."),
        ("continue", .string, "Where the page begins: metadata.continue of the page before."),
        ("dryRun", .string, "All: check everything and answer as if it were done, but do nothing."),
        ("exclude", .string, "A check to leave out."),
        (
            "fieldManager", .string,
            "Who makes the change, such as kubectl; kept in metadata.managedFields."
        ),
        (
            "fieldSelector", .string,
            "Which objects, by their fields: metadata.name=a, status.phase!=Running."
        ),
        (
            "fieldValidation", .string,
            "What happens to unknown fields: Strict refuses them (the default), Warn and Ignore "
                + "drop them."
        ),
        ("follow", .boolean, "Go on with new lines until the rank has ended."),
        ("force", .boolean, "Take fields over from other managers; for application/apply-patch."),
        ("gracePeriodSeconds", .integer, "Accepted; a job's own gracePeriod counts."),
        ("hash", .string, "The content that is expected, so that it may be kept for ever."),
        ("includeObject", .string, "What the rows of a table hold: None, Metadata or Object."),
        ("insecureSkipTLSVerifyBackend", .boolean, "Accepted and ignored."),
        (
            "labelSelector", .string,
            "Which objects, by their labels: team=vision, tier in (a,b), !old."
        ),
        ("limit", .integer, "How many objects a page holds at most."),
        ("limitBytes", .integer, "Stop after this many bytes."),
        ("offset", .integer, "Begin at this byte of the log."),
        ("orphanDependents", .boolean, "Of older clients; use propagationPolicy."),
        ("pretty", .string, "Accepted and ignored."),
        ("previous", .boolean, "The log of the attempt before."),
        (
            "propagationPolicy", .string,
            "What becomes of dependents: Background, Foreground, Orphan."
        ),
        ("resourceVersion", .string, "Nothing older than this version; a watch goes on from it."),
        ("resourceVersionMatch", .string, "How resourceVersion is meant: Exact or NotOlderThan."),
        ("sendInitialEvents", .boolean, "Begin a watch with what there is."),
        ("sinceSeconds", .integer, "Only lines of the last so many seconds."),
        ("sinceTime", .string, "Only lines from this moment on."),
        ("stream", .string, "All: what the rank wrote, in the order in which it wrote it."),
        ("tailLines", .integer, "Begin this many lines before the end."),
        ("timeout", .string, "Accepted and ignored."),
        ("timeoutSeconds", .integer, "End a watch after so many seconds."),
        ("timestamps", .boolean, "Put the moment of its arrival before each line."),
        ("verbose", .string, "Accepted and ignored."),
        ("watch", .boolean, "Answer with a stream of changes instead of a list."),
    ]

    /// What the segments of a path in braces mean.
    static func about(capture: String) -> String {
        switch capture {
        case "namespace": "The namespace of the object."
        case "name": "The name of the object."
        default: "The \(capture)."
        }
    }
}
