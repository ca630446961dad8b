// Written by Scripts/describe from EventObject.swift; change the comments there.

extension Manual {
    static let eventObject = #"""
        = EventObject
        An event, which has no specification and no status.
        = EventObject.apiVersion
        Always "v1".
        = EventObject.kind
        Always "Event".
        = EventObject.metadata
        The event's name, and the namespace of what it happened to.
        = EventObject.involvedObject
        The object that it happened to.
        = EventObject.type
        Normal or Warning.
        = EventObject.reason
        What happened, in one word such as Scheduled, Retrying or Failed.
        = EventObject.message
        What happened, for people.
        = EventObject.firstTimestamp
        When it happened.
        = EventObject.lastTimestamp
        When it happened last.
        = EventObject.count
        How many times it happened.
        = EventObject.source
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
