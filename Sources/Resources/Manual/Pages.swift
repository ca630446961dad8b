// Written by Scripts/describe; see there.

extension Manual {
    static let pages = [
        agentProtocol,
        eventContent,
        jobSpec,
        jobStatus,
        kindShape,
        metadata,
        nodeStatus,
        objectMeta,
        objects,
        plainObjects,
        podObject,
    ]
}
