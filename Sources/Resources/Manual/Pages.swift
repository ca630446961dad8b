// Written by Scripts/describe; see there.

extension Manual {
    static let pages = [
        agentProtocol,
        eventContent,
        jobSpec,
        jobStatus,
        kindShape,
        metadata,
        nodePool,
        nodeStatus,
        objectMeta,
        objects,
        plainObjects,
        podObject,
        usageContent,
    ]
}
