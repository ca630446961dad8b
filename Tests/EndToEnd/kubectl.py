#!/usr/bin/env -S python3 -B
"""The real kubectl against Muster: what people type first, and what it must print."""

import json
import os
import shutil
import signal
import subprocess
import time

from support.cluster import Agent, Controller
from support.suite import Failure, expect, run, wait_until

SPEC = """
apiVersion: muster.dev/v1
kind: Job
metadata:
  name: {name}
  labels: {{team: {team}}}
spec:
  roles:
  - name: w
    replicas: {ranks}
    resources: {{cpus: 20m}}
    command: [sh, -c, {command}]
"""


class Kubectl:
    """kubectl with the cluster's own kubeconfig, and nothing of this machine's."""

    def __init__(self, suite, controller):
        self.suite = suite
        self.program = shutil.which("kubectl")
        expect(self.program, "kubectl is not installed; see Scripts/setup --check")
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": suite.path("home"),
            "KUBECONFIG": os.path.join(controller.data, "admin.kubeconfig"),
        }
        os.makedirs(suite.path("home"), exist_ok=True)

    def start(self, *arguments, **more):
        return subprocess.Popen(
            [self.program, *arguments],
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.PIPE,
            **more,
        )

    def try_run(self, *arguments, given=None):
        """Runs it; returns the exit status, what it printed and what it complained of."""
        process = self.start(*arguments)
        try:
            output, errors = process.communicate(given, timeout=20)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise Failure(f"kubectl {' '.join(arguments)} does not end") from error
        return process.returncode, output, errors

    def __call__(self, *arguments, given=None, has=()):
        """Runs it; it must succeed and print what is named in `has`."""
        status, output, errors = self.try_run(*arguments, given=given)
        line = f"kubectl {' '.join(arguments)}"
        expect(status == 0, f"{line}: status {status}: {errors.strip()[-400:]}")
        for word in [has] if isinstance(has, str) else has:
            expect(word in output, f"{line}: no {word!r} in {output[-600:]!r} {errors[-200:]!r}")
        return output

    def refuses(self, *arguments, given=None, has=""):
        """Runs it; it must fail and say so."""
        status, output, errors = self.try_run(*arguments, given=given)
        line = f"kubectl {' '.join(arguments)}"
        expect(status != 0, f"{line}: succeeded with {output[-300:]!r}")
        expect(has in errors, f"{line}: no {has!r} in {errors[-400:]!r}")


def manifest(name, command, ranks=1, team="red"):
    return SPEC.format(name=name, command=json.dumps(command), ranks=ranks, team=team)


def columns(output):
    """A printed table as rows of its first line's words."""
    lines = output.strip().splitlines()
    return [line.split() for line in lines]


def discover(kubectl):
    kubectl("version", has="Server Version: v1.")
    words = kubectl("api-resources", has=["muster.dev/v1", "Job", "Node", "Pod", "Queue"])
    expect("jobs" in words, words)
    kubectl("api-resources", "--api-group=muster.dev", "-o", "name", has="jobs.muster.dev")
    kubectl("get", "--raw", "/readyz", has="ok")


