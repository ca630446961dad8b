#!/usr/bin/env -S python3 -B
"""muster simulate: the same bytes in any process, a running daemon's queue, and its exports.

The inputs are the commented examples that users begin with, so they are held to work as well.
"""

import csv
import filecmp
import json
import os
import subprocess

from support.api import JOBS, job, job_list
from support.cluster import Agent, Controller, program
from support.suite import expect, run, wait_until

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
EXAMPLES = os.path.join(ROOT, "Config", "simulation")
FILES = [
    "decisions.csv", "jobs.csv", "jobs.json", "report.html", "report.json", "summary.json"]
WAITING = 40


def muster(*words):
    """One command: its exit status, its output and its errors."""
    # The suite's reaper may wait for the process before we do: the status comes by another way.
    ended = subprocess.run(
        ["sh", "-c", '"$@"; echo $? >&2', "sh", program("muster"), *words],
        capture_output=True, text=True, timeout=120, check=False)
    errors, _, status = ended.stderr.rstrip("\n").rpartition("\n")
    return int(status), ended.stdout, errors


def simulate(*words):
    status, output, errors = muster("simulate", *words, "-o", "json")
    expect(status == 0, f"simulate {' '.join(words)} ended with {status}: {errors}")
    return json.loads(output)["runs"]


def same_bytes(suite):
    """Ten seeds, two processes each, every file of both."""
    inputs = ["--cluster", f"{EXAMPLES}/cluster.yaml", "--trace", f"{EXAMPLES}/workload.yaml"]
    digests = set()
    for seed in range(1, 11):
        for policy in ("muster", f"{EXAMPLES}/policy.yaml"):
            folders = [os.path.join(suite.directory, f"{seed}-{turn}") for turn in "ab"]
            for folder in folders:
                [found] = simulate(
                    *inputs, "--policy", policy, "--seed", str(seed), "--out", folder, "--check")
            digests.add(found["digests"][0])
            equal, different, missing = filecmp.cmpfiles(*folders, FILES, shallow=False)
            expect(
                sorted(equal) == FILES, f"seed {seed}, {policy}: {different + missing} differ")
            status, output, _ = muster("bisect", *folders)
            expect(status == 0 and "all of them equal" in output, f"bisect: {output}")
    expect(len(digests) == 20, f"twenty runs have {len(digests)} digests: do they decide at all?")
    status, output, _ = muster("bisect", *(os.path.join(suite.directory, f"{n}-a") for n in (1, 2)))
    expect(status == 1 and "is the first to differ" in output, f"bisect of two seeds: {output}")
    status, output, errors = muster(
        "simulate", "--compare", *(os.path.join(suite.directory, f"{n}-a") for n in (1, 2)),
        "--out", os.path.join(suite.directory, "compared"))
    expect(status == 0 and "mean wait" in output, f"compare: {output}{errors}")
    suite.note("20 runs gave the same six files in two processes each")


def refusals(suite):
    """A bad line is named with its file, its number and a reason, and nothing is run."""
    bad = os.path.join(suite.directory, "bad.swf")
    with open(bad, "w") as file:
        file.write("; a log\n1 0 -1 10 1 -1 -1 1 20 -1 1 1 1 1 1 1 -1 -1\n2 5 -1 x 1\n")
    status, output, errors = muster(
        "simulate", "--cluster", f"{EXAMPLES}/cluster.yaml", "--trace", bad)
    expect(status == 1 and not output, f"a bad trace ended with {status}: {output}")
    for part in ("bad.swf", "line 3", "5 fields where a job has 18"):
        expect(part in errors, f"“{part}” is not in: {errors}")
    yaml = os.path.join(suite.directory, "bad.yaml")
    with open(yaml, "w") as file:
        file.write("kind: Cluster\nnodes:\n- name: a\n  gpu: 8\n")
    status, _, errors = muster("simulate", "--cluster", yaml, "--trace", bad)
    for part in ("bad.yaml", "line 4", "gpus"):
        expect(status == 1 and part in errors, f"“{part}” is not in: {errors}")


def live_queue(suite):
    """What waits in a running daemon is run forward under two policies, and left alone."""
    controller = Controller(suite)
    controller.start()
    agent = Agent(suite, controller, cpus=2)
    agent.start()
    client = controller.client()
    jobs = [job(f"wait-{number}", "sleep 600", cpus="1", timeLimit=f"{1 + number % 5}h")
            for number in range(WAITING)]
    client.must("POST", JOBS, job_list(jobs))

    def running():
        items, _ = client.list(JOBS)
        return sum(item["status"]["phase"] == "Running" for item in items) == 2

    wait_until(20, running, "two of the jobs do not run")
    before = client.list(JOBS)[1]
    out = os.path.join(suite.directory, "live")
    runs = simulate(
        "--from", controller.data, "--policy", "muster", "--policy", "sjf", "--out", out)
    for found in runs:
        figures = {name: value["mean"] for name, value in found["figures"].items()}
        expect(figures["jobs"] == figures["finished"] == WAITING, f"{found['policy']}: {figures}")
        # Two CPUs, 120 hours of work.
        expect(abs(figures["makespan"] / 3600 - 60) < 3, f"makespan {figures['makespan']}")
    waits = {found["policy"]: found["figures"]["mean wait"]["mean"] for found in runs}
    expect(waits["sjf"] < waits["muster"], f"the shortest first does not help: {waits}")
    with open(f"{out}/muster/jobs.csv") as file:
        names = {row["job"] for row in csv.DictReader(file)}
    expect(names == {f"default/wait-{number}" for number in range(WAITING)}, f"{names}")
    expect(client.list(JOBS)[1] == before, "the daemon's queue was changed by being looked at")
    exports(suite, client)
    agent.stop()
    controller.stop()


def exports(suite, client):
    """Jobs and nodes as the API lists them are a workload and a cluster."""
    for number in range(6):
        client.must(
            "POST", JOBS, job(f"short-{number}", "sleep 1", cpus="100m", priority=900))
    for number in range(2):
        client.must("DELETE", f"{JOBS}/wait-{number}")

    def ended():
        items, _ = client.list(JOBS)
        return sum(item["status"]["phase"] == "Succeeded" for item in items) == 6

    wait_until(40, ended, "the short jobs do not end")
    files = {}
    for name, path in (("jobs", JOBS), ("nodes", "/api/v1/nodes")):
        files[name] = os.path.join(suite.directory, f"{name}.json")
        with open(files[name], "w") as file:
            json.dump(client.must("GET", path), file)
    [found] = simulate("--cluster", files["nodes"], "--trace", files["jobs"])
    expect(found["figures"]["finished"]["mean"] == 6, f"{found['figures']}")


def simulator_runs(suite):
    same_bytes(suite)
    refusals(suite)
    live_queue(suite)


run("simulator_runs", simulator_runs)
