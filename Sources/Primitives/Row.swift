/// A row number in the table of `Element`: an index that cannot be mixed with another table's.
public struct Row<Element: ~Copyable>: Hashable, Comparable, Sendable, BitwiseCopyable {
    public let number: UInt32

    public init(_ number: UInt32) { self.number = number }

    public var index: Int { Int(number) }

    public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

extension Row: CustomStringConvertible where Element: ~Copyable {
    public var description: String { "#\(number)" }
}