def apply_and_get(suite, kubectl):
    stop = suite.path("stop")
    waits = f"echo rank $MUSTER_RANK is up; until [ -e {stop} ]; do sleep 0.1; done"
    kubectl("apply", "--validate=false", "-f", "-", given=manifest("long", waits, 2), has="created")
    kubectl(
        "apply", "--validate=false", "-f", "-", given=manifest("long", waits, 2), has="unchanged"
    )
    kubectl(
        "apply",
        "--validate=false",
        "-f",
        "-",
        given=manifest("long", waits, 2, "blue"),
        has="configured",
    )
    kubectl(
        "create", "--validate=false", "-f", "-", given=manifest("short", "exit 3"), has="created"
    )
    kubectl.refuses(
        "create",
        "--validate=false",
        "-f",
        "-",
        given=manifest("short", "exit 3"),
        has="AlreadyExists",
    )
    wait_until(
        20,
        lambda: columns(kubectl("get", "jobs.muster.dev", "long"))[1][2] == "Running",
        "job long does not run",
    )
    rows = columns(kubectl("get", "jobs.muster.dev"))
    expect(rows[0][:4] == ["NAME", "QUEUE", "PHASE", "RANKS"], f"columns are {rows[0]}")
    expect({row[0] for row in rows[1:]} == {"long", "short"}, f"rows are {rows}")
    kubectl("get", "jobs.muster.dev", "-o", "wide", has=["NODES", "node-a", "PRIORITY"])
    kubectl("get", "jobs.muster.dev", "long", "-o", "yaml", has=["phase: Running", "team: blue"])
    kubectl("get", "jobs.muster.dev", "-A", has=["NAMESPACE", "default"])
    kubectl("get", "jobs.muster.dev", "long", "-o", "jsonpath={.status.ranks.total}", has="2")
    kubectl("get", "pods", has=["long-w-0", "long-w-1", "1/1"])
    kubectl("get", "pods", "-o", "wide", has=["NODE", "node-a"])
    kubectl("get", "nodes", has=["node-a", "Ready"])
    kubectl("get", "ns", has="default")
    kubectl("get", "queues", has="default")
    kubectl.refuses("get", "jobs.muster.dev", "nobody", has="NotFound")


def select(kubectl):
    wait_until(
        20,
        lambda: columns(kubectl("get", "jobs.muster.dev", "short"))[1][2] == "Failed",
        "job short does not fail",
    )
    blue = kubectl("get", "jobs.muster.dev", "-l", "team=blue", "-o", "name")
    expect(blue.split() == ["job.muster.dev/long"], f"team=blue gives {blue!r}")
    other = kubectl("get", "jobs.muster.dev", "-l", "team!=blue,team", "-o", "name")
    expect(other.split() == ["job.muster.dev/short"], f"team!=blue gives {other!r}")
    either = kubectl("get", "jobs.muster.dev", "-l", "team in (red, blue)", "-o", "name")
    expect(len(either.split()) == 2, f"team in (red, blue) gives {either!r}")
    named = kubectl(
        "get", "jobs.muster.dev", "--field-selector", "metadata.name=long", "-o", "name"
    )
    expect(named.split() == ["job.muster.dev/long"], f"metadata.name=long gives {named!r}")
    failed = kubectl(
        "get", "jobs.muster.dev", "--field-selector", "status.phase=Failed", "-o", "name"
    )
    expect(failed.split() == ["job.muster.dev/short"], f"status.phase=Failed gives {failed!r}")
    kubectl.refuses("get", "jobs.muster.dev", "--field-selector", "spec.colour=red")


def change(kubectl):
    kubectl("label", "jobs.muster.dev", "long", "tier=gold", has="labeled")
    kubectl("label", "jobs.muster.dev", "long", "tier-", has="unlabeled")
    kubectl("annotate", "jobs.muster.dev", "long", "note=seen", has="annotated")
    kubectl(
        "patch",
        "jobs.muster.dev",
        "long",
        "--type=merge",
        "-p",
        '{"spec":{"priority":7}}',
        has="patched",
    )
    kubectl("get", "jobs.muster.dev", "long", "-o", "jsonpath={.spec.priority}", has="7")
    kubectl(
        "patch",
        "jobs.muster.dev",
        "long",
        "--type=json",
        "-p",
        '[{"op":"add","path":"/metadata/labels/via","value":"json"}]',
        has="patched",
    )
    kubectl("get", "jobs.muster.dev", "long", "-o", "jsonpath={.metadata.labels.via}", has="json")
    stale = kubectl("get", "jobs.muster.dev", "long", "-o", "json")
    kubectl("label", "jobs.muster.dev", "long", "newer=yes")
    kubectl.refuses("replace", "--validate=false", "-f", "-", given=stale, has="Conflict")
    fresh = kubectl("get", "jobs.muster.dev", "long", "-o", "json")
    kubectl("replace", "--validate=false", "-f", "-", given=fresh, has="replaced")


