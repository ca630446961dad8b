import Host
import Primitives
import Simulation
import Wire

/// Two directories that `--out` has written, figure by figure.
struct SimulationComparison {
    private let left: String
    private let right: String

    init(_ left: String, _ right: String) {
        self.left = left
        self.right = right
    }

    func run(_ plan: SimulationPlan, _ console: Console) throws(Refusal) -> ExitCode {
        let first = try summary(left)
        let second = try summary(right)
        switch plan.format {
        case .json:
            let tree = JSON.object([
                JSON.Member("left", first), JSON.Member("right", second),
            ])
            console.write(Array(PrettyJSON.text(tree).utf8))
        default: console.write(Array(table(first, second).text().utf8))
        }
        if let folder = plan.folder {
            let runs = [
                try read(left, SimulationFolder.dataFile),
                try read(right, SimulationFolder.dataFile),
            ]
            let title = "\(name(first, left)) and \(name(second, right))"
            try SimulationFolder(folder).writePage(title: title, runs)
            console.note("written to \(folder)/\(SimulationFolder.reportFile)")
        }
        return .done
    }

    private func table(_ first: JSON, _ second: JSON) -> Table {
        var table = Table(
            header: ["", name(first, left), name(second, right), "difference", "in percent"])
        for figure in Summary.figures {
            guard let one = value(first, figure.name), let other = value(second, figure.name) else {
                continue
            }
            let isDull = figure.unit == "jobs" && figure.name != "jobs" && one == 0 && other == 0
            guard !isDull else { continue }
            table.rows.append([figure.name] + cells(one, other, figure.unit))
        }
        for demand in first["allocationPercentByDemand"]?.members ?? [] {
            guard let one = number(demand.value["mean"]),
                let other = number(second["allocationPercentByDemand"]?[demand.key]?["mean"])
            else { continue }
            table.rows.append(
                ["allocated at \(demand.key) % demand"] + cells(one, other, "%"))
        }
        return table
    }

    private func cells(_ one: Double, _ other: Double, _ unit: String) -> [String] {
        func text(_ value: Double) -> String {
            unit == "s"
                ? Figures.span(seconds: value)
                : Figures.decimal(value, places: unit == "jobs" ? 0 : 2)
        }
        let difference = other - one
        let sign = difference > 0 ? "+" : difference < 0 ? "-" : ""
        let percent =
            one == 0
            ? "" : sign + Figures.decimal(abs(difference / one) * 100, places: 1) + " %"
        return [text(one), text(other), sign + text(abs(difference)), percent]
    }

    private func name(_ summary: JSON, _ folder: String) -> String {
        "\(summary["policy"]?.string ?? "?") (\(folder))"
    }

    private func value(_ summary: JSON, _ figure: String) -> Double? {
        number(summary["figures"]?[figure]?["mean"])
    }

    private func number(_ value: JSON?) -> Double? {
        guard case .number(let text) = value else { return nil }
        return Double(text)
    }

    private func summary(_ folder: String) throws(Refusal) -> JSON {
        let bytes = try read(folder, SimulationFolder.summaryFile)
        do throws(Refusal) {
            let runs = JSON(try Document(json: bytes, limits: .trusted))["runs"]?.elements ?? []
            guard runs.count == 1 else {
                throw Refusal(
                    .malformed, finding: "it holds \(runs.count) policies",
                    remedy: "Name the folder of one of them")
            }
            return runs[0]
        } catch {
            throw error.under("\(folder)/\(SimulationFolder.summaryFile)")
        }
    }

    private func read(_ folder: String, _ name: String) throws(Refusal) -> [UInt8] {
        do throws(SystemError) {
            return try Files.read("\(folder)/\(name)", limit: 64 << 20)
        } catch {
            throw error.refusal(
                field: "--compare", remedy: "Name a directory that simulate --out has written")
        }
    }
}
