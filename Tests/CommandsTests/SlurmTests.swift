import Primitives
import Testing

@testable import Commands

/// Goal: times, memory and GPUs mean what Slurm's manual says, and hostile text is refused.
@Suite struct SlurmTests {
    @Test(arguments: [
        ("90", 5400), ("1:30", 90), ("01:00:00", 3600), ("2-0", 172_800), ("1-12", 129_600),
        ("1-12:30", 131_400), ("1-12:30:15", 131_415), ("0:1", 1), ("0", nil), ("UNLIMITED", nil),
        ("infinite", nil), ("-1", nil), ("00:00:00", nil), ("999999999", 59_999_999_940),
    ])
    func `all spellings of a time are read`(text: String, seconds: Int?) throws {
        #expect(try SlurmTime.seconds(text, field: "--time") == seconds.map(Int64.init))
    }

    @Test(arguments: [
        "", ":", "1:", ":1", "1:2:3:4", "1-", "-", "1-2-3", "1-2:3:4:5", "ten", "1.5", "+5",
        "1 0", "9999999999", "١", "--time",
    ])
    func `what is no time is refused`(text: String) {
        let refusal = #expect(throws: Refusal.self) {
            try SlurmTime.seconds(text, field: "--time")
        }
        #expect(refusal?.field == "--time")
    }

    @Test(arguments: [
        ("30", "1800s"), ("1h30m", "1h30m"), ("90s", "90s"), ("2d", "2d"), ("1-0", "86400s"),
        ("unlimited", nil),
    ])
    func `our spans are taken beside Slurm's`(text: String, span: String?) throws {
        #expect(try SlurmTime.span(text, field: "--time") == span)
    }

    @Test(arguments: [
        ("500", "500Mi"), ("1024", "1Gi"), ("16G", "16Gi"), ("16g", "16Gi"), ("16GB", "16Gi"),
        ("1T", "1024Gi"), ("512K", "512Ki"), ("2048K", "2Mi"), ("1500M", "1500Mi"),
    ])
    func `all spellings of memory are read`(text: String, quantity: String) throws {
        let amount = try SlurmSizes.kibibytes(text, field: "--mem")
        #expect(SlurmSizes.quantity(kibibytes: amount) == quantity)
    }

    @Test(arguments: [
        "", "G", "-1", "1.5G", "16X", "1 G", "99999999999999999999", "9223372036854775807T",
    ])
    func `what is no memory is refused`(text: String) {
        #expect(throws: Refusal.self) { try SlurmSizes.kibibytes(text, field: "--mem") }
    }

    @Test(arguments: [
        ("gpu", 1, nil), ("gpu:4", 4, nil), ("gpu:h100:8", 8, "h100"), ("gpu:h100", 1, "h100"),
        ("gres:gpu:2", 2, nil), ("gpu:2(S:0-1)", 2, nil), ("gpu:a100:2(S:0)", 2, "a100"),
        ("license:1,gpu:3", 3, nil),
    ])
    func `all spellings of gres are read`(text: String, count: Int, model: String?) throws {
        let found = try SlurmSizes.gres(text, field: "--gres") { _ in }
        #expect(found == SlurmSizes.GPUs(count: count, model: model))
    }

    @Test(arguments: ["gpu:", "gpu:x:", "gpu::2", "gpu:a:1:2", "gpu:1,gpu:2", "gpu:h100:-1"])
    func `what is no gres is refused`(text: String) {
        #expect(throws: Refusal.self) { try SlurmSizes.gres(text, field: "--gres") { _ in } }
    }
}
