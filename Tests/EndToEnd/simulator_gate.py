#!/usr/bin/env -S python3 -B
"""The simulator's classic policies give what others published, before any score of ours counts.

Every row runs as a user would run it: files in, JSON out. The published figures are read from the
tables as their authors left them; what is done to each trace stands in the YAML below.
"""

import csv
import json
import os
import subprocess
import tempfile
import time

from support.cluster import program
from support.suite import Failure, expect, run

DATA = os.path.abspath(
    os.path.join(os.path.dirname(__file__), "..", "..", "..", "shared", "data"))
WINDOWS = [1981, 2756, 4299, 8850, 3316, 2714, 5228, 7762, 4022, 7085]
PACKINGS = {
    "01-Random": "random", "02-DotProd": "dotprod", "03-GpuClustering": "gpuclustering",
    "04-GpuPacking": "gpupacking", "05-BestFit": "bestfit", "06-FGD": "fgd"}
HAND = {
    # submit, run, processors, estimate; then the starts by policy.
    "estimates": (
        [(0, 10, 3, 10), (1, 5, 3, 5), (2, 6, 1, 8), (3, 4, 1, 20), (4, 2, 4, 2)],
        {"fcfs": [0, 10, 10, 15, 19], "easy": [0, 10, 2, 8, 15],
         "conservative": [0, 10, 2, 8, 15]}),
    "exact": (
        [(0, 10, 3, 10), (1, 10, 3, 10), (2, 10, 4, 10), (3, 30, 1, 30)],
        {"easy": [0, 10, 33, 3], "conservative": [0, 10, 20, 30]}),
}


