#!/usr/bin/env -S python3 -B
"""One history: lists, watches and answers to writes agree about it, object by object.

What is promised, and held here against what many clients saw under load and kill -9:

1. A list has a version. A watch from there on gives, event by event, what every later list shows:
   at the version of any list, the earlier list with the events up to that version is that list,
   whole objects compared. That is so for all of a resource, for a namespace, for a selector, for
   pages of a list, for tables, and over a WebSocket.
2. A watch's versions rise. It has no gap, nothing twice, nothing that was not there: an object is
   added once, changed while it is known, and deleted once, with the state that it had last; only
   the version is the deletion's. Two watches of the same thing show the same events. A watch that
   breaks off, also by a kill of the controller, goes on after the last version that was seen, or is
   told 410 and lists anew.
3. Several changes of one object that are committed together are one event, that of the last of
   them; the versions before it are shown by no watch, no list and no answer. So the object in the
   answer to a write is an event of every watch of its resource, with that version and exactly that
   content; it may hold what others changed in the same moment, and never less than what was asked.
4. What is asked for after an answer has come is not older than that answer.
"""

import copy
import time

from support.api import NODES, Refused, Unreachable, job
from support.cluster import Agent, Controller
from support.forgery import expose
from support.judgement import Judgement
from support.recording import TABLE, Recorder, Scope, Stream
from support.suite import expect, run, wait_until

MERGE = {"Content-Type": "application/merge-patch+json"}
SPACES = ["default", "annex"]
RED = "team=red"
JOBS, PODS, NODE, EVENTS = Scope("jobs"), Scope("pods"), Scope("nodes"), Scope("events")
SCOPES = [
    JOBS,
    Scope("jobs", "annex"),
    Scope("jobs", "", RED),
    Scope("jobs", "default", RED),
    PODS,
    Scope("pods", "", RED),
    NODE,
    EVENTS,
    Scope("events", "annex"),
]
STREAMS = [
    ("jobs", JOBS, {}),
    ("jobs-socket", JOBS, {"how": "websocket"}),
    ("jobs-table", JOBS, {"how": "table"}),
    ("jobs-pages", JOBS, {"limit": 3}),
    ("jobs-late", JOBS, {"how": "late"}),
    ("jobs-red", Scope("jobs", "", RED), {}),
    ("jobs-red-socket", Scope("jobs", "", RED), {"how": "websocket", "limit": 2}),
    ("jobs-annex-red", Scope("jobs", "annex", RED), {"how": "table"}),
    ("jobs-annex", Scope("jobs", "annex"), {}),
    ("pods", PODS, {}),
    ("pods-table", PODS, {"how": "table", "limit": 5}),
    ("pods-late", PODS, {"how": "late"}),
    ("pods-red", Scope("pods", "", RED), {}),
    ("nodes", NODE, {}),
    ("nodes-late", NODE, {"how": "late"}),
    ("nodes-socket", NODE, {"how": "websocket"}),
    ("events", EVENTS, {}),
    ("events-annex", Scope("events", "annex"), {"limit": 20}),
]


