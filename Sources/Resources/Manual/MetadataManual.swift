// Written by Scripts/describe from Metadata.swift; change the comments there.

extension Manual {
    static let metadata = #"""
        = Metadata
        What every object carries. The server's own fields are accepted from clients and ignored.
        """#
}
