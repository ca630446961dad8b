// Written by Scripts/describe from KindShape.swift; change the comments there.

extension Manual {
    static let kindShape = #"""
        = Shown
        A whole object of a kind with a specification and a status, as the server shows it.
        = Shown.apiVersion
        The API group and version that the object is written in, such as "muster.dev/v1".
        = Shown.kind
        The kind of the object, such as "Job".
        = Shown.metadata
        The object's name, where it belongs, and what the server has noted about it.
        = Shown.spec
        What is asked for.
        = Shown.status
        What has become of it. Written by the server, and ignored when sent.
        = ShownList
        One page of objects of one kind.
        = ShownList.apiVersion
        The API group and version that the list is written in.
        = ShownList.kind
        The kind of the list.
        = ShownList.metadata
        The version that the list shows, and where the next page begins.
        = ShownList.items
        The objects.
        """#
}
