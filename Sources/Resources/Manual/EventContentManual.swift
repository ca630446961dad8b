// Written by Scripts/describe from EventContent.swift; change the comments there.

extension Manual {
    static let eventContent = #"""
        = EventContent
        The members of an event beside its metadata.
        = EventContent.involvedObject
        The object that it happened to.
        = EventContent.type
        Normal or Warning.
        = EventContent.reason
        What happened, in one word such as Scheduled, Retrying or Failed.
        = EventContent.message
        What happened, for people.
        = EventContent.firstTimestamp
        When it happened.
        = EventContent.lastTimestamp
        When it happened last.
        = EventContent.count
        How many times it happened.
        = EventContent.source
        Who says so.
        = ObjectReference
        Names one object.
        = ObjectReference.apiVersion
        The API version of the object, such as "muster.dev/v1".
        = ObjectReference.kind
        The kind of the object, such as "Job".
        = ObjectReference.namespace
        The namespace of the object; absent for objects outside of namespaces.
        = ObjectReference.name
        The name of the object.
        = ObjectReference.uid
        The uid of the object.
        = EventSource
        Who has noted an event.
        = EventSource.component
        The part of the system, such as "muster".
        """#
}
