#!/usr/bin/env -S python3 -B
"""A sync that fails: nothing is acknowledged after it, and a fresh process finds all that was."""

import re
import shutil
import time

from support.api import JOBS, Refused, Unreachable, job
from support.cluster import Controller
from support.suite import Failure, Skipped, expect, run, wait_until

SUBMITS = 60
# An answer may have left the server before the failure and reach us a little later.
ON_THE_WAY = 0.3


class Case:
    """One injected failure of one call, in a data directory of its own."""

    def __init__(self, suite, call, when, error="EIO"):
        self.title = f"{call}-{when}-{error}"
        self.trace = suite.path(f"{self.title}.strace")
        tracer = [
            "strace",
            "-f",
            "-y",
            "-ttt",
            "-o",
            self.trace,
            "-e",
            "trace=fdatasync,fsync",
            "-e",
            f"inject={call}:error={error}:when={when}",
        ]
        self.controller = Controller(suite, name=self.title, tracer=tracer)
        self.acknowledged = {}
        self.asked = set()
        self.answers = []
        self.was_ready = False

    def fired_at(self):
        """The moment of the first injected failure that matters, or None.

        SQLite syncs the directory when it makes its log and ignores the answer, so the store syncs
        it once more before it serves; a failure of the first of these alone is no failure.
        """
        directory = rf"fdatasync\(\d+<{re.escape(self.controller.data)}>"
        with open(self.trace, encoding="utf-8", errors="replace") as file:
            for line in file:
                if "(INJECTED)" in line and not re.search(directory, line):
                    return float(re.search(r"\d{9,}\.\d+", line).group())
        return None

    def provoke(self):
        """Starts and submits one by one until the server goes away."""
        try:
            self.controller.start(20)
        except Failure:
            return
        self.was_ready = True
        client = self.controller.client(timeout=10)
        for number in range(SUBMITS):
            name = f"job-{number}"
            self.asked.add(name)
            sent = time.time()
            try:
                made = client.must("POST", JOBS, job(name, "exit 0"))
            except Unreachable:
                return
            except Refused as refused:
                expect(refused.status in (500, 503, 507), f"{self.title}: {refused}")
                continue
            self.acknowledged[name] = made["metadata"]["uid"]
            self.answers.append((name, sent, time.time()))

    def judge(self):
        """Whether the failure was met, and what was answered since."""
        fired = self.fired_at()
        if fired is None:
            self.controller.kill()
            return False
        for name, sent, received in self.answers:
            expect(
                sent < fired and received < fired + ON_THE_WAY,
                f"{self.title}: {name} was acknowledged {received - fired:.3f} s too late",
            )
        wait_until(
            10,
            self.controller.has_ended,
            lambda: f"{self.title}: the server goes on after a failed sync",
        )
        status = self.controller.process.returncode
        expect(status > 0, f"{self.title}: the server ended with {status}")
        said = self.controller.excerpt()
        expect(
            any(word in said for word in ("sync", "I/O", "disk", "stor", "Input/output")),
            f"{self.title}: the server does not say what happened: {said}",
        )
        return True

    def recover(self):
        """A fresh process, without a tracer, has everything."""
        self.controller.tracer = []
        self.controller.start(10)
        items, _ = self.controller.client().list(JOBS)
        found = {item["metadata"]["name"]: item["metadata"]["uid"] for item in items}
        for name, uid in self.acknowledged.items():
            expect(found.get(name) == uid, f"{self.title}: acknowledged job {name} is lost")
        strange = set(found) - self.asked
        expect(not strange, f"{self.title}: jobs that nobody asked for: {sorted(strange)[:3]}")
        expect(self.controller.stop() == 0, f"{self.title}: the restarted server ends badly")


def sync_failure(suite):
    """Lets the N-th sync fail, once and for good, for several N."""
    if not shutil.which("strace"):
        raise Skipped("strace is not installed; see Scripts/setup --check")
    if suite.is_long:
        numbers = list(range(1, SUBMITS + 20))
    else:
        numbers = [1, 2, 3, 5, 9, 17, 40]
    cases = [("fdatasync", str(number), "EIO") for number in numbers]
    cases += [("fdatasync", f"{number}+", "EIO") for number in (4, 20)]
    cases += [("fsync", str(number), "EIO") for number in (1, 2, 3)]
    fired = serving = 0
    for call, when, error in cases:
        case = Case(suite, call, when, error)
        case.provoke()
        if case.judge():
            fired += 1
            serving += case.was_ready
        case.recover()
        suite.check_threads()
    suite.note(f"{len(cases)} cases, {fired} failures met, {serving} of them while serving")
    expect(serving >= 3, "too few syncs failed while serving: the suite proves nothing")


run("sync_failure", sync_failure)
