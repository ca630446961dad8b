import HTTP
import Primitives
import Testing
import Wire

@testable import Control
@testable import Service

/// Goal: a list and the changes behind it give every later list, byte for byte, under every
/// selector. Method: random histories; each list is written down when it is made, and compared with
/// the replay at the end, when everything has changed again.
@Suite struct HistoryTests {
    private static let selectors: [(Resource, String)] = [
        (.jobs, ""), (.jobs, "labelSelector=team%3Da"), (.jobs, "labelSelector=team%21%3Da"),
        (.jobs, "labelSelector=team+in+(a,b),tier"), (.jobs, "labelSelector=team%3D"),
        (.jobs, "labelSelector=%21tier"), (.jobs, "fieldSelector=status.phase%21%3DRunning"),
        (.jobs, "labelSelector=tier+notin+(a)&fieldSelector=status.phase%3DSucceeded"),
        (.jobs, "fieldSelector=metadata.name%3Djob-3"), (.pods, ""),
        (.pods, "labelSelector=team%3Db"), (.pods, "fieldSelector=status.phase%3DRunning"),
        (.pods, "fieldSelector=spec.nodeName%3Dn1"), (.nodes, ""),
        (.nodes, "fieldSelector=spec.unschedulable%3Dtrue"),
        (.events, "fieldSelector=type%3DWarning"),
        (.queues, ""), (.namespaces, ""),
    ]

    /// One list as it was, and what has been replayed up to now.
    private struct Track {
        let subscription: Subscription
        var lists: [(version: UInt64, objects: [String: [UInt8]])] = []
    }

    private static func subscription(
        _ resource: Resource, _ query: String, _ namespace: String?, _ pods: PodNames
    ) throws -> Subscription {
        Subscription(
            resource: resource, namespace: namespace,
            filter: try Filter(try Query(query), resource, pods), form: .objects,
            bookmarks: false, token: 0)
    }

    private static func state(
        _ subscription: Subscription, _ cluster: ChangingCluster
    ) -> (UInt64, [String: [UInt8]]) {
        let listing = cluster.catalog.list(subscription.resource, namespace: subscription.namespace)
        var objects: [String: [UInt8]] = [:]
        for item in listing.items where subscription.filter.matches(item) {
            objects[item.uidText(cluster.objects.pods)] = cluster.objects.encode(item)
        }
        return (listing.version, objects)
    }

    @Test(arguments: 1...25)
    func `a list and its changes replayed are every later list`(seed: UInt64) throws {
        var cluster = ChangingCluster(seed: seed)
        var tracks: [Track] = []
        for (resource, query) in Self.selectors {
            for namespace in resource == .jobs || resource == .pods ? [nil, "other"] : [nil] {
                tracks.append(
                    Track(
                        subscription: try Self.subscription(
                            resource, query, namespace, cluster.objects.pods)))
            }
        }
        for _ in 0..<60 {
            for index in tracks.indices {
                tracks[index].lists.append(Self.state(tracks[index].subscription, cluster))
            }
            cluster.change()
        }
        for track in tracks {
            for start in [0, track.lists.count / 2] {
                try replay(track, from: start, cluster, seed)
            }
        }
    }

    private func replay(
        _ track: Track, from start: Int, _ cluster: ChangingCluster, _ seed: UInt64
    ) throws {
        let watcher = Watcher(1, track.subscription, send: { _ in }, unsentBytes: { 0 }, finish: {})
        var objects = track.lists[start].objects
        var version = track.lists[start].version
        let (changes, _) = try #require(
            cluster.catalog.changes(of: track.subscription.resource, after: version, limit: 1 << 20)
        )
        var rest = changes[...]
        for list in track.lists[start...] {
            while let change = rest.first, change.version <= list.version {
                rest.removeFirst()
                #expect(
                    change.version > version,
                    "versions rise strictly: \(track.subscription.resource), seed \(seed)")
                version = change.version
                guard let word = watcher.word(for: change) else { continue }
                let uid = change.item.uidText(cluster.objects.pods)
                switch word {
                case .added: #expect(!objects.keys.contains(uid), "seed \(seed)")
                case .modified, .deleted: #expect(objects.keys.contains(uid), "seed \(seed)")
                }
                objects[uid] = word == .deleted ? nil : cluster.objects.encode(change.item)
            }
            guard objects != list.objects else { continue }
            let differing =
                Set(objects.keys).union(list.objects.keys)
                .first { objects[$0] != list.objects[$0] } ?? ""
            Issue.record(
                """
                seed \(seed), \(track.subscription.resource) at \(list.version):
                replayed \(String(decoding: objects[differing] ?? [], as: UTF8.self))
                listed \(String(decoding: list.objects[differing] ?? [], as: UTF8.self))
                """)
            return
        }
    }

    @Test func `watchers that share one label and differ in another do not stand together`() throws
    {
        let cluster = ChangingCluster(seed: 1)
        var index = WatcherIndex()
        var watchers: [Watcher] = []
        for number in 0..<200 {
            let query = "labelSelector=team%3Da,tier%3Dt\(number)"
            let watcher = Watcher(
                UInt64(number),
                try Self.subscription(.jobs, query, nil, cluster.objects.pods),
                send: { _ in }, unsentBytes: { 0 }, finish: {})
            index.insert(watcher)
            watchers.append(watcher)
        }
        #expect(watchers.count { $0.seat > 1 } == 0)
    }

    @Test(arguments: 1...10)
    func `the index finds everyone who sees a change, and nobody twice`(seed: UInt64) throws {
        var cluster = ChangingCluster(seed: seed)
        let start = cluster.catalog.version
        for _ in 0..<60 { cluster.change() }
        for resource in [Resource.jobs, .pods, .nodes, .events] {
            var index = WatcherIndex()
            var watchers: [Watcher] = []
            for (number, choice) in Self.selectors.enumerated() where choice.0 == resource {
                for namespace in [nil, "default", "other"] {
                    let watcher = Watcher(
                        UInt64(watchers.count + number * 100),
                        try Self.subscription(resource, choice.1, namespace, cluster.objects.pods),
                        send: { _ in }, unsentBytes: { 0 }, finish: {})
                    watchers.append(watcher)
                    index.insert(watcher)
                }
            }
            // Some come and go, so that seats change.
            for watcher in watchers.prefix(2) {
                index.remove(watcher)
                index.insert(watcher)
            }
            #expect(index.count == watchers.count)
            let (changes, _) = try #require(
                cluster.catalog.changes(of: resource, after: start, limit: 1 << 20))
            for change in changes {
                var found: [UInt64] = []
                index.forEachCandidate(of: change, cluster.objects.pods) {
                    if $0.word(for: change) != nil { found.append($0.number) }
                }
                let wanted = watchers.filter { $0.word(for: change) != nil }.map(\.number)
                #expect(found.sorted() == wanted.sorted(), "seed \(seed), \(resource)")
            }
            for watcher in watchers { index.remove(watcher) }
            #expect(index.count == 0)
            #expect(index.all.isEmpty)
        }
    }
}
