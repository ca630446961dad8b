/// A number's text taken apart without rounding: `mantissa` times ten to the `exponent`.
struct DecimalText: Hashable, Sendable {
    var isNegative = false
    var mantissa: UInt128 = 0
    var exponent = 0
    /// Bytes of the text that belong to the number.
    var length = 0

    /// Reads digits, an optional fraction and, if asked, an exponent from the front of `text`.
    ///
    /// Nil without a digit, with more than 30 digits or with an exponent beyond three digits.
    init?(_ text: Span<UInt8>, readsExponent: Bool) {
        var at = 0
        if text.count > 0, text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: "+") {
            isNegative = text[0] == UInt8(ascii: "-")
            at = 1
        }
        var digits = 0
        var isFraction = false
        while at < text.count {
            if isDigit(text[at]) {
                digits += 1
                guard digits <= 30 else { return nil }
                mantissa = mantissa * 10 + UInt128(text[at] - 0x30)
                if isFraction { exponent -= 1 }
            } else if text[at] == UInt8(ascii: "."), !isFraction {
                isFraction = true
            } else {
                break
            }
            at += 1
        }
        guard digits > 0 else { return nil }
        length = at
        if readsExponent { guard addExponent(text) else { return nil } }
    }

    /// False when an exponent is there but absurd; true when it was added or there is none.
    private mutating func addExponent(_ text: Span<UInt8>) -> Bool {
        var at = length
        guard at < text.count, text[at] | 0x20 == UInt8(ascii: "e") else { return true }
        at += 1
        var isBelowOne = false
        if at < text.count, text[at] == UInt8(ascii: "-") || text[at] == UInt8(ascii: "+") {
            isBelowOne = text[at] == UInt8(ascii: "-")
            at += 1
        }
        // A bare `E` is the suffix for exa, not an exponent.
        guard at < text.count, isDigit(text[at]) else { return true }
        var value = 0
        while at < text.count, isDigit(text[at]) {
            value = value * 10 + Int(text[at] - 0x30)
            guard value < 1000 else { return false }
            at += 1
        }
        exponent += isBelowOne ? -value : value
        length = at
        return true
    }

    /// The magnitude times `factor` as a whole number, rounded up if allowed; else nil.
    func scaled(by factor: UInt128, roundsUp: Bool) -> UInt64? {
        guard mantissa != 0 else { return 0 }
        var (value, overflow) = mantissa.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        var rest = exponent
        while rest > 0 {
            (value, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            rest -= 1
        }
        var isExact = true
        while rest < 0, value > 0 {
            let (quotient, remainder) = value.quotientAndRemainder(dividingBy: 10)
            isExact = isExact && remainder == 0
            value = quotient
            rest += 1
        }
        guard isExact || roundsUp else { return nil }
        return UInt64(exactly: isExact ? value : value + 1)
    }

    /// The value as an integer of the given type, only if it is exactly that.
    func integer<T: FixedWidthInteger>(_ type: T.Type) -> T? {
        guard let magnitude = scaled(by: 1, roundsUp: false) else { return nil }
        if !isNegative { return T(exactly: magnitude) }
        return T(exactly: -Int128(magnitude))
    }
}