def read_logs(kubectl):
    kubectl("logs", "long-w-0", has="rank 0 is up")
    kubectl("logs", "long-w-1", "--tail=1", has="rank 1 is up")
    output = kubectl("logs", "-l", "muster.dev/job=long", "--prefix")
    for rank in (0, 1):
        expect(f"[pod/long-w-{rank}/w] rank {rank} is up" in output, f"logs --prefix: {output!r}")
    kubectl.refuses("logs", "long-w-7", has="NotFound")
    process = kubectl.start("logs", "-f", "long-w-0")
    time.sleep(0.5)
    expect(process.poll() is None, "logs -f ends while the rank runs")
    return process


def tend_nodes(kubectl):
    kubectl("cordon", "node-a", has="cordoned")
    kubectl("get", "nodes", has="SchedulingDisabled")
    kubectl(
        "create", "--validate=false", "-f", "-", given=manifest("held", "exit 0"), has="created"
    )
    time.sleep(0.5)
    rows = columns(kubectl("get", "jobs.muster.dev", "held"))
    expect(rows[1][2] == "Pending", f"a job starts on a cordoned node: {rows}")
    kubectl("uncordon", "node-a", has="uncordoned")
    wait_until(
        20,
        lambda: columns(kubectl("get", "jobs.muster.dev", "held"))[1][2] == "Succeeded",
        "a job does not start after uncordon",
    )
    kubectl("label", "node", "node-a", "rack=7", has="labeled")
    kubectl("describe", "node", "node-a", has=["node-a", "rack=7"])


def describe(kubectl):
    kubectl("describe", "jobs.muster.dev", "long", has=["Name:", "long", "Phase:", "Running"])
    kubectl("describe", "pod", "long-w-0", has=["long-w-0", "node-a"])
    kubectl("get", "events", has=["REASON", "OBJECT", "job/long"])
    kubectl("get", "events", "-A", has="job/short")


def watch_and_delete(suite, kubectl):
    process = kubectl.start("get", "jobs.muster.dev", "-w")
    time.sleep(0.7)
    kubectl("delete", "jobs.muster.dev", "short", has="deleted")
    kubectl.refuses("get", "jobs.muster.dev", "short", has="NotFound")
    kubectl(
        "create", "--validate=false", "-f", "-", given=manifest("seen", "exit 0"), has="created"
    )
    wait_until(
        20,
        lambda: columns(kubectl("get", "jobs.muster.dev", "seen"))[1][2] == "Succeeded",
        "job seen does not succeed",
    )
    kubectl(
        "wait", "jobs.muster.dev/seen", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=10s"
    )
    kubectl("wait", "jobs.muster.dev/seen", "--for=condition=Complete", "--timeout=10s")
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=10)
    expect("seen" in output and "Succeeded" in output, f"get -w shows {output!r}")
    follower = read_logs(kubectl)
    with open(suite.path("stop"), "w", encoding="ascii"):
        pass
    output, errors = follower.communicate(timeout=20)
    expect(follower.returncode == 0 and "rank 0 is up" in output, f"logs -f: {output!r} {errors!r}")
    kubectl("delete", "jobs.muster.dev", "--all", has=["long", "seen", "held"])
    expect(
        kubectl("get", "jobs.muster.dev", "-o", "name") == "", "jobs are left after delete --all"
    )


def kubectl_suite(suite):
    """Walks through kubectl's everyday commands."""
    controller = Controller(suite)
    controller.start()
    agent = Agent(suite, controller)
    agent.start()
    kubectl = Kubectl(suite, controller)
    for step in (
        discover,
        lambda use: apply_and_get(suite, use),
        select,
        change,
        tend_nodes,
        describe,
        lambda use: watch_and_delete(suite, use),
    ):
        step(kubectl)


run("kubectl", kubectl_suite)