class Writer:
    """A client that makes jobs, changes them, cancels them and deletes them."""

    def __init__(self, suite, controller, recorder, number, pause):
        self.controller = controller
        self.recorder = recorder
        self.number = number
        self.pause = pause
        self.dice = copy.copy(suite.dice)
        self.dice.seed(suite.seed * 1000 + number)
        self.mine = []
        self.made = 0
        self.unanswered = 0
        self.is_over = False
        self.client = controller.client(timeout=10)
        self.thread = suite.thread(self.run)

    def run(self):
        acts = [self.relabel, self.replace, self.prioritise, self.cancel, self.delete]
        if self.number == 0:
            acts += [self.tend_node] * 2
        while not self.is_over:
            time.sleep(self.dice.uniform(0, 2 * self.pause))
            is_full = len(self.mine) >= 6
            act = self.delete if is_full else self.create
            if self.mine and self.dice.random() < 0.6:
                act = self.dice.choice(acts)
            try:
                act()
            except Unreachable:
                self.unanswered += 1
                time.sleep(0.05)
            except Refused as refused:
                expect(refused.status in (404, 409, 422, 429, 503), f"{act.__name__}: {refused}")
        self.client.close()

    def send(self, scope, method, path, body=None, headers=None):
        """Sends and records what was answered; the caller's `mine` is not touched."""
        began = time.monotonic()
        thing = self.client.must(method, path, body, headers)
        if thing["kind"] == "Status":
            uid = thing.get("details", {}).get("uid", "")
            self.recorder.written(scope, method, began, uid)
        else:
            uid = thing["metadata"]["uid"]
            self.recorder.written(scope, f"{method} {path}", began, uid, thing)
        return thing

    def create(self):
        space = self.dice.choice(SPACES)
        name = f"w{self.number}-{self.made}"
        self.made += 1
        labels = {"team": self.dice.choice(["red", "blue"])}
        command = self.dice.choice(["exit 0", "sleep 0.2", "sleep 2", "exit 3"])
        cpus = "4000" if self.dice.random() < 0.2 else "20m"
        ranks = self.dice.choice([1, 1, 2])
        body = job(name, command, ranks=ranks, cpus=cpus, labels=labels)
        # Kept before the answer: it may have been made although nobody said so.
        self.mine.append((space, name))
        self.send(JOBS, "POST", Scope("jobs", space).path, body)

    def one(self):
        space, name = self.dice.choice(self.mine)
        return f"{Scope('jobs', space).path}/{name}"

    def relabel(self):
        labels = {"team": self.dice.choice(["red", "blue", None]), "turn": str(self.made)}
        self.send(JOBS, "PATCH", self.one(), {"metadata": {"labels": labels}}, MERGE)

    def replace(self):
        path = self.one()
        thing = self.client.must("GET", path)
        thing["metadata"].setdefault("annotations", {})["note"] = f"{self.number}-{self.made}"
        self.send(JOBS, "PUT", path, thing)

    def prioritise(self):
        priority = self.dice.randrange(100)
        self.send(JOBS, "PATCH", self.one(), {"spec": {"priority": priority}}, MERGE)

    def cancel(self):
        self.send(JOBS, "POST", f"{self.one()}/cancel")

    def delete(self):
        space, name = self.mine[0]
        try:
            self.send(JOBS, "DELETE", f"{Scope('jobs', space).path}/{name}")
        except Refused as refused:
            expect(refused.status == 404, f"delete: {refused}")
        self.mine.pop(0)

    def tend_node(self):
        path = f"{NODES}/node-{self.dice.choice('ab')}"
        if self.dice.random() < 0.5:
            change = {"metadata": {"labels": {"rack": str(self.made)}}}
        else:
            change = {"spec": {"unschedulable": self.dice.choice([True, False])}}
        self.send(NODE, "PATCH", path, change, MERGE)


class Lister:
    """A client that takes independent lists, of this and of that, whole and in pages."""

    def __init__(self, suite, controller, recorder, number):
        self.controller = controller
        self.recorder = recorder
        self.dice = copy.copy(suite.dice)
        self.dice.seed(suite.seed * 1000 + 900 + number)
        self.is_over = False
        suite.thread(self.run)

    def run(self):
        client = self.controller.client(timeout=10)
        while not self.is_over:
            time.sleep(self.dice.uniform(0, 0.2))
            try:
                self.take(client, self.dice.choice(SCOPES))
            except Unreachable:
                time.sleep(0.05)
            except Refused as refused:
                # Pages of a list that is too old, or a controller that is not ready.
                expect(refused.status in (410, 429, 503), f"a list was refused: {refused}")

    def take(self, client, scope):
        limit = self.dice.choice([0, 0, 2, 17])
        is_table = self.dice.random() < 0.25
        query = dict(scope.query, **({"includeObject": "Object"} if is_table else {}))
        began = time.monotonic()
        items, version = client.list(scope.path, limit, TABLE if is_table else None, **query)
        return self.recorder.listed(scope, began, items, version)


