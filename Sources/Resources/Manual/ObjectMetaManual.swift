// Written by Scripts/describe from ObjectMeta.swift; change the comments there.

extension Manual {
    static let objectMeta = #"""
        = ObjectMeta
        The object's name, where it belongs, and what the server has noted about it.
        = ObjectMeta.name
        The object's name, such as "train-42": no other of its kind in its namespace has it.

        1 to 63 characters of a-z, 0-9, "-" and ".", with a letter or digit at both ends. It cannot
        be changed.
        = ObjectMeta.generateName
        The beginning of a name that the server completes with five random characters, such as
        "train-". Used only when name is left out.
        = ObjectMeta.namespace
        The namespace that the object is in. Left out: the one of the request's path.
        = ObjectMeta.uid
        Tells this object from any other, earlier or later, of the same name. Set by the server.
        = ObjectMeta.resourceVersion
        The version of the object: it changes with every change of it. Set by the server.

        Send it back with a change to be refused (409) if somebody else was faster; give it to a
        watch to go on from there.
        = ObjectMeta.generation
        How many times the specification has been changed, from 1. Set by the server.
        = ObjectMeta.creationTimestamp
        When the object was created. Set by the server.
        = ObjectMeta.deletionTimestamp
        When deletion was asked for; the object is still there until it can go. Set by the server.
        = ObjectMeta.deletionGracePeriodSeconds
        How long a deletion in progress waits, in seconds. Set by the server.
        = ObjectMeta.labels
        Words to select objects by, such as {team: vision}: "kubectl get jobs -l team=vision".

        Keys and values consist of letters, digits, "-", "_" and ".", at most 63 of them; a key may
        begin with a domain and "/". At most 256 labels.
        = ObjectMeta.annotations
        Notes of people and tools, of any form. At most 256 KiB together.
        = ObjectMeta.finalizers
        What must still be done by others before a deleted object goes, a word for each of them.
        = ObjectMeta.ownerReferences
        The objects that this one belongs to, such as the job of a pod.
        = ObjectMeta.managedFields
        Which client has set which fields, kept by the server for server-side apply.
        = ObjectMeta.selfLink
        Of older clients; ignored.
        = OwnerReference
        An object that another object belongs to.
        = OwnerReference.apiVersion
        The API version of the owner, such as "muster.dev/v1".
        = OwnerReference.kind
        The kind of the owner, such as "Job".
        = OwnerReference.name
        The name of the owner.
        = OwnerReference.uid
        The uid of the owner.
        = OwnerReference.controller
        Whether this owner is the one that makes and removes the object.
        = OwnerReference.blockOwnerDeletion
        Whether the owner, when deleted with its dependents, waits for this object to go first.
        = FieldManagerEntry
        The fields that one client has set.
        = FieldManagerEntry.manager
        The client, as it calls itself, such as "kubectl".
        = FieldManagerEntry.operation
        How it set them: Apply or Update.
        = FieldManagerEntry.apiVersion
        The API version that the fields are written in.
        = FieldManagerEntry.time
        When it last changed one of them.
        = FieldManagerEntry.fieldsType
        The form of fieldsV1; always "FieldsV1".
        = FieldManagerEntry.fieldsV1
        The fields, as a tree of their names.
        = FieldManagerEntry.subresource
        The part of the object that was changed, such as "status"; empty for the object itself.
        = ListMeta
        What is known about a list as a whole.
        = ListMeta.resourceVersion
        The version that the list shows; a watch that begins here misses nothing.
        = ListMeta.continue
        Where the next page begins: send it as the parameter continue. Absent on the last page.
        = ListMeta.remainingItemCount
        How many objects follow on later pages, where that is known.
        = ListMeta.selfLink
        Of older clients; ignored.
        = StatusObject
        What a request came to that is not answered with an object: a failure, or a deletion.
        = StatusObject.apiVersion
        Always "v1".
        = StatusObject.kind
        Always "Status".
        = StatusObject.metadata
        Empty.
        = StatusObject.status
        "Success" or "Failure".
        = StatusObject.message
        What is wrong, where, and what to do about it, for people.
        = StatusObject.reason
        Why it failed, in one word for programs, such as "NotFound", "Conflict" or "Invalid".
        = StatusObject.details
        What it is about.
        = StatusObject.code
        The HTTP status of the answer.
        = StatusDetails
        The object and the fields that an answer is about.
        = StatusDetails.name
        The name of the object.
        = StatusDetails.group
        The API group of the object.
        = StatusDetails.kind
        The kind of the object, or its plural.
        = StatusDetails.uid
        The uid of the object.
        = StatusDetails.causes
        The fields that were refused, and why.
        = StatusDetails.retryAfterSeconds
        After how many seconds to try again.
        = StatusCause
        One field that was refused.
        = StatusCause.reason
        Why, in one word for programs.
        = StatusCause.message
        Why, for people.
        = StatusCause.field
        The path of the field, such as "spec.roles[0].replicas".
        = DeleteOptions
        How an object is to be deleted; may be sent as the body of a DELETE.
        = DeleteOptions.apiVersion
        "v1".
        = DeleteOptions.kind
        "DeleteOptions".
        = DeleteOptions.preconditions
        What must be true of the object; otherwise it is kept, and the answer is 409.
        = DeleteOptions.propagationPolicy
        What becomes of dependent objects: Background, Foreground or Orphan.
        = DeleteOptions.gracePeriodSeconds
        Accepted and ignored: a job's own gracePeriod counts.
        = DeleteOptions.orphanDependents
        Of older clients; use propagationPolicy.
        = DeleteOptions.dryRun
        ["All"] for a rehearsal that changes nothing.
        = DeletePreconditions
        What must be true of an object that is to be deleted.
        = DeletePreconditions.uid
        The uid that it must have.
        = DeletePreconditions.resourceVersion
        The version that it must be at.
        """#
}
