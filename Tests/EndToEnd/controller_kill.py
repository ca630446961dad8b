#!/usr/bin/env -S python3 -B
"""kill -9 of the controller under load: what was acknowledged is there, and only once."""

import os
import shutil
import threading
import time

from support.api import JOBS, Refused, Unreachable, job, job_list
from support.cluster import Agent, Controller
from support.ranks import Gang, wait_phase
from support.suite import expect, run, wait_until
from support.watcher import Watcher

# Puts an older state back after each kill: the suite must find out. See oracle.py.
SABOTAGE = os.environ.get("MUSTER_SABOTAGE") == "1"
THREADS = 4
LIST = 25


class Oracle:
    """What was asked and what was acknowledged; lives outside of what is killed."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged = {}
        self.deleted = {}
        self.asked = set()
        self.repeats = 0
        self.answers = {}

    def ask(self, names):
        with self.lock:
            self.asked.update(names)

    def acknowledge(self, name, uid):
        with self.lock:
            known = self.acknowledged.setdefault(name, uid)
        expect(known == uid, f"{name} was acknowledged as {known} and as {uid}")

    def count(self, status):
        with self.lock:
            self.answers[status] = self.answers.get(status, 0) + 1


class Load:
    """Threads that submit; each round gives them so many submits, which they bring to an end."""

    def __init__(self, suite, controller, oracle):
        self.suite = suite
        self.controller = controller
        self.oracle = oracle
        self.permits = threading.Semaphore(0)
        self.done = threading.Semaphore(0)
        self.is_over = False
        for number in range(THREADS):
            suite.thread(self.submit, number, suite.dice.randrange(1 << 32))

    def submit(self, number, seed):
        client = self.controller.client(timeout=10)
        count = 0
        while not self.is_over:
            if not self.permits.acquire(timeout=0.2):
                continue
            count += 1
            stem = f"s{number}-{count}"
            kind = (seed + count) % 10
            if kind < 7:
                self.single(client, stem)
            elif kind < 9:
                self.list(client, stem)
            else:
                self.doomed(client, stem)
            self.done.release()
            time.sleep(0.002 * ((seed >> count % 16) % 5))

    def post(self, client, body, headers=None, again=True):
        """Posts until an answer comes; None where none came and the request is not repeated."""
        is_repeat = False
        while True:
            try:
                answer = client.request("POST", JOBS, body, headers)
            except Unreachable:
                if not again:
                    return None
                is_repeat = True
                with self.oracle.lock:
                    self.oracle.repeats += 1
                time.sleep(0.02)
                continue
            self.oracle.count(answer.status)
            if answer.status in (429, 503):
                time.sleep(0.05)
                continue
            expected = (200, 201) if is_repeat else (200, 201, 207)
            expect(
                answer.status in expected,
                f"a submit was answered with {answer.status}: {answer.text}",
            )
            return answer

    def single(self, client, name):
        """One job under a key: repeated after a crash, it must not become two."""
        self.oracle.ask([name])
        answer = self.post(client, job(name, "exit 0"), {"Idempotency-Key": f"key-{name}"})
        self.oracle.acknowledge(name, answer.json()["metadata"]["uid"])

    def list(self, client, stem):
        """Many jobs at once, without a key: not repeated, so each may be there or not."""
        names = [f"{stem}-{index}" for index in range(LIST)]
        self.oracle.ask(names)
        answer = self.post(client, job_list([job(name, "exit 0") for name in names]), again=False)
        if answer is None:
            return
        items = answer.json()["items"]
        expect(
            [item["metadata"]["name"] for item in items] == names,
            "a list was answered out of order",
        )
        for item in items:
            expect("uid" in item["metadata"], f"a job of a list was refused: {item}")
            self.oracle.acknowledge(item["metadata"]["name"], item["metadata"]["uid"])

    def doomed(self, client, name):
        """A job that cannot run, and is deleted: it must not come back."""
        self.oracle.ask([name])
        answer = self.post(
            client, job(name, "exit 0", cpus="4000"), {"Idempotency-Key": f"key-{name}"}
        )
        uid = answer.json()["metadata"]["uid"]
        while True:
            try:
                client.must("DELETE", f"{JOBS}/{name}")
                break
            except Unreachable:
                time.sleep(0.02)
            except Refused as refused:
                if refused.status == 404:
                    break
                expect(refused.status in (429, 503), f"a delete failed: {refused}")
        with self.oracle.lock:
            self.oracle.deleted[name] = uid

    def round(self, submits):
        for _ in range(submits):
            self.permits.release()

    def finish_round(self, submits):
        for _ in range(submits):
            wait_until(
                60,
                lambda: self.suite.problems or self.done.acquire(blocking=False),
                "a submit is never answered",
                pause=0.005,
            )
            self.suite.check_threads()


def check_against_oracle(client, oracle):
    """Everything acknowledged is there once; nothing is there that nobody asked for."""
    with oracle.lock:
        acknowledged, deleted = dict(oracle.acknowledged), dict(oracle.deleted)
    items, _ = client.list(JOBS)
    with oracle.lock:
        asked = set(oracle.asked)
    names = [item["metadata"]["name"] for item in items]
    uids = {item["metadata"]["name"]: item["metadata"]["uid"] for item in items}
    expect(len(set(names)) == len(names), "a list shows a name twice")
    expect(len(set(uids.values())) == len(uids), "two jobs have one uid")
    for name, uid in acknowledged.items():
        expect(name in uids, f"acknowledged job {name} ({uid}) is lost")
        expect(uids[name] == uid, f"{name} was acknowledged as {uid} and is {uids[name]}")
    for name in deleted:
        expect(name not in uids, f"{name} was deleted and is back")
    strange = set(names) - asked
    expect(not strange, f"jobs that nobody asked for: {sorted(strange)[:3]}")
    return items


def controller_kill(suite):
    """Kills the controller at random moments while clients submit and ranks run."""
    kills, submits = (50, 10_000) if suite.is_long else (5, 300)
    controller = Controller(suite)
    first = controller.start()
    agent = Agent(suite, controller)
    agent.start()
    client = controller.client()
    oracle = Oracle()
    gangs = [Gang(suite, f"gang-{number}", 2) for number in range(3)]
    for gang in gangs:
        oracle.ask([gang.name])
        made = client.must("POST", JOBS, job(gang.name, gang.command, ranks=gang.ranks))
        oracle.acknowledge(gang.name, made["metadata"]["uid"])
    for gang in gangs:
        gang.wait_started()
    watcher = Watcher(suite, controller)
    load = Load(suite, controller, oracle)
    readiness = []
    for number in range(kills):
        if SABOTAGE:
            keep_state(controller.data, suite.path("older"))
        load.round(submits // kills)
        time.sleep(suite.dice.uniform(0.01, 0.6))
        controller.kill()
        if SABOTAGE:
            keep_state(suite.path("older"), controller.data)
        readiness.append(controller.start())
        client = controller.client()
        check_against_oracle(client, oracle)
        load.finish_round(submits // kills)
        check_against_oracle(client, oracle)
        for gang in gangs:
            gang.check_untouched()
            status = client.must("GET", f"{JOBS}/{gang.name}")["status"]
            expect(
                (status["phase"], status["attempt"]) == ("Running", 1), f"{gang.name} is {status}"
            )
        suite.check_threads()
        suite.note(
            f"kill {number + 1}: ready after {readiness[-1]:.2f} s, "
            f"{len(oracle.acknowledged)} acknowledged"
        )
    load.is_over = True
    drain(suite, controller, agent, oracle, gangs)
    finish_watch(suite, controller, watcher)
    check_against_oracle(controller.client(), oracle)
    suite.note(
        f"first start {first:.2f} s, restarts at most {max(readiness):.2f} s; "
        f"{oracle.repeats} repeats, answers {oracle.answers}; "
        f"watch: {watcher.events} events, {watcher.resumes} resumes, {watcher.relists} lists"
    )
    expect(oracle.repeats > 0, "no request was ever hit by a kill: the suite proves nothing")
    expect(max(readiness) < 10, f"a restart took {max(readiness):.2f} s")
    if max(readiness) > 2:
        suite.note("SLOW: a restart took longer than the promised 2 s")


def keep_state(origin, target):
    """Copies a database as it is; what a live one makes of that, SQLite knows to repair."""
    os.makedirs(target, exist_ok=True)
    for name in ("muster.db", "muster.db-wal"):
        shutil.copy(os.path.join(origin, name), target)


def drain(suite, controller, agent, oracle, gangs):
    """All that was acknowledged ends well, once."""
    client = controller.client()
    agent.wait_ready()
    for gang in gangs:
        gang.stop()
    for gang in gangs:
        wait_phase(client, gang.name, "Succeeded")
        for diary in gang.diaries:
            expect(len(diary.starts()) == 1, f"{diary.path} shows a second start")

    def is_drained():
        items = check_against_oracle(client, oracle)
        wrong = [
            item
            for item in items
            if item["status"]["phase"] in ("Failed", "Cancelled") or item["status"]["attempt"] > 1
        ]
        expect(not wrong, f"{len(wrong)} jobs did not succeed at once, such as {wrong[:1]}")
        left = [
            item
            for item in items
            if item["status"]["phase"] != "Succeeded"
            and item["metadata"]["name"] not in oracle.deleted
        ]
        suite.note(f"{len(left)} of {len(items)} jobs have not ended")
        return not left

    wait_until(900 if suite.is_long else 60, is_drained, "the work does not drain", pause=1)


def finish_watch(suite, controller, watcher):
    """The watcher's picture ends up as the list."""
    client = controller.client()
    last = []

    def agrees():
        suite.check_threads()
        last[:] = watcher.difference(client.list(JOBS)[0])
        return not last

    wait_until(10, agrees, lambda: f"watch and list differ: {last}")
    watcher.is_over = True


run("controller_kill", controller_kill)
