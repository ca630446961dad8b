public import Primitives
import Scheduling

extension Record {
    /// The layout this build writes; older ones are upcast when read.
    static let version: UInt8 = 1

    /// Appends the record's bytes.
    public func encode(into writer: inout ByteWriter) {
        writer.put(tag)
        switch self {
        case .created(let kind, let uid, let name, let namespace):
            writer.put(kind.rawValue)
            writer.put(uid)
            writer.put(name)
            if namespace != 0 { writer.put(namespace) }
        case .revised(let uid, let specChanged, let terms):
            writer.put(uid)
            writer.put(specChanged)
            writer.put(terms != nil)
            if let terms { terms.encode(into: &writer) }
        case .deletionMarked(let uid), .removed(let uid): writer.put(uid)
        case .modelNamed(let name): writer.put(name)
        case .submitted(let job): job.encode(into: &writer)
        case .attemptStarted(let job), .rankForgotten(let job): writer.put(job)
        case .rankPlaced(let job, let node, let devices):
            writer.put(job)
            writer.put(node)
            writer.put(devices.bits)
        case .rankStarted(let job, let rank, let at):
            writer.put(job)
            writer.put(rank)
            writer.put(at.milliseconds)
        case .rankEnded(let job, let rank, let end, let at):
            writer.put(job)
            writer.put(rank)
            end.encode(into: &writer)
            writer.put(at.milliseconds)
        case .moved(let job, let phase, let cause, let fate, let culprit, let notBefore):
            writer.put(job)
            writer.put(phase.rawValue)
            writer.put(cause.rawValue)
            writer.put(fate.rawValue)
            writer.put(culprit != nil)
            if let culprit { culprit.encode(into: &writer) }
            writer.put(notBefore.milliseconds)
        case .nodeRegistered(let uid, let name, let bootID, let supply):
            writer.put(uid)
            writer.put(name)
            writer.put(bootID)
            supply.encode(into: &writer)
        case .nodeReady(let uid, let flag), .nodeCordoned(let uid, let flag),
            .held(let uid, let flag), .nodeTainted(let uid, let flag):
            writer.put(uid)
            writer.put(flag)
        case .rankHidden(let job, let rank), .rankRelabelled(let job, let rank):
            writer.put(job)
            writer.put(rank)
        }
    }

    /// Reads one record; fails on damage and on records of a newer build.
    public init(from reader: inout ByteReader) throws(DecodingFailure) {
        let start = reader.position
        let tag = try reader.byte()
        switch tag {
        case 1:
            self = .created(
                try reader.raw(Kind.self), uid: try reader.unsigned(), name: try reader.text(),
                namespace: 0)
        case 2:
            let uid = try reader.unsigned()
            let specChanged = try reader.flag()
            self = .revised(
                uid: uid, specChanged: specChanged,
                terms: try reader.flag() ? JobTerms(from: &reader) : nil)
        case 3: self = .deletionMarked(uid: try reader.unsigned())
        case 4: self = .removed(uid: try reader.unsigned())
        case 5: self = .modelNamed(try reader.text())
        case 6: self = .submitted(try Submission(from: &reader))
        case 7: self = .attemptStarted(job: try reader.unsigned())
        case 8:
            self = .rankPlaced(
                job: try reader.unsigned(), node: try reader.unsigned(),
                devices: DeviceSet(bits: try reader.unsigned()))
        case 9:
            self = .rankStarted(
                job: try reader.unsigned(), rank: try reader.unsigned32(), at: try reader.tick())
        case 10:
            self = .rankEnded(
                job: try reader.unsigned(), rank: try reader.unsigned32(),
                end: try RankEnd(from: &reader), at: try reader.tick())
        case 11: self = .rankForgotten(job: try reader.unsigned())
        case 12:
            self = .moved(
                job: try reader.unsigned(), to: try reader.raw(Phase.self),
                cause: try reader.raw(Cause.self), fate: try reader.raw(Phase.self),
                culprit: try reader.flag() ? Culprit(from: &reader) : nil,
                notBefore: try reader.tick())
        case 13:
            self = .nodeRegistered(
                uid: try reader.unsigned(), name: try reader.text(), bootID: try reader.text(),
                supply: try NodeSupply(from: &reader))
        case 14: self = .nodeReady(uid: try reader.unsigned(), try reader.flag())
        case 15: self = .nodeCordoned(uid: try reader.unsigned(), try reader.flag())
        case 16: self = .held(uid: try reader.unsigned(), try reader.flag())
        case 17: self = .nodeTainted(uid: try reader.unsigned(), try reader.flag())
        case 18: self = .rankHidden(job: try reader.unsigned(), rank: try reader.unsigned32())
        case 20: self = .rankRelabelled(job: try reader.unsigned(), rank: try reader.unsigned32())
        case 19:
            self = .created(
                try reader.raw(Kind.self), uid: try reader.unsigned(), name: try reader.text(),
                namespace: try reader.unsigned())
        default: throw .unknownTag(UInt64(tag), at: start)
        }
    }
}