def settle(suite, controller, recorder, streams, listers):
    """When nothing changes any more, every stream must arrive at what a last list shows."""
    for lister in listers:
        lister.is_over = True
    client = controller.client()
    wait_until(
        30,
        lambda: all(
            thing["status"]["phase"] in ("Succeeded", "Failed", "Cancelled", "Pending")
            for thing in client.list(JOBS.path)[0]
        ),
        "the jobs do not come to rest",
        pause=0.2,
    )
    time.sleep(1)
    last = {}
    for scope in SCOPES + [stream.scope for stream in streams]:
        if scope not in last:
            began = time.monotonic()
            items, version = client.list(scope.path, 0, **scope.query)
            last[scope] = recorder.listed(scope, began, items, version)
    expect(len({one.version for one in last.values()}) == 1, "the cluster does not come to rest")
    # What an open stream has not shown by now will not come: it counts as complete, and is judged.
    time.sleep(2)
    suite.check_threads()
    for stream in streams:
        stream.is_over = True
        expect(stream.span, f"stream {stream.name} has not come back")
        stream.span.end = max(stream.span.end, last[stream.scope].version)


def judge(suite, recording):
    verdict = Judgement(recording)
    for line in verdict.summary()[:30]:
        suite.note(f"- {line}")
    expect(not verdict.problems, f"{len(verdict.problems)} breaks of one history")
    expect(verdict.compared > 100, f"only {verdict.compared} lists were compared")
    expect(verdict.confirmed > 50, f"only {verdict.confirmed} answers were confirmed")
    forgeries = expose(recording, suite.dice)
    suite.note(f"the judge finds {forgeries} of {forgeries} forgeries")
    suite.note(
        f"{verdict.compared} comparisons of a list with a stream, {verdict.confirmed} answers "
        f"found in the history, {sum(len(span.events) for span in recording.spans)} events"
    )


def history(suite):
    """Records what lists, watches and writers see through kills, and compares it all."""
    count, kills, pause = (64, 20, 0.5) if suite.is_long else (12, 3, 0.15)
    controller = Controller(suite)
    controller.start()
    agents = [Agent(suite, controller, name, cpus=8) for name in ("node-a", "node-b")]
    for agent in agents:
        agent.start()
    controller.client().must(
        "POST",
        "/api/v1/namespaces",
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACES[1]}},
    )
    recorder = Recorder()
    streams = [Stream(suite, controller, recorder, *most, **last) for *most, last in STREAMS]
    for stream in streams:
        expect(stream.began.wait(10), f"stream {stream.name} does not begin")
    listers = [Lister(suite, controller, recorder, number) for number in range(2)]
    writers = [Writer(suite, controller, recorder, number, pause) for number in range(count)]
    for number in range(kills):
        time.sleep(suite.dice.uniform(2, 5))
        suite.check_threads()
        controller.kill()
        time.sleep(suite.dice.uniform(0, 0.3))
        controller.start()
        suite.note(f"kill {number + 1}: {len(recorder.recording.writes)} writes acknowledged")
    time.sleep(3)
    for writer in writers:
        writer.is_over = True
    for writer in writers:
        writer.thread.join(20)
    settle(suite, controller, recorder, streams, listers)
    suite.note(
        f"{len(recorder.recording.writes)} writes, {len(recorder.recording.lists)} lists, "
        f"{sum(stream.resumes for stream in streams)} watches, "
        f"{sum(stream.relists for stream in streams)} lists of streams, "
        f"{sum(writer.unanswered for writer in writers)} writes without an answer"
    )
    judge(suite, recorder.recording)


run("history", history)
