"""The steps of one client's script: each is tried, and a failed one shows what was on the wire.

A script runs in a virtual environment of its own and talks to its driver, `clients.py`, in lines:
`ok STEP`, `FAIL STEP`, and `restart`, after which the driver restarts the controller and answers.
"""

import os
import sys
import time
import traceback

from support.tap import Tap

JOB = "muster.dev/v1"


class Unmet(Exception):
    """The server's answer was not the expected one."""


def expect(holds, why):
    """Fails the step where `holds` is false."""
    if not holds:
        raise Unmet(str(why)[:2000])


def wait_for(question, why, seconds=20, pause=0.1):
    """Asks until the answer is true, and returns it."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise Unmet(f"{why() if callable(why) else why} (waited {seconds} s)")
        time.sleep(pause)


def job(name, command, ranks=1, labels=None, **spec):
    """A job of one role, `w`, that runs a shell command."""
    role = {
        "name": "w",
        "replicas": ranks,
        "resources": {"cpus": "20m"},
        "command": ["sh", "-c", command],
    }
    return {
        "apiVersion": JOB,
        "kind": "Job",
        "metadata": {"name": name, "labels": labels or {}},
        "spec": {"roles": [role], **spec},
    }


def pool(name):
    """A pool of no machines, which may be scaled."""
    kinds = [{"name": "small", "cpus": 4, "memory": "8Gi", "gpus": 0}]
    spec = {"providerRef": {"name": "nobody"}, "instanceTypes": kinds, "replicas": 0}
    return {"apiVersion": JOB, "kind": "NodePool", "metadata": {"name": name}, "spec": spec}


class Checklist:
    """Runs the steps in their order, all of them, and ends with a status."""

    def __init__(self):
        self.tap = Tap()
        self.space = os.environ["MUSTER_SPACE"]
        self.kubeconfig = os.environ["KUBECONFIG"]
        self.failed = 0

    def say(self, line):
        print(line, flush=True)

    def restart(self):
        """Asks for a kill -9 and a start of the controller, and waits until it is ready again."""
        self.say("restart")
        answer = sys.stdin.readline().strip()
        expect(answer == "restarted", f"the driver answered {answer!r}")

    def run(self, *steps):
        for step in steps:
            began = time.monotonic()
            try:
                step(self)
                self.say(f"ok {step.__name__} {time.monotonic() - began:.2f}")
            except BaseException as error:  # Also what a client's own thread or loop gives up with.
                self.failed += 1
                why = " | ".join(str(error).splitlines())
                self.say(f"FAIL {step.__name__}: {type(error).__name__}: {why[:1500]}")
                print(traceback.format_exc(limit=-4), file=sys.stderr)
                print(f"--- on the wire in {step.__name__}:", file=sys.stderr)
                print(self.tap.since(began), file=sys.stderr, flush=True)
        sys.stdout.flush()
        os._exit(1 if self.failed else 0)
