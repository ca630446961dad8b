#!/usr/bin/env -S python3 -B
"""Scores the present planner beside the classic policies and writes the rows down.

    MUSTER_BIN=.build/release Tests/Bench/quality.py [--gate] [--write]

Prints one Markdown row a score; with --write they replace those in Docs/Benchmarks.md. With --gate
the simulator is held against published tables first: scores of an instrument that is off are
worth nothing.
"""

import csv
import datetime
import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
DATA = os.path.join(ROOT, "..", "shared", "data")
MUSTER = os.path.join(os.environ.get("MUSTER_BIN", os.path.join(ROOT, ".build/release")), "muster")
PAGE = os.path.join(ROOT, "Docs", "Benchmarks.md")
BEGIN, END = "<!-- quality: begin -->", "<!-- quality: end -->"
WINDOWS = [1981, 2756, 4299, 8850, 3316, 2714, 5228, 7762, 4022, 7085]
OPENB = [
    "cpu050", "cpu100", "default", "gpushare100", "gpushare40", "gpuspec10", "gpuspec33",
    "multigpu20", "multigpu50"]


class Scores:
    """Runs simulations from files it writes, and gathers rows."""

    def __init__(self, folder):
        self.folder = folder
        self.count = 0
        self.rows = []

    def file(self, text):
        self.count += 1
        path = os.path.join(self.folder, f"{self.count}.yaml")
        with open(path, "w") as file:
            file.write(text)
        return path

    def simulate(self, cluster, trace, policies, *more):
        words = [MUSTER, "simulate", "--cluster", cluster, "--trace", trace, "-o", "json", *more]
        for policy in policies:
            words += ["--policy", policy]
        done = subprocess.run(words, stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)["runs"]

    def row(self, score, policy, seen, goal):
        self.rows.append(f"| {score} | {policy} | {seen} | {goal} |")
        print(self.rows[-1], flush=True)

    def packing(self):
        """Q1 and Q2: allocation when the demand that arrived is the capacity."""
        policies = ["muster", "fgd", "bestfit"]
        at = {policy: {} for policy in policies}
        for workload in OPENB:
            trace = self.file(
                f"trace: {{file: {DATA}/openb/openb_pod_list_{workload}.csv.gz, "
                "draw: {ratio: 1.3}}\n")
            runs = self.simulate(
                f"{DATA}/openb/openb_node_list_gpu_node.csv", trace, policies, "--seed", "42-51")
            for policy, run in zip(policies, runs):
                cells = run["allocationPercentByDemand"]
                at[policy][workload] = [cells[demand]["mean"] for demand in ("100", "90")]
        for policy, cells in at.items():
            mean = statistics.mean(values[0] for values in cells.values())
            self.row(
                "Q1 packing, openb, allocated at 100 % demand", policy,
                f"mean of 9 workloads {mean:.2f} %, default {cells['default'][0]:.2f} %",
                "95.0 (96.5)")
        for policy, cells in at.items():
            full, most = cells["gpuspec33"]
            self.row(
                "Q2 constrained packing, gpuspec33, at 100 / 90 %", policy,
                f"{full:.2f} / {most:.2f} %", "95 / 87.5")

    def queueing(self):
        """Q4: mean bounded slowdown of KTH-SP2 by requested times."""
        cluster = self.file("processors: 100\n")
        trace = self.file(
            f"trace: {{file: {DATA}/hpc/KTH-SP2-1996-2.log.swf.gz, endsAtRequest: true}}\n")
        policies = ["muster", "fcfs", "easy", "easy-sjbf", "expansion-area"]
        for policy, run in zip(policies, self.simulate(cluster, trace, policies)):
            figures = run["figures"]
            self.row(
                "Q4 queueing, KTH-SP2, mean bounded slowdown (longest wait)", policy,
                f"{figures['mean bounded slowdown']['mean']:.2f} "
                f"({figures['longest wait']['mean']:,.0f} s)", "38 (420,000 s)")

    def windows(self):
        """Q5: the Lublin windows, and how often somebody waits 2.5 times as long as in EASY."""
        cluster = self.file("processors: 256\n")
        policies = ["muster", "easy", "sjf", "smallest"]
        means = {policy: [] for policy in policies}
        over = dict.fromkeys(policies, 0)
        for log in ("lublin_256", "lublin_256_new2"):
            sums = {policy: [] for policy in policies}
            for first in WINDOWS:
                trace = self.file(
                    f"trace: {{file: {DATA}/hpc/{log}.swf.gz, skip: {first}, jobs: 1024, "
                    "estimates: exact}\n")
                runs = dict(zip(policies, self.simulate(cluster, trace, policies)))
                longest = {
                    name: run["figures"]["longest wait"]["mean"] for name, run in runs.items()}
                for name, run in runs.items():
                    sums[name].append(run["figures"]["mean bounded slowdown"]["mean"])
                    over[name] += longest[name] > 2.5 * longest["easy"]
            for name, values in sums.items():
                means[name].append(statistics.mean(values))
        for name, (first, second) in means.items():
            self.row(
                "Q5 windows, Lublin-1 / Lublin-2, mean bounded slowdown", name,
                f"{first:.2f} / {second:.2f}; {over[name]} of 20 windows over the cap on waits",
                "50 / 65, none over")

    def gangs(self):
        """Q6: a month of Philly on 80 nodes of 8."""
        cluster = self.file("nodes:\n- {name: n, count: 80, cpus: 64, gpus: 8}\n")
        policies = ["muster", "fcfs", "easy", "sjf"]
        trace = self.file(
            f"trace: {{file: {DATA}/philly/philly_2017-10.csv.gz, estimates: "
            '"ladder 5m 1h 12h 1d 7d 60d"}\n')
        out = os.path.join(self.folder, "gangs")
        self.simulate(cluster, trace, policies, "--out", out)
        for policy in policies:
            with open(f"{out}/{policy}/jobs.csv") as file:
                jobs = list(csv.DictReader(file))
            waits = [float(job["wait_s"]) for job in jobs if job["wait_s"]]
            large = [
                float(job["wait_s"]) for job in jobs
                if job["wait_s"] and float(job["gpus"]) >= 8]
            self.row(
                "Q6 gangs, Philly 2017-10, mean wait all / 8 GPUs and more (longest)", policy,
                f"{statistics.mean(waits):,.0f} / {statistics.mean(large):,.0f} s "
                f"({max(waits):,.0f} s)", "1,500 / 8,000 s (160,000 s)")

    def pool(self):
        """Q8: there is nothing yet that would switch a machine off."""
        self.row(
            "Q8 pool size, node-minutes saved", "muster",
            "0 %, no boots, no shortage: pools have a fixed size as yet", "20 % with <= 50 boots")


def main():
    if "--gate" in sys.argv:
        gate = os.path.join(ROOT, "Tests", "EndToEnd", "simulator_gate.py")
        subprocess.run([gate], check=True)
    with tempfile.TemporaryDirectory() as folder:
        scores = Scores(folder)
        for part in (
                scores.packing, scores.queueing, scores.windows, scores.gangs, scores.pool):
            part()
    if "--write" not in sys.argv:
        return
    with open(PAGE) as file:
        text = file.read()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    head = f"\n{datetime.date.today()}, `Scripts/bench quality`:\n\n"
    table = "| Score | Policy | Seen | Goal |\n|---|---|---|---|\n" + "\n".join(scores.rows)
    with open(PAGE, "w") as file:
        file.write(before + BEGIN + head + table + "\n" + END + after)


if __name__ == "__main__":
    main()
