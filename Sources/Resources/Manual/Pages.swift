// Written by Scripts/describe; see there.

extension Manual {
    static let pages = [
        agentProtocol,
        eventObject,
        jobSpec,
        jobStatus,
        kindShape,
        metadata,
        nodeStatus,
        objectMeta,
        objects,
        podObject,
    ]
}
