#!/usr/bin/env -S python3 -B
"""Many writers, one object: one of them wins each round, and one key makes one job."""

import copy
import threading

from support.api import JOBS, job
from support.cluster import Controller
from support.suite import expect, run, wait_until

WRITERS = 32
REPEATERS = 16
MERGE = {"Content-Type": "application/merge-patch+json"}


def at_once(suite, controller, count, act):
    """Runs `act(client, number)` in so many threads at the same moment; returns their answers."""
    barrier = threading.Barrier(count)
    answers = [None] * count

    def body(number):
        client = controller.client()
        # The connection is opened before, so that the requests meet.
        client.must("GET", "/version")
        barrier.wait(30)
        answers[number] = act(client, number)
        client.close()

    threads = [suite.thread(body, number) for number in range(count)]
    for thread in threads:
        thread.join(60)
    suite.check_threads()
    expect(all(answers), "a request was never answered")
    return answers


def writers(suite, controller, rounds):
    """All writers have read the same version; the rest of them is told 409."""
    client = controller.client()
    client.must("POST", JOBS, job("contested", "exit 0", labels={"round": "none"}))
    total = 0
    for number in range(rounds):
        seen = client.must("GET", f"{JOBS}/contested")
        version = seen["metadata"]["resourceVersion"]

        def put(client, writer, seen=seen, number=number):
            mine = copy.deepcopy(seen)
            mine["metadata"]["labels"] = {"round": str(number), "writer": str(writer)}
            return client.request("PUT", f"{JOBS}/contested", mine)

        def patch(client, writer, version=version, number=number):
            labels = {"round": str(number), "writer": str(writer)}
            body = {"metadata": {"resourceVersion": version, "labels": labels}}
            return client.request("PATCH", f"{JOBS}/contested", body, MERGE)

        answers = at_once(suite, controller, WRITERS, patch if number % 2 else put)
        winners = [index for index, answer in enumerate(answers) if answer.status == 200]
        others = [answer for answer in answers if answer.status not in (200, 409)]
        verb = "PATCH" if number % 2 else "PUT"
        expect(
            not others,
            f"round {number}, {verb}: "
            + "; ".join(f"{answer.status} {answer.text[:200]}" for answer in others[:1]),
        )
        expect(
            len(winners) == 1,
            f"round {number}: {len(winners)} of {WRITERS} {verb} of version {version} won",
        )
        now = client.must("GET", f"{JOBS}/contested")["metadata"]
        expect(
            now["labels"].get("writer") == str(winners[0]),
            f"round {number}: writer {winners[0]} won but the labels are {now['labels']}",
        )
        expect(
            int(now["resourceVersion"]) > int(version),
            f"round {number}: version {now['resourceVersion']} after {version}",
        )
        total += len(answers)
    suite.note(f"{rounds} rounds, {total} writes, one winner each")


def free_patches(suite, controller):
    """Patches that name no version do not lose each other's labels."""
    client = controller.client()
    client.must("POST", JOBS, job("shared", "exit 0"))

    def patch(client, number):
        body = {"metadata": {"labels": {f"writer-{number}": "was-here"}}}
        while True:
            answer = client.request("PATCH", f"{JOBS}/shared", body, MERGE)
            if answer.status != 409:
                return answer

    answers = at_once(suite, controller, WRITERS, patch)
    expect(all(answer.status == 200 for answer in answers), f"{[a.status for a in answers]}")
    labels = client.must("GET", f"{JOBS}/shared")["metadata"]["labels"]
    missing = [n for n in range(WRITERS) if f"writer-{n}" not in labels]
    expect(not missing, f"acknowledged labels are lost: writers {missing}")


def keys(suite, controller, rounds):
    """The same key from many threads at once makes one job; another body under it is refused."""
    client = controller.client()
    for number in range(rounds):
        body = job(f"keyed-{number}", "exit 0")
        headers = {"Idempotency-Key": f"key-{number}"}

        def post(client, _, body=body, headers=headers):
            return client.request("POST", JOBS, body, headers)

        answers = at_once(suite, controller, REPEATERS, post)
        statuses = sorted(answer.status for answer in answers)
        expect(set(statuses) <= {200, 201}, f"round {number}: {statuses}")
        expect(statuses.count(201) == 1, f"round {number}: {statuses.count(201)} times created")
        uids = {answer.json()["metadata"]["uid"] for answer in answers}
        expect(len(uids) == 1, f"round {number}: one key made {uids}")
        other = client.request("POST", JOBS, job(f"other-{number}", "exit 1"), headers)
        expect(
            other.status in (409, 422),
            f"another body under a used key is answered with {other.status}: {other.text[:200]}",
        )
    made = {"metadata": {"generateName": "generated-"}, "spec": job("x", "exit 0")["spec"]}
    headers = {"Idempotency-Key": "generated"}
    answers = at_once(
        suite, controller, REPEATERS, lambda client, _: client.request("POST", JOBS, made, headers)
    )
    names = {answer.json()["metadata"]["name"] for answer in answers}
    expect(len(names) == 1, f"one key and generateName made {sorted(names)[:3]}")
    items, _ = client.list(JOBS)
    strays = [
        item["metadata"]["name"] for item in items if item["metadata"]["name"].startswith("other-")
    ]
    expect(not strays, f"refused jobs exist: {strays}")
    suite.note(f"{rounds} keys from {REPEATERS} threads each, one job each")


def versions_after_kill(controller):
    """A version read before a restart still wins or loses as before."""
    client = controller.client()
    before = client.must("GET", f"{JOBS}/contested")
    controller.kill()
    controller.start()
    client = controller.client()
    after = client.must("GET", f"{JOBS}/contested")
    for part in ("metadata", "spec"):
        expect(
            before[part] == after[part],
            f"a restart changed the job's {part}: {before[part]} became {after[part]}",
        )
    # Why the job waits is worked out anew, which may take a moment.
    wait_until(
        5,
        lambda: client.must("GET", f"{JOBS}/contested")["status"] == before["status"],
        lambda: f"the status was {before['status']}",
    )
    before["metadata"]["labels"] = {"after": "restart"}
    expect(client.request("PUT", f"{JOBS}/contested", before).status == 200, "a true version lost")
    before["metadata"]["labels"] = {"after": "restart-again"}
    answer = client.request("PUT", f"{JOBS}/contested", before)
    expect(answer.status == 409, f"a stale version is answered with {answer.status}")


def conflict(suite):
    """Updates with one resourceVersion and submits with one Idempotency-Key, all at once."""
    controller = Controller(suite)
    controller.start()
    rounds = 500 if suite.is_long else 50
    writers(suite, controller, rounds)
    free_patches(suite, controller)
    keys(suite, controller, rounds // 5)
    versions_after_kill(controller)


run("conflict", conflict)
