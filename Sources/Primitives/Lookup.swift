/// A hash map without iteration: what is found does not depend on hash order, so replays agree.
public struct Lookup<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    // The one dictionary of the pure layers. It never leaves this file, so nobody can walk it.
    private var storage: [Key: Value] = [:]

    public init() {}

    public var count: Int { storage.count }

    public mutating func reserve(_ count: Int) { storage.reserveCapacity(count) }

    public subscript(key: Key) -> Value? {
        get { storage[key] }
        _modify { yield &storage[key] }
    }

    public subscript(key: Key, default fallback: @autoclosure () -> Value) -> Value {
        get { storage[key, default: fallback()] }
        _modify { yield &storage[key, default: fallback()] }
    }
}
