import Primitives
import Testing

/// Goal: the same input gives the same digest in every build. Method: values computed elsewhere.
@Suite struct DigestTests {
    private func digest(_ change: (inout Digest) -> Void) -> UInt64 {
        var digest = Digest()
        change(&digest)
        return digest.value
    }

    @Test func `bytes are mixed as published for FNV-1a`() {
        #expect(digest { for byte in "a".utf8 { $0.mix(byte) } } == 0xaf63_dc4c_8601_ec8c)
        #expect(digest { for byte in "foobar".utf8 { $0.mix(byte) } } == 0x8594_4171_f739_67e8)
    }

    @Test func `words and byte strings give their golden values`() {
        #expect(digest { $0.mix(UInt64(0)) } == 0x4c6b_d70b_601a_3f61)
        #expect(digest { $0.mix(UInt64(1)) } == 0x6deb_89ab_23f8_c833)
        #expect(digest { $0.mix(UInt64.max) } == 0x86e4_a7a7_484f_d85d)
        #expect(digest { $0.mix(Array("muster".utf8)) } == 0x538f_f58b_f2f8_4a0c)
    }

    @Test func `order matters`() {
        let forwards = digest {
            $0.mix(UInt64(1))
            $0.mix(UInt64(2))
        }
        let backwards = digest {
            $0.mix(UInt64(2))
            $0.mix(UInt64(1))
        }
        #expect(forwards == 0x96ad_a930_c85b_0ffc)
        #expect(backwards == 0x1a09_7b1c_ea03_c319)
    }

    @Test func `where one string ends and the next begins matters`() {
        let left = digest {
            $0.mix([1, 2])
            $0.mix([3])
        }
        let right = digest {
            $0.mix([1])
            $0.mix([2, 3])
        }
        #expect(left != right)
    }

    @Test func `every single bit changes the digest`() {
        let all = Set((0..<64).map { bit in digest { $0.mix(UInt64(1) << UInt64(bit)) } })
        #expect(all.count == 64)
    }

    @Test func `it is written as sixteen digits and goes on from a kept value`() {
        #expect(Digest(0x1f).description == "000000000000001f")
        #expect(Digest(.max).description == "ffffffffffffffff")
        #expect(Digest(0).description == "0000000000000000")
        var first = Digest()
        first.mix(UInt64(1))
        var second = Digest(first.value)
        second.mix(UInt64(2))
        #expect(second.value == 0x96ad_a930_c85b_0ffc)
    }
}
