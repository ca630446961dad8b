import Client
import Primitives
import Testing
import Wire

@testable import Commands

/// Goal: a script that ran under Slurm becomes the same request here, or is refused by line.
@Suite struct BatchScriptTests {
    private let nowhere = Surroundings { _ in nil }

    private func read(_ lines: String...) throws -> BatchReading {
        let text = (["#!/bin/bash"] + lines + ["echo hello"]).joined(separator: "\n")
        return try BatchReading(BatchScript(text), text: text, in: nowhere)
    }

    @Test(arguments: [
        "#SBATCH --nodes=2 --ntasks-per-node=4", "#SBATCH -N 2 --ntasks-per-node 4",
        "#SBATCH -N2 --ntasks=8", "#SBATCH -N 2-2 -n8", "#SBATCH   --nodes   2 --ntasks=8 # eight",
        "#SBATCH --nodes=\"2\" '--ntasks=8'", "#SBATCH -n 8",
        "#SBATCH --nodes=2 --ntasks-per-n=4", "#SBATCH -N=2 -n=8\r",
    ])
    func `eight ranks may be asked for in many ways`(line: String) throws {
        #expect(try read(line).request.replicas == 8)
    }

    @Test(arguments: [
        ("--nodes=2 --ntasks-per-node=8 --gpus-per-node=8", 1, nil),
        ("--nodes=2 --gpus-per-node=8", 8, nil), ("-N1 --gres=gpu:h100:8", 8, "h100"),
        ("-N2 --ntasks-per-node=4 --gres=gpu:4", 1, nil), ("-n 4 --gpus=8", 2, nil),
        ("-n 4 -G h100:4", 1, "h100"), ("-n 4 --gpus-per-task=2", 2, nil), ("-G2", 2, nil),
    ])
    func `every rank gets its share of the GPUs`(
        options: String, gpus: Int, model: String?
    ) throws {
        let request = try read("#SBATCH \(options)").request
        #expect(request.gpus == "\(gpus)")
        #expect(request.gpuModels == (model.map { [$0] } ?? []))
    }

    @Test(arguments: [
        ("--mem=64G --nodes=2 --ntasks-per-node=4", "16Gi"), ("--mem=64G", "64Gi"),
        ("--mem-per-cpu=2G -c 4", "8Gi"), ("--mem-per-gpu=10G --gpus=2", "20Gi"),
        ("--mem=1000 -n 3", "341334Ki"), ("--mem=0", nil),
    ])
    func `every rank gets its share of the memory`(options: String, memory: String?) throws {
        #expect(try read("#SBATCH \(options)").request.memory == memory)
    }

    @Test func `a whole script becomes one manifest`() throws {
        let reading = try read(
            "#SBATCH -J \"My Net\"", "#SBATCH -p research", "#SBATCH -t 1-12:00:00 -c 8",
            "# a remark", "", "#SBATCH --chdir=/data --comment='first try' --requeue",
            "#SBATCH --export=ALL,LR=0.1", "#MUSTER priority=200 gpuModels=h100,a100",
            "##SBATCH --nodes=99")
        #expect(reading.stem == "my-net")
        let manifest = reading.request.manifest(name: "n", namespace: "team")
        let text =
            #"{"apiVersion":"muster.dev/v1","kind":"Job","metadata":{"name":"n","#
            + #""namespace":"team","annotations":{"muster.dev/comment":"first try"}},"spec":"#
            + #"{"queue":"research","#
            + #""priority":200,"timeLimit":"129600s","retries":{"limit":1},"roles":[{"resources":"#
            + #"{"cpus":"8","gpuModels":["h100","a100"]},"script":"#
        let json = String(decoding: manifest.encode(), as: UTF8.self)
        #expect(json.hasPrefix(text))
        #expect(json.hasSuffix(#""env":{"LR":"0.1"},"workingDirectory":"/data"}]}}"#))
        #expect(reading.warnings == ["--export=ALL copies nothing: name variables with --env"])
    }

    @Test func `comments behind the first command are only comments`() throws {
        let text = "#!/bin/sh\n#SBATCH -n 2\necho\n#SBATCH -n 99\n#MUSTER nonsense\n"
        #expect(try BatchReading(BatchScript(text), text: text, in: nowhere).request.replicas == 2)
    }

    @Test(arguments: [
        "--array=0-9", "-a 0-9", "--array   0-1", "--dependency=afterok:1", "-d after:1",
        "--signal=USR2@90", "--nodelist=n1", "--constraint=h100", "--nodes=1-4",
    ])
    func `what would change the job's meaning is refused by line`(options: String) {
        let refusal = #expect(throws: Refusal.self) { try read("#SBATCH \(options)") }
        #expect(refusal?.field.hasPrefix("line 2.--") ?? false)
        #expect(refusal?.finding.contains("not available in this version") ?? false)
    }

    @Test func `what has no effect is warned of`() throws {
        let reading = try read(
            "#SBATCH --mail-type=END -o out.txt --brand-new thing --exclusive", "srun hostname")
        #expect(
            reading.warnings == [
                "line 2: --mail-type has no effect here", "line 2: --output has no effect here",
                "line 2: --brand-new has no effect here", "line 2: --exclusive has no effect here",
                "every rank runs the whole script, so srun is not needed: remove it",
            ])
    }

    @Test(arguments: [
        "#SBATCH --ntasks", "#SBATCH --ntasks=0", "#SBATCH --ntasks=-1",
        "#SBATCH --ntasks=99999999999999999999", "#SBATCH --comment=\"open", "#SBATCH hetjob",
        "#SBATCH words without dashes", "#SBATCH --gpus=3 -n 2", "#SBATCH -p a,b",
        "#SBATCH --gpus=h100:2,a100:2", "#SBATCH --mem-per-cpu=9000000T -c 1000000",
        "#MUSTER priority", "#MUSTER prioriti=1", "#MUSTER retries=-1", "#SBATCH --export=GONE",
    ])
    func `hostile lines are refused, never misread`(line: String) {
        #expect(throws: Refusal.self) { try read(line) }
    }

    @Test(arguments: 0..<200)
    func `any bytes behind the mark give an answer`(seed: Int) {
        var dice = Dice(seed: UInt64(seed))
        let alphabet = Array("-=:,#\"'\\ \tNnGJt0129agpu()sbatch\u{e9}\r")
        let noise = String((0..<dice.below(60)).map { _ in alphabet[dice.below(alphabet.count)] })
        for mark in ["#SBATCH", "#MUSTER"] {
            do {
                let reading = try read("\(mark) \(noise)")
                #expect((reading.request.replicas ?? 1) > 0, "seed \(seed)")
            } catch {
                #expect(error is Refusal, "seed \(seed)")
            }
        }
    }

    @Test(arguments: [
        ("train.sh", "train"), ("/a/b/My Script.v2.sh", "my-script-v2"), ("-", "job"),
        ("...", "job"), ("Łódź.sh", "d"), (String(repeating: "x", count: 99), nil),
    ])
    func `names are made from file names`(path: String, name: String?) {
        #expect(JobNames.stem(ofPath: path) == name ?? String(repeating: "x", count: 40))
    }
}
