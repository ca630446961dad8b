#!/usr/bin/env -S python3 -B
"""muster replay: after kill -9 under load, the journal gives the digest that the daemon stored.

The replay runs beside the controller and after its end, on copies and on copies that nobody may
write. Its digest is held against the one that Python's own sqlite3 reads from the journal.
"""

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time

from support.api import JOBS, Unreachable, job, job_list
from support.cluster import Agent, Controller, program
from support.suite import expect, run, wait_until

NOBODY = 65534
LIST = 50


def replay(data, *more, user=None):
    """One replay: its exit status, its output and its errors."""
    # The suite's reaper may wait for the process before we do: the status comes by another way.
    ended = subprocess.run(
        ["sh", "-c", '"$@"; echo $? >&2', "sh", program("muster"), "replay", data, *more],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        user=user,
    )
    errors, _, status = ended.stderr.rstrip("\n").rpartition("\n")
    return int(status), ended.stdout, errors


def proved(data, *more, user=None):
    """A replay that must succeed, as JSON."""
    status, output, errors = replay(data, "-o", "json", *more, user=user)
    expect(status == 0, f"replay {more} ended with {status}: {errors}")
    answer = json.loads(output)
    expect(answer["proved"], f"replay {more} proved nothing: {output}")
    return answer


def query(data, sql):
    """The first row of an answer, read by another program than the one under test."""
    path = f"file:{data}/muster.db?mode=ro"
    with contextlib.closing(sqlite3.connect(path, uri=True)) as database:
        return database.execute(sql).fetchone()


def stored(data):
    """The last sequence and its digest, in the words of the replay."""
    last, digest = query(data, "SELECT last, digest FROM journal ORDER BY first DESC LIMIT 1")
    return last, f"{digest % (1 << 64):016x}"


def compare(data, what, *more, user=None):
    answer = proved(data, *more, user=user)
    expect(
        (answer["to"], answer["digest"]) == stored(data),
        f"{what}: the replay says {answer['to']} {answer['digest']}, stored is {stored(data)}",
    )
    return answer


def flaky(name):
    return job(name, "exit 3", retries={"limit": 1, "backoff": "100ms"})


def whole(name, command):
    """A job that takes both devices of the node that has them."""
    made = job(name, command)
    made["spec"]["roles"][0]["resources"] = {"cpus": "20m", "gpus": 2}
    return made


def submit(client, jobs):
    """Submits in lists until each is answered; one that was there already is refused by name."""
    for first in range(0, len(jobs), LIST):
        part = jobs[first : first + LIST]
        while True:
            try:
                answer = client.request("POST", JOBS, job_list(part))
            except Unreachable:
                time.sleep(0.02)
                continue
            if answer.status in (200, 201, 207, 409):
                break
            expect(answer.status in (429, 503), f"a list got {answer.status}: {answer.text}")
            time.sleep(0.05)


def work(suite, count):
    """A mix: mostly single ranks, some that fail twice, some gangs."""
    jobs = []
    for number in range(count):
        kind = suite.dice.randrange(20)
        if kind == 0:
            jobs.append(flaky(f"flaky-{number}"))
        elif kind == 1:
            jobs.append(job(f"gang-{number}", "exit 0", ranks=4))
        else:
            jobs.append(job(f"one-{number}", "true"))
    return jobs


def drain(suite, controller):
    def is_drained():
        items, _ = controller.client().list(JOBS)
        left = [item for item in items if item["status"]["phase"] not in ("Succeeded", "Failed")]
        return not left

    wait_until(900 if suite.is_long else 50, is_drained, "the work does not drain", pause=0.5)


def load(suite, controller):
    """Submits the work and kills the controller in between; replays beside it meanwhile."""
    kills, count = (10, 20_000) if suite.is_long else (3, 1000)
    jobs = work(suite, count)
    share = count // (kills + 1)
    for kill in range(kills + 1):
        part = jobs[kill * share : (kill + 1) * share] if kill < kills else jobs[kill * share :]
        thread = suite.thread(lambda: submit(controller.client(timeout=10), part))
        time.sleep(suite.dice.uniform(0.1, 0.6))
        if kill < kills:
            controller.kill()
            compare(controller.data, f"after kill {kill + 1}")
            controller.start()
        thread.join(60)
        suite.check_threads()
        answer = proved(controller.data)
        suite.note(f"beside load {kill}: {answer['records']} records proved")


def explain(suite, controller, stop):
    """Two jobs for the same two devices: the second tells whom it waited for."""
    client = controller.client()
    client.persist("POST", JOBS, whole("first", f"until [ -e {stop} ]; do sleep 0.1; done"))
    client.persist("POST", JOBS, whole("second", "true"))
    wait_until(
        15,
        lambda: client.persist("GET", f"{JOBS}/first")["status"]["phase"] == "Running",
        "the first job of two does not run",
    )
    status, output, errors = replay(controller.data, "--explain", "second")
    expect(status == 0, f"explain ended with {status}: {errors}")
    expect("waits to the end" in output, f"the second job does not wait: {output}")
    with open(stop, "w", encoding="ascii"):
        pass
    drain(suite, controller)
    for name in ("second", "default/second"):
        status, output, errors = replay(controller.data, "--explain", name)
        expect(status == 0, f"explain ended with {status}: {errors}")
        for text in (
            "0 of 1 ranks would fit now",
            "let in by job default/first: rank 0 exited with code 0 on node-a",
            "attempt 1 starts",
            "node-a: rank 0 (devices 0,1)",
            "Succeeded",
        ):
            expect(text in output, f"explain does not say {text!r}: {output}")
    entries = proved(controller.data, "--explain", "second")["story"]["entries"]
    waited = next(entry for entry in entries if entry["event"] == "waited")
    expect(waited["letInBy"]["node"] == "node-a", f"the wait is told as {waited}")


