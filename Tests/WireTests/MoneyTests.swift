import Primitives
import Testing
import Wire

/// Goal: prices and portions are exact and hostile ones are refused. Method: tables.
@Suite struct MoneyTests {
    @Test(
        arguments: [
            ("98.32", 98_320_000, "98.32"), ("0", 0, "0"), ("4", 4_000_000, "4"),
            ("0.000001", 1, "0.000001"), ("1.500000", 1_500_000, "1.5"), ("007", 7_000_000, "7"),
            ("1000000000", 1_000_000_000_000_000, "1000000000"), ("1000000000.000001", -1, ""),
            ("0.0000001", -1, ""), ("-1", -1, ""), ("+1", -1, ""), ("1e3", -1, ""), ("1.", -1, ""),
            (".5", -1, ""), ("", -1, ""), ("$5", -1, ""), ("5 EUR", -1, ""), ("1,5", -1, ""),
            ("99999999999999999999999999999999", -1, ""), ("0.1000000", 100_000, "0.1"),
        ] as [(String, Int64, String)])
    func `prices are exact to the millionth or refused`(
        text: String, micros: Int64, canonical: String
    ) {
        let price = try? Price(text)
        #expect(price?.micros == (micros < 0 ? nil : micros))
        if let price { #expect(price.description == canonical) }
    }

    @Test(
        arguments: [
            ("2", .count(2)), ("0", .count(0)), ("1000000", .count(1_000_000)),
            ("10%", .percent(10)), ("0%", .percent(0)), ("100%", .percent(100)), ("101%", nil),
            ("1000001", nil), ("", nil), ("%", nil), ("-1", nil), ("1.5%", nil), ("10 %", nil),
            ("10%%", nil), ("99999999999999999999", nil), ("٣", nil),
        ] as [(String, Portion?)])
    func `portions are numbers or shares`(text: String, portion: Portion?) {
        #expect((try? Portion(text)) == portion)
    }

    @Test func `both read numbers and texts, and come back as they were`() throws {
        struct Both: Codable, Equatable {
            var price: Price
            var portion: Portion
        }
        for json in [#"{"price":"98.32","portion":2}"#, #"{"price":"98.32","portion":"10%"}"#] {
            let read = try WireDecoder.decode(Both.self, json: Array(json.utf8))
            #expect(String(decoding: WireEncoder.encode(read), as: UTF8.self) == json)
        }
        let number = try WireDecoder.decode(Price.self, json: Array("98.32".utf8))
        #expect(number.micros == 98_320_000)
        let refusal = #expect(throws: Refusal.self) {
            try WireDecoder.decode(Both.self, json: Array(#"{"price":{},"portion":1}"#.utf8))
        }
        #expect(refusal?.field == "price")
        #expect(refusal?.finding == "expected a price, found an object")
    }
}
