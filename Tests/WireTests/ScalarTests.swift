import Foundation
import Primitives
import Testing
import Wire

/// Goal: amounts, spans and moments are exact and hostile ones are refused. Method: tables, and the
/// calendar of Foundation as a second opinion.
@Suite struct ScalarTests {
    @Test(
        arguments: [
            ("0", 0, "0"), ("1", 1000, "1"), ("500m", 500, "500m"), ("0.25", 250, "250m"),
            ("1500m", 1500, "1500m"), ("2000m", 2000, "2"), ("1e3", 1_000_000, "1000"),
            ("1E3", 1_000_000, "1000"), ("1k", 1_000_000, "1000"),
            ("1.5Gi", 1_610_612_736_000, "1536Mi"),
            ("64Gi", 68_719_476_736_000, "64Gi"), ("1Ti", 1_099_511_627_776_000, "1Ti"),
            ("100n", 1, "1m"), ("1u", 1, "1m"), ("1001u", 2, "2m"), ("0.0001", 1, "1m"),
            (".5", 500, "500m"),
            ("5.", 5000, "5"), ("+5", 5000, "5"), ("-0", 0, "0"),
            ("1E", -1, ""),
            ("2M", 2_000_000_000, "2000000"), ("3P", 3_000_000_000_000_000_000, "3000000000000000"),
            ("8Pi", 9_007_199_254_740_992_000, "8Pi"), ("0E", 0, "0"), ("1e-3", 1, "1m"),
            ("512Ki", 524_288_000, "524288"),
            ("9223372036854775", 9_223_372_036_854_775_000, "9223372036854775"),
            ("9223372036854776", -1, ""),
            ("9Pi", -1, ""), ("1e16", -1, ""), ("1e999", -1, ""), ("1e9999", -1, ""),
            ("99999999999999999999999999999999999", -1, ""), ("-1", -1, ""), ("-1m", -1, ""),
            ("", -1, ""),
            ("Gi", -1, ""), ("1gi", -1, ""), ("1GB", -1, ""), ("1 Gi", -1, ""), ("0x10", -1, ""),
            ("1Kii", -1, ""),
            ("1.2.3", -1, ""), ("1e", -1, ""), ("1e+", -1, ""), ("NaN", -1, ""), ("1K", -1, ""),
            ("--1", -1, ""),
            ("1i", -1, ""), ("١", -1, ""), (".", -1, ""), ("e3", -1, ""),
        ] as [(String, Int64, String)])
    func `quantities are exact or refused`(text: String, milli: Int64, canonical: String) {
        let value = try? Quantity(text)
        #expect(value?.milli == (milli < 0 ? nil : milli))
        if let value { #expect(value.description == canonical) }
    }

    @Test func `quantities round up and accept JSON numbers`() throws {
        #expect(Quantity(milli: 1001).whole == 2 && Quantity(milli: 1000).whole == 1)
        #expect(Quantity(milli: .max).whole == 9_223_372_036_854_776)
        func read(_ json: String) -> Quantity? {
            try? WireDecoder.decode(Quantity.self, json: Array(json.utf8))
        }
        #expect(
            read("8")?.milli == 8000 && read("0.5")?.milli == 500 && read("1e3")?.milli == 1_000_000
        )
        #expect(read("true") == nil && read("[]") == nil && read("-2") == nil)
        #expect(
            Quantity(milli: .max).adding(Quantity(milli: 1)) == nil && Quantity(whole: .max) == nil)
        let refusal = #expect(throws: Refusal.self) { try Quantity("lots") }
        #expect(refusal?.remedy == "Write an amount such as 500m, 8 or 64Gi")
    }

    @Test(
        arguments: [
            ("4h30m", 16_200_000, "4h30m"), ("90s", 90_000, "1m30s"),
            ("1d12h", 129_600_000, "1d12h"),
            ("250ms", 250, "250ms"), ("90", 90_000, "1m30s"), ("0", 0, "0s"), ("0s", 0, "0s"),
            ("36h", 129_600_000, "1d12h"),
            ("1.5h", 5_400_000, "1h30m"), ("1h0m0s", 3_600_000, "1h"),
            ("1m250ms", 60_250, "1m250ms"),
            ("0.5", 500, "500ms"), ("36525d", 3_155_760_000_000, "36525d"), ("36526d", -1, ""),
            ("", -1, ""), ("s", -1, ""),
            ("1x", -1, ""), ("1m1h", -1, ""), ("1h1h", -1, ""), ("1h30", -1, ""), ("-1s", -1, ""),
            ("1h-1m", -1, ""),
            ("+1s", -1, ""), ("1 h", -1, ""), ("1H", -1, ""), ("99999999999999999999999s", -1, ""),
            ("1us", -1, ""), ("1e3", -1, ""),
            ("18446744073709551616ms", -1, ""), ("1hm", -1, ""), ("forever", -1, ""),
        ] as [(String, Int64, String)])
    func `durations are exact or refused`(text: String, milliseconds: Int64, canonical: String) {
        let value = try? WireDuration(text)
        #expect(value?.milliseconds == (milliseconds < 0 ? nil : milliseconds))
        if let value { #expect(value.description == canonical) }
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-11-20T10:00:00Z", 1_795_168_800_000),
            ("2026-11-20T12:00:00+02:00", 1_795_168_800_000),
            ("2026-11-20T04:30:00-05:30", 1_795_168_800_000),
            ("2026-11-20t10:00:00z", 1_795_168_800_000),
            ("2026-11-20T10:00:00.123Z", 1_795_168_800_123),
            ("2026-11-20T10:00:00.123999999Z", 1_795_168_800_123),
            ("2026-11-20T10:00:00.1Z", 1_795_168_800_100),
            ("2000-02-29T00:00:00Z", 951_782_400_000), ("2024-02-29T23:59:59Z", 1_709_251_199_000),
            ("1969-12-31T23:59:59.999Z", -1), ("0000-01-01T00:00:00Z", -62_167_219_200_000),
            ("9999-12-31T23:59:59Z", 253_402_300_799_000),
        ] as [(String, Int64)])
    func `moments are read exactly`(text: String, milliseconds: Int64) throws {
        #expect(try Timestamp(text).milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026-11-20", "2026-11-20T10:00:00", "2026-11-20 10:00:00Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+0200",
        "2026-01-01T00:00:00+02", "2026-1-1T00:00:00Z0", "2026-01-01T00:00:00ZZ",
        "-026-01-01T00:00:00Z",
        "20260101T000000Z00000", "9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00+00:01",
        "２026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.12345678901234567890123456789Z", "2026-01-01T00:00:00,5Z",
        "yesterday at around noon",
    ])
    func `other texts are no moments`(text: String) {
        #expect(throws: Refusal.self) { try Timestamp(text) }
    }

    @Test(arguments: UInt64(0)..<8)
    func `the calendar agrees with Foundation's`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let format = Date.ISO8601FormatStyle(includingFractionalSeconds: false)
        for _ in 0..<500 {
            let seconds =
                Int64(dice.below(410_000_000_000)) - 62_135_596_800
            guard seconds < 253_402_300_799, seconds > -12_219_292_800 else { continue }
            let moment = Timestamp(milliseconds: seconds * 1000)
            let theirs = Date(timeIntervalSince1970: Double(seconds)).formatted(format)
            #expect(moment.description == theirs, "seed \(seed)")
            #expect(try Timestamp(theirs) == moment, "seed \(seed)")
        }
    }

    @Test func `moments are written with as many digits as asked`() {
        let moment = Timestamp(milliseconds: 1_795_168_800_045)
        #expect(moment.description == "2026-11-20T10:00:00Z")
        #expect(moment.text(fraction: 3) == "2026-11-20T10:00:00.045Z")
        #expect(moment.text(fraction: 6) == "2026-11-20T10:00:00.045000Z")
        #expect(moment.text(fraction: 99) == "2026-11-20T10:00:00.045000000Z")
        #expect(Timestamp(milliseconds: -1).text(fraction: 3) == "1969-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: .max).description == "9999-12-31T23:59:59Z")
        #expect(Timestamp(milliseconds: .min).description == "0000-01-01T00:00:00Z")
    }

    @Test func `string maps keep byte order and know keys by their bytes`() throws {
        var map: StringMap = ["b": "2", "a": "1", "é": "3", "e\u{301}": "4"]
        #expect(
            map.keys.map { Array($0.utf8) } == [[0x61], [0x62], [0x65, 0xcc, 0x81], [0xc3, 0xa9]])
        #expect(map["é"] == "3" && map["e\u{301}"] == "4" && map["x"] == nil)
        map["a"] = nil
        map["c"] = "5"
        #expect(map.map { $0.value } == ["2", "5", "4", "3"])
        #expect(
            String(decoding: WireEncoder.encode(["z": "1", "y": "2"] as StringMap), as: UTF8.self)
                == #"{"y":"2","z":"1"}"#)
        #expect(throws: Refusal.self) {
            try WireDecoder.decode(StringMap.self, json: Array(#"{"a":"1","a":"2"}"#.utf8))
        }
        #expect(throws: Refusal.self) {
            try WireDecoder.decode(StringMap.self, json: Array(#"{"a":1}"#.utf8))
        }
        let theirs = try JSONDecoder().decode(
            StringMap.self, from: Data(#"{"z":"1","y":"2"}"#.utf8))
        #expect(theirs == ["y": "2", "z": "1"])
    }

    @Test func `the nearest name is found, or none`() {
        let names = ["replicas", "resources", "restart", "name"]
        #expect(nearest("replcias", among: names) == "replicas")
        #expect(nearest("Replica", among: names) == "replicas")
        #expect(nearest("resource", among: names) == "resources")
        #expect(nearest("nmae", among: names) == "name")
        #expect(nearest("zzzzzz", among: names) == nil && nearest("", among: names) == nil)
    }
}
