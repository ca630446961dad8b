/// Rows of cells, padded so that columns line up on a terminal.
struct Table {
    let header: [String]
    var rows: [[String]] = []

    init(header: [String]) { self.header = header }

    /// The whole table; the widths of the columns follow from what is in them.
    func text(withHeader: Bool = true) -> String {
        guard !rows.isEmpty else { return "" }
        return text(withHeader: withHeader, widths: widths())
    }

    /// Columns of at least the widths given, so that rows that come later still line up.
    func text(withHeader: Bool, widths: [Int]) -> String {
        ((withHeader ? [header] : []) + rows).map { Self.line($0, widths) }.joined()
    }

    func widths(atLeast least: [Int] = []) -> [Int] {
        var widths = header.map(Self.width)
        for (place, width) in least.enumerated() where place < widths.count {
            widths[place] = max(widths[place], width)
        }
        for row in rows {
            for (place, cell) in row.enumerated() where place < widths.count {
                widths[place] = max(widths[place], Self.width(Self.clean(cell)))
            }
        }
        return widths
    }

    private static func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (place, cell) in cells.enumerated() {
            let text = clean(cell)
            line += text
            guard place + 1 < cells.count, place < widths.count else { continue }
            line += String(repeating: " ", count: max(0, widths[place] - width(text)) + 3)
        }
        while line.hasSuffix(" ") { line.removeLast() }
        return line + "\n"
    }

    /// Cells stay on their line and cannot move the cursor; empty ones are shown as such.
    private static func clean(_ cell: String) -> String {
        guard !cell.isEmpty else { return "-" }
        let flat = cell.split(whereSeparator: \.isNewline).joined(separator: " ")
        return Console.printable(flat.split(separator: "\t").joined(separator: " "))
    }

    /// Columns that a text takes: wide letters take two, marks that join take none.
    static func width(_ text: String) -> Int {
        text.reduce(0) { $0 + width($1) }
    }

    private static func width(_ character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        if scalar.isASCII { return 1 }
        let properties = scalar.properties
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        let isPicture =
            properties.isEmojiPresentation
            || character.unicodeScalars.contains { $0.value == 0xfe0f }
        return isPicture || wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }

    /// Hangul, kana, Han and the full-width forms, by the blocks of East Asian Width.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xa960...0xa97c, 0xac00...0xd7a3,
        0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x20000...0x3fffd,
    ]
}