class Gate:
    """Runs the simulator and compares; keeps the largest difference of each set."""

    def __init__(self, folder):
        self.folder = folder
        self.files = 0
        self.largest = {}

    def file(self, text):
        self.files += 1
        path = os.path.join(self.folder, f"{self.files}.yaml")
        with open(path, "w") as file:
            file.write(text)
        return path

    def simulate(self, cluster, trace, policies, *more):
        words = [program("muster"), "simulate", "--cluster", cluster, "--trace", trace]
        for policy in policies:
            words += ["--policy", policy]
        done = subprocess.run(
            words + ["-o", "json", *more], capture_output=True, text=True, check=False)
        expect(done.stdout and not done.returncode, f"{' '.join(words)}: {done.stderr}")
        return json.loads(done.stdout)["runs"]

    def compare(self, group, what, ours, published, within):
        off = abs(ours - published)
        self.largest[group] = max(off, self.largest.get(group, 0))
        if off > within:
            raise Failure(f"{what}: {ours} where {published} was published, off by {off}")

    # MARK: one set each

    def kth(self):
        """Six rows of predictsim: flow and bounded slowdown to a millionth."""
        estimates = {"requested": "requested", "exact": "exact", "2x requested": "requested x 2"}
        cluster = self.file("kind: Cluster\nprocessors: 100\n")
        policies = {
            name: self.file(
                f"kind: Policy\nname: {name}\npolicy: {name}\nevents: planned-ends-first\n")
            for name in ("easy", "easy-sjbf")}
        rows = 0
        for row in csv.DictReader(open(f"{DATA}/hpc/published_predictsim_easy.csv")):
            if row["estimates"] not in estimates or row["policy"] not in policies:
                continue
            trace = self.file(
                f"trace:\n  file: {DATA}/hpc/KTH-SP2-1996-2.log.swf.gz\n"
                f"  endsAtRequest: true\n  estimates: {estimates[row['estimates']]}\n")
            [found] = self.simulate(cluster, trace, [policies[row["policy"]]])
            figures = found["figures"]
            expect(figures["finished"]["mean"] == int(row["jobs"]), f"{figures['finished']} jobs")
            for ours, theirs in [
                    ("mean flow", "avg_flow_s"), ("longest flow", "max_flow_s"),
                    ("mean bounded slowdown", "avg_bsld"),
                    ("longest bounded slowdown", "max_bsld"),
                    ("RMS bounded slowdown", "rms_bsld")]:
                self.compare(
                    "KTH-SP2", f"{row['policy']} {row['estimates']} {ours}",
                    figures[ours]["mean"], float(row[theirs]), 1e-6)
            rows += 1
        expect(rows == 6, f"{rows} rows of KTH-SP2 instead of 6")

    def lublin(self):
        """Twelve cells of RLScheduler: the mean of ten windows to two decimals."""
        cluster = self.file("kind: Cluster\nprocessors: 256\n")
        policies = {}
        for order in ("fcfs", "sjf", "f1"):
            for backfill in ("no", "yes"):
                rule = "strict" if backfill == "yes" else "none"
                policies[order, backfill] = self.file(
                    f"order: {order}\nbackfill: {rule}\ncommits: true\nevents: one-by-one\n")
        cells = 0
        published = {
            (row["trace"], row["backfill"]): row
            for row in csv.DictReader(open(f"{DATA}/hpc/published_rlscheduler_bsld.csv"))}
        for name, log in [("Lublin-1", "lublin_256"), ("Lublin-2", "lublin_256_new2")]:
            sums = dict.fromkeys(policies, 0)
            for first in WINDOWS:
                trace = self.file(
                    f"trace: {{file: {DATA}/hpc/{log}.swf.gz, skip: {first}, jobs: 1024, "
                    "estimates: exact}\n")
                found = self.simulate(cluster, trace, policies.values())
                for key, result in zip(policies, found):
                    sums[key] += result["figures"]["mean bounded slowdown"]["mean"]
            for (order, backfill), total in sums.items():
                value = float(published[name, backfill][order.upper()])
                self.compare(
                    "Lublin", f"{name} {order} backfill {backfill}", total / len(WINDOWS), value,
                    0.005)
                cells += 1
        expect(cells == 12, f"{cells} cells of Lublin instead of 12")

    def by_hand(self):
        """Two cases small enough to follow on paper: every start."""
        cluster = self.file("kind: Cluster\nprocessors: 4\n")
        for name, (jobs, starts) in HAND.items():
            trace = self.file("jobs:\n" + "".join(
                f"- {{name: j{row}, arrival: {submit}s, runtime: {span}s, processors: {wide}, "
                f"estimate: {estimate}s}}\n"
                for row, (submit, span, wide, estimate) in enumerate(jobs)))
            for policy, wanted in starts.items():
                out = os.path.join(self.folder, f"{name}-{policy}")
                [found] = self.simulate(cluster, trace, [policy], "--out", out)
                rows = list(csv.DictReader(open(f"{out}/jobs.csv")))
                seen = [int(row["started_s"]) for row in rows]
                expect(seen == wanted, f"{name} under {policy}: starts {seen}, not {wanted}")
                if (name, policy) == ("estimates", "easy"):
                    figures = found["figures"]
                    expect(figures["mean wait"]["mean"] == 5.0, f"{figures['mean wait']}")
                    expect(figures["makespan"]["mean"] == 17, f"{figures['makespan']}")

    def openb(self):
        """54 rows of FGD's paper: allocation at 100 and 130 % demand within 0.3 points.

        The seeds are theirs, and so are the throws: only the policy "random" differs by its dice.
        """
        cells = 0
        published = {}
        for row in csv.DictReader(open(f"{DATA}/openb/published/means_10_seeds.csv")):
            if row["metric"] == "alloc_pct":
                published[row["workload"], row["policy"]] = row
        for workload in sorted({name for name, _ in published}):
            trace = self.file(
                f"trace: {{file: {DATA}/openb/{workload}.csv.gz, draw: {{ratio: 1.3}}}}\n")
            found = self.simulate(
                f"{DATA}/openb/openb_node_list_gpu_node.csv", trace, PACKINGS.values(),
                "--seed", "42-51")
            for policy, result in zip(PACKINGS, found):
                for demand in (100, 130):
                    ours = result["allocationPercentByDemand"][str(demand)]["mean"]
                    theirs = float(published[workload, policy][f"d{demand}_mean"])
                    self.compare(
                        "openb", f"{workload} {policy} at {demand} %", ours, theirs, 0.3)
                    cells += 1
        expect(cells == 108, f"{cells} cells of openb instead of 108")


def simulator_gate(suite):
    with tempfile.TemporaryDirectory() as folder:
        gate = Gate(folder)
        for part in (gate.by_hand, gate.kth, gate.lublin, gate.openb):
            began = time.monotonic(), os.times().children_user
            part()
            suite.note(
                f"{part.__name__}: {time.monotonic() - began[0]:.1f} s, "
                f"{os.times().children_user - began[1]:.1f} s CPU")
        for group, off in gate.largest.items():
            suite.note(f"largest difference, {group}: {off:.3g}")


run("simulator_gate", simulator_gate)