extension ByteReader {
    mutating func tick() throws(DecodingFailure) -> Tick { Tick(try signed()) }

    mutating func raw<Value: RawRepresentable<UInt8>>(
        _ type: Value.Type
    ) throws(DecodingFailure) -> Value {
        let number = try byte()
        guard let value = Value(rawValue: number) else {
            throw .unknownTag(UInt64(number), at: position)
        }
        return value
    }
}

extension Submission {
    func encode(into writer: inout ByteWriter) {
        writer.put(uid)
        writer.put(namespace)
        writer.put(queue)
        writer.put(name)
        shape.encode(into: &writer)
        terms.encode(into: &writer)
        success.encode(into: &writer)
        writer.put(retryLimit)
        writer.put(backoff.milliseconds)
        writer.put(idempotencyKey)
        writer.put(bodyDigest)
    }

    init(from reader: inout ByteReader) throws(DecodingFailure) {
        uid = try reader.unsigned()
        namespace = try reader.unsigned()
        queue = try reader.unsigned()
        name = try reader.text()
        shape = try Shape(from: &reader)
        terms = try JobTerms(from: &reader)
        success = try SuccessRule(from: &reader)
        retryLimit = try reader.unsigned32()
        backoff = Duration64(milliseconds: try reader.signed())
        idempotencyKey = try reader.text()
        bodyDigest = try reader.unsigned()
    }
}

extension SuccessRule {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .allRanks: writer.put(UInt32(0))
        case .role(let role): writer.put(UInt32(role) + 1)
        }
    }

    init(from reader: inout ByteReader) throws(DecodingFailure) {
        let number = try reader.unsigned32()
        guard number > 0 else {
            self = .allRanks
            return
        }
        guard let role = UInt16(exactly: number - 1) else { throw .malformed(at: reader.position) }
        self = .role(role)
    }
}

extension JobTerms {
    func encode(into writer: inout ByteWriter) {
        writer.put(Int64(priority))
        writer.put(timeLimit.milliseconds)
        writer.put(gracePeriod.milliseconds)
    }

    init(from reader: inout ByteReader) throws(DecodingFailure) {
        guard let priority = Int32(exactly: try reader.signed()) else {
            throw .malformed(at: reader.position)
        }
        self.init(
            priority: priority, timeLimit: Duration64(milliseconds: try reader.signed()),
            gracePeriod: Duration64(milliseconds: try reader.signed()))
    }
}

extension RankEnd {
    func encode(into writer: inout ByteWriter) {
        writer.put(how.rawValue)
        writer.put(Int64(code))
        writer.put(timedOut)
    }

    init(from reader: inout ByteReader) throws(DecodingFailure) {
        let how = try reader.raw(How.self)
        guard let code = Int32(exactly: try reader.signed()) else {
            throw .malformed(at: reader.position)
        }
        self.init(how, code: code, timedOut: try reader.flag())
    }
}

extension Culprit {
    func encode(into writer: inout ByteWriter) {
        writer.put(rank)
        writer.put(node)
        end.encode(into: &writer)
    }

    init(from reader: inout ByteReader) throws(DecodingFailure) {
        rank = try reader.unsigned32()
        node = try reader.unsigned()
        end = try RankEnd(from: &reader)
    }
}

extension NodeSupply {
    func encode(into writer: inout ByteWriter) {
        writer.put(cpuMilli)
        writer.put(memoryBytes)
        writer.put(gpus)
        writer.put(model)
    }

    init(from reader: inout ByteReader) throws(DecodingFailure) {
        self.init(
            cpuMilli: try reader.signed(), memoryBytes: try reader.signed(),
            gpus: try reader.byte(),
            model: try reader.byte())
    }
}

extension Shape {
    func encode(into writer: inout ByteWriter) {
        writer.put(UInt32(roles.count))
        for role in roles {
            writer.put(role.ranks)
            writer.put(role.demand.cpuMilli)
            writer.put(role.demand.memoryBytes)
            writer.put(role.demand.gpuMilli)
            writer.put(role.demand.models)
        }
    }

    init(from reader: inout ByteReader) throws(DecodingFailure) {
        var roles: [RoleShape] = []
        for _ in 0..<(try reader.unsigned32()) {
            let ranks = try reader.unsigned32()
            let demand = Demand(
                cpuMilli: try reader.signed(), memoryBytes: try reader.signed(),
                gpuMilli: try reader.signed(), models: try reader.unsigned())
            roles.append(RoleShape(ranks: ranks, demand: demand))
        }
        self.init(roles: roles)
    }
}
