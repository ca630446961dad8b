"""A watcher that survives restarts, and holds every event against the rules of versions."""

import time

from support.api import JOBS, Refused, Unreachable
from support.suite import Failure, expect


class Watcher:
    """Follows all jobs: resumes where it was, and lists anew only when told to by a 410."""

    def __init__(self, suite, controller, path=JOBS):
        self.controller = controller
        self.path = path
        self.picture = {}
        self.version = None
        self.events = 0
        self.resumes = 0
        self.relists = 0
        self.is_over = False
        self.thread = suite.thread(self.run)

    def run(self):
        client = self.controller.client(timeout=5)
        while not self.is_over:
            try:
                if self.version is None:
                    self.relist(client)
                self.follow(client)
            except Unreachable:
                client.close()
                time.sleep(0.05)
            except Refused as refused:
                if refused.status == 410:
                    self.version = None
                elif refused.status not in (429, 503):
                    raise Failure(f"the watch was refused: {refused}") from refused
                time.sleep(0.05)

    def relist(self, client):
        items, version = client.list(self.path, limit=0)
        highest = max([0] + [known for _, known in self.picture.values()])
        expect(version >= highest, f"a list is of version {version}, but {highest} was seen before")
        self.picture = {
            item["metadata"]["name"]: (
                item["metadata"]["uid"],
                int(item["metadata"]["resourceVersion"]),
            )
            for item in items
        }
        self.version = version
        self.relists += 1

    def follow(self, client):
        self.resumes += 1
        for event in client.watch(self.path, self.version, timeout=40):
            if self.is_over:
                return
            if event["type"] == "ERROR":
                expect(event["object"].get("code") == 410, f"the watch failed: {event}")
                self.version = None
                return
            self.take(event)

    def take(self, event):
        metadata = event["object"]["metadata"]
        version = int(metadata["resourceVersion"])
        if event["type"] == "BOOKMARK":
            expect(
                version >= self.version, f"a bookmark goes back from {self.version} to {version}"
            )
            self.version = version
            return
        name, uid = metadata["name"], metadata["uid"]
        expect(
            version > self.version,
            f"{event['type']} of {name} has version {version} after {self.version}",
        )
        known = self.picture.get(name)
        same = known is not None and known[0] == uid
        if event["type"] == "ADDED":
            expect(known is None, f"{name} was added twice: {known}, then {uid} at {version}")
            self.picture[name] = (uid, version)
        elif event["type"] == "MODIFIED":
            expect(same, f"{name} ({uid}) was modified but is known as {known}")
            self.picture[name] = (uid, version)
        else:
            expect(event["type"] == "DELETED", f"what is a {event['type']}?")
            expect(same, f"{name} ({uid}) was deleted but is known as {known}")
            del self.picture[name]
        self.version = version
        self.events += 1

    def difference(self, items):
        """Where the picture and a fresh list differ; empty when they agree."""
        fresh = {
            item["metadata"]["name"]: (
                item["metadata"]["uid"],
                int(item["metadata"]["resourceVersion"]),
            )
            for item in items
        }
        picture = dict(self.picture)
        names = sorted(set(fresh) | set(picture))
        wrong = [name for name in names if fresh.get(name) != picture.get(name)]
        return [
            f"{name}: listed {fresh.get(name)}, watched {picture.get(name)}" for name in wrong[:3]
        ]
