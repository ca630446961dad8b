"""What clients saw of the cluster's history: streams, lists and writes, kept for judgement.

Nothing is judged here; `support.judgement` does that, over recordings that may have been altered.
"""

import hashlib
import json
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from typing import NamedTuple

from support.api import Answer, Refused, Unreachable
from support.suite import Failure, expect
from support.websocket import Handshake, WebSocket

TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}


class Seen(NamedTuple):
    """An object as somebody saw it, whole: `text` is its JSON with sorted keys."""

    uid: str
    version: int
    text: str


class Event(NamedTuple):
    """One event of a watch; a bookmark has a version only."""

    kind: str
    version: int
    seen: Seen = None


class Scope(NamedTuple):
    """Which objects of a resource a list or a watch asks for."""

    resource: str
    namespace: str = ""
    label: str = ""

    @property
    def path(self):
        root = "/apis/muster.dev/v1" if self.resource == "jobs" else "/api/v1"
        within = f"/namespaces/{self.namespace}" if self.namespace else ""
        return f"{root}{within}/{self.resource}"

    @property
    def query(self):
        return {"labelSelector": self.label} if self.label else {}

    def has(self, thing):
        """Whether an object belongs here, by its own words."""
        metadata = thing["metadata"]
        if self.namespace and metadata.get("namespace") != self.namespace:
            return False
        if not self.label:
            return True
        key, value = self.label.split("=")
        return metadata.get("labels", {}).get(key) == value


@dataclass
class Span:
    """A list and the watch from its version on, over as many connections as it took."""

    stream: str
    scope: Scope
    start: int
    items: dict
    events: list = field(default_factory=list)
    # The stream is known to be complete up to here.
    end: int = 0


class Listed(NamedTuple):
    """An independent list: when it was asked for and answered, its version and its items."""

    scope: Scope
    began: float
    ended: float
    version: int
    items: dict


class Written(NamedTuple):
    """An acknowledged write, and the object of its answer where it had one."""

    scope: Scope
    what: str
    began: float
    ended: float
    uid: str
    seen: Seen


@dataclass
class Recording:
    """All that was seen; spans in the order in which each stream went through them."""

    spans: list = field(default_factory=list)
    lists: list = field(default_factory=list)
    writes: list = field(default_factory=list)


class Recorder:
    """Takes what many threads see; equal texts are kept once."""

    def __init__(self):
        self.lock = threading.Lock()
        self.recording = Recording()
        self.texts = {}
        self.lines = {}

    def see(self, thing):
        text = json.dumps(thing, sort_keys=True, separators=(",", ":"))
        metadata = thing["metadata"]
        with self.lock:
            text = self.texts.setdefault(text, text)
        return Seen(metadata["uid"], int(metadata["resourceVersion"]), text)

    def see_all(self, items):
        seen = [self.see(item) for item in items]
        found = {one.uid: one for one in seen}
        twice = [one.text[:900] for one in seen if seen.count(one) > 1 or found[one.uid] != one]
        expect(not twice, f"a list shows a uid twice: {twice[:2]}")
        return found

    def event(self, line):
        """What a line of a watch says; streams that see the same line share it."""
        digest = hashlib.blake2b(line, digest_size=16).digest()
        known = self.lines.get(digest)
        if known:
            return known
        event = json.loads(line)
        thing = event["object"]
        if event["type"] == "ERROR":
            expect(thing.get("code") == 410, f"the watch failed: {event}")
            made = Event("ERROR", 0)
        elif event["type"] == "BOOKMARK":
            made = Event("BOOKMARK", int(thing["metadata"]["resourceVersion"]))
        else:
            if thing["kind"] == "Table":
                thing = thing["rows"][0]["object"]
            seen = self.see(thing)
            made = Event(event["type"], seen.version, seen)
        self.lines[digest] = made
        return made

    def span(self, stream, scope, items, version):
        made = Span(stream, scope, version, self.see_all(items), end=version)
        with self.lock:
            self.recording.spans.append(made)
        return made

    def listed(self, scope, began, items, version):
        ended = time.monotonic()
        made = Listed(scope, began, ended, version, self.see_all(items))
        with self.lock:
            self.recording.lists.append(made)
        return made

    def written(self, scope, what, began, uid, thing=None):
        ended = time.monotonic()
        seen = self.see(thing) if thing else None
        with self.lock:
            self.recording.writes.append(Written(scope, what, began, ended, uid, seen))


class Stream:
    """A client that lists, watches, resumes where it was, and lists anew only after a 410.

    How it does that: `plain`, as a `table`, over a `websocket`, or going away at times (`late`).
    """

    def __init__(self, suite, controller, recorder, name, scope, limit=0, how="plain"):
        self.controller = controller
        self.recorder = recorder
        self.name = name
        self.scope = scope
        self.limit = limit
        self.how = how
        self.span = None
        self.resumes = 0
        self.relists = 0
        self.is_over = False
        self.began = threading.Event()
        suite.thread(self.run)

    def run(self):
        client = self.controller.client(timeout=5)
        while not self.is_over:
            try:
                if self.span is None:
                    self.relist(client)
                self.follow(client)
            except Unreachable:
                client.close()
                time.sleep(0.05)
            except Refused as refused:
                if refused.status == 410:
                    self.span = None
                elif refused.status not in (429, 503):
                    raise Failure(f"stream {self.name} was refused: {refused}") from refused
                time.sleep(0.05)

    @property
    def more(self):
        """What the list and the watch are asked with, beside the version."""
        words = dict(self.scope.query)
        if self.how == "table":
            words["includeObject"] = "Object"
        return words

    def relist(self, client):
        headers = TABLE if self.how == "table" else None
        items, version = client.list(self.scope.path, self.limit, headers, **self.more)
        self.span = self.recorder.span(self.name, self.scope, items, version)
        self.relists += 1
        self.began.set()

    def lines(self, client):
        if self.how == "websocket":
            return socket_lines(client, self.scope.path, self.span.end, **self.more)
        headers = TABLE if self.how == "table" else None
        return client.watch_lines(self.scope.path, self.span.end, 40, headers, **self.more)

    def follow(self, client):
        self.resumes += 1
        span = self.span
        for line in self.lines(client):
            if self.is_over:
                return
            event = self.recorder.event(line)
            if event.kind == "ERROR":
                self.span = None
                return
            # Taken as it came, in order or not: that is for the judge.
            span.events.append(event)
            span.end = max(span.end, event.version)
            if self.how == "late" and len(span.events) % 40 == 0:
                # What happens meanwhile is told afterwards, as of its versions all the same.
                time.sleep(1)
                return


def socket_lines(client, path, version, **query):
    """The events of a watch over a WebSocket, one a message."""
    words = dict(query, watch="true", resourceVersion=version, allowWatchBookmarks="true")
    try:
        socket = WebSocket(client, f"{path}?{urllib.parse.urlencode(words)}", timeout=40)
    except Handshake as refusal:
        answer = Answer(refusal.status, {}, refusal.text.encode())
        raise Refused(answer, f"WebSocket {path}") from refusal
    except OSError as error:
        raise Unreachable(f"WebSocket {path}: {error}") from error
    try:
        for _, message in socket.each():
            yield message
    except OSError as error:
        raise Unreachable(f"the WebSocket broke: {error}") from error
    finally:
        socket.close()