def ranges(data):
    """Parts of the history, and what is not there."""
    last, _ = stored(data)
    status, output, _ = replay(data, "--records")
    lines = [line.split(" ", 2) for line in output.split("\nFrom:")[0].splitlines()]
    expect(status == 0, "the records end badly")
    expect(
        [int(words[0]) for words in lines] == list(range(1, last + 1)),
        "the records are not each resourceVersion once",
    )
    part = proved(data, "--from", str(last // 3), "--to", str(last // 2), "--check")
    expect(part["from"] == last // 3 and last // 2 <= part["to"] <= last, f"the part is {part}")
    status, _, errors = replay(data, "--from", str(last + 1))
    expect(status == 1 and f"ends at resourceVersion {last}" in errors, f"beyond the end: {errors}")
    expect(replay(data, "--from", "2", "--to", "1")[0] == 2, "a range backwards is no usage error")


def state(data):
    """Every file of the database, as it is."""
    found = {}
    for name in sorted(os.listdir(data)):
        if name.startswith("muster.db") and not name.endswith("-shm"):
            with open(os.path.join(data, name), "rb") as file:
                found[name] = hashlib.sha256(file.read()).hexdigest()
    return found


def copies(suite, data, what):
    """A copy gives the same, also to a user who may not write it; a flipped byte is named."""
    place = tempfile.mkdtemp(prefix="muster-replay-copy-")
    suite.closers.append(lambda: shutil.rmtree(place, ignore_errors=True))
    os.chmod(place, 0o755)
    frozen = os.path.join(place, "frozen")
    os.mkdir(frozen)
    names = [name for name in os.listdir(data) if name.startswith("muster.db")]
    for name in names:
        shutil.copy(os.path.join(data, name), frozen)
        os.chmod(os.path.join(frozen, name), 0o444)
    os.chmod(frozen, 0o555)
    before = state(frozen)
    answer = proved(frozen, user=NOBODY if os.geteuid() == 0 else None)
    expect((answer["to"], answer["digest"]) == stored(data), f"{what}: a frozen copy differs")
    expect(state(frozen) == before, f"{what}: the replay wrote to a frozen copy")
    flip(suite, data, os.path.join(place, "flipped"), names)


def flip(suite, data, target, names):
    """Changes one byte of one journal row in a copy: the replay must name that row."""
    os.mkdir(target)
    for name in names:
        shutil.copy(os.path.join(data, name), target)
    with contextlib.closing(sqlite3.connect(f"{target}/muster.db")) as database:
        rows = database.execute("SELECT first, body FROM journal ORDER BY first").fetchall()
        first, body = suite.dice.choice(rows)
        place = suite.dice.randrange(len(body))
        changed = body[place] ^ 1 << suite.dice.randrange(8)
        body = body[:place] + bytes([changed]) + body[place + 1 :]
        database.execute("UPDATE journal SET body = ? WHERE first = ?", (body, first))
        database.commit()
    status, output, errors = replay(target)
    expect(status == 1, f"a flipped byte at {first} ended with {status}: {output}")
    expect(f"breaks at sequence {first}" in errors, f"the row at {first} is not named: {errors}")
    status, output, _ = replay(target, "-o", "json")
    fault = json.loads(output)["faults"][0]
    expect(status == 1 and fault["kind"] == "damage", f"the fault is told as {fault}")


def replay_suite(suite):
    """Kills the controller at random moments under load, and replays what it left."""
    controller = Controller(suite)
    controller.start()
    agents = [Agent(suite, controller, name, gpus=gpus) for name, gpus in (("node-a", 2), ("b", 0))]
    for agent in agents:
        agent.start()
    load(suite, controller)
    drain(suite, controller)
    explain(suite, controller, suite.path("stop"))
    answer = compare(controller.data, "beside the controller")
    expect(answer["start"] == 0 and answer["nodes"] == 2, f"the replay is {answer}")
    suite.note(f"{answer['records']} records at {answer['recordsPerSecond']} a second")
    for agent in agents:
        agent.kill()
    controller.kill()
    data = controller.data
    before = state(data)
    compare(data, "after the last kill")
    ranges(data)
    expect(state(data) == before, "the replay wrote to what a killed controller left")
    copies(suite, data, "after a kill")
    for _ in range(2):
        controller.start()
        controller.client().persist("POST", JOBS, job(f"late-{time.monotonic_ns()}", "true"))
        controller.stop()
        before = state(data)
        answer = compare(data, "after a stop")
        expect(state(data) == before, "the replay wrote to what a stopped controller left")
    copies(suite, data, "after a stop")
    expect(answer["fromSnapshot"], "the journal was not trimmed by two snapshots")
    status, _, errors = replay(data, "--from", "1")
    expect(
        status == 1 and f"can start at resourceVersion {answer['start']}" in errors,
        f"a trimmed range is told as {errors}",
    )


run("replay", replay_suite)
