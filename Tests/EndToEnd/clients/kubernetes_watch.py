"""`kubernetes.watch.Watch`: resumed over a kill of the controller, nothing is lost or doubled."""

import threading
import time

from kubernetes import client, config, watch
from kubernetes.client.rest import ApiException
from urllib3.exceptions import HTTPError

from support.checklist import Checklist, expect, job, wait_for

GROUP = ("muster.dev", "v1")


class Follower:
    """Lists, then watches; after a broken stream it goes on behind the last event."""

    def __init__(self, space):
        self.api = client.CustomObjectsApi()
        self.where = (*GROUP, space, "jobs")
        self.events = []
        self.picture = {}
        self.breaks = 0
        self.lists = 0
        self.problem = None
        self.is_over = False
        self.version = None
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while not self.is_over:
            try:
                if self.version is None:
                    self.list()
                self.watch()
            except ApiException as error:
                if error.status == 410:
                    self.version = None
                elif error.status not in (429, 503):
                    self.problem = f"{error.status}: {error.body}"
                    return
            except (HTTPError, OSError):
                self.breaks += 1
                time.sleep(0.05)

    def list(self):
        page = self.api.list_namespaced_custom_object(*self.where)
        self.picture = {item["metadata"]["name"]: item for item in page["items"]}
        self.version = page["metadata"]["resourceVersion"]
        self.lists += 1

    def watch(self):
        watcher = watch.Watch()
        # Also this client remembers the version: of each event, bookmarks among them.
        for event in watcher.stream(
            self.api.list_namespaced_custom_object,
            *self.where,
            resource_version=self.version,
            allow_watch_bookmarks=True,
        ):
            version = event["object"]["metadata"]["resourceVersion"]
            if int(version) <= int(self.version):
                self.problem = f"version {version} after {self.version}"
            self.version = version
            if event["type"] != "BOOKMARK":
                self.take(event["type"], event["object"])

    def take(self, kind, thing):
        name = thing["metadata"]["name"]
        known = self.picture.get(name)
        if (kind == "ADDED") == (known is not None):
            self.problem = f"{kind} of {name}, which was known as {known}"
        if kind == "DELETED":
            self.picture.pop(name, None)
        else:
            self.picture[name] = thing
        self.events.append((kind, name, thing["status"]["phase"]))

    def wait(self, kind, name, *phases):
        """Waits for an event; of any phase if none is named."""

        def has_come():
            expect(self.problem is None, self.problem)
            return any(
                event[:2] == (kind, name) and (not phases or event[2] in phases)
                for event in self.events
            )

        wait_for(has_come, lambda: f"no {kind} of {name} as {phases}: {self.events[-5:]}")

    def phase(self, name):
        expect(self.problem is None, self.problem)
        return self.picture.get(name, {}).get("status", {}).get("phase")

    def check(self):
        """The picture is the list, object by object."""
        page = self.api.list_namespaced_custom_object(*self.where)
        listed = {item["metadata"]["name"]: item for item in page["items"]}
        version = page["metadata"]["resourceVersion"]
        wait_for(
            lambda: self.picture == listed, lambda: f"{self.picture} against {listed} of {version}"
        )


class Kept:
    """The follower and the writer's interface, shared by the steps."""

    follower = None
    where = None
    api = None


def begin(checks):
    config.load_kube_config(checks.kubeconfig)
    core = client.CoreV1Api()
    core.create_namespace({"metadata": {"name": checks.space}})
    Kept.api = client.CustomObjectsApi()
    Kept.where = (*GROUP, checks.space, "jobs")
    Kept.api.create_namespaced_custom_object(*Kept.where, job("before", "exit 0"))
    Kept.follower = Follower(checks.space)
    wait_for(lambda: Kept.follower.version, "the follower does not begin")


def follow(checks):
    """Every step of a job's life is told, once."""
    Kept.api.create_namespaced_custom_object(*Kept.where, job("first", "echo one; sleep 0.2"))
    Kept.follower.wait("MODIFIED", "first", "Succeeded")
    kinds = [kind for kind, name, _ in Kept.follower.events if name == "first"]
    expect(kinds[0] == "ADDED" and set(kinds[1:]) == {"MODIFIED"}, kinds)
    Kept.follower.check()


def survive(checks):
    """The controller is killed while a job runs; the watch goes on where it was."""
    stay = job("stay", "echo before; sleep 4; echo after")
    Kept.api.create_namespaced_custom_object(*Kept.where, stay)
    Kept.follower.wait("MODIFIED", "stay", "Running")
    Kept.api.patch_namespaced_custom_object(
        *Kept.where, "before", {"metadata": {"labels": {"last": "words"}}}
    )
    lists = Kept.follower.lists
    checks.restart()
    made = job("second", "echo two")
    wait_for(lambda: is_made(made), "no job can be made after the restart")
    # By events, or by a list and events where the version was too old.
    for name in ("second", "stay"):
        wait_for(
            lambda name=name: Kept.follower.phase(name) == "Succeeded",
            lambda name=name: f"{name} is seen as {Kept.follower.phase(name)}",
        )
    expect(Kept.follower.breaks > 0, "the kill was not noticed")
    added = [name for kind, name, _ in Kept.follower.events if kind == "ADDED"]
    relisted = Kept.follower.lists > lists
    expect(len(set(added)) == len(added), f"added twice: {added}")
    expect(relisted or added == ["first", "stay", "second"], added)
    checks.say(f"the watch {'listed anew after a 410' if relisted else 'was resumed'}")
    Kept.follower.check()
    text = client.CoreV1Api().read_namespaced_pod_log("stay-w-0", checks.space)
    expect(text == "before\nafter\n", repr(text))


def is_made(body):
    try:
        Kept.api.create_namespaced_custom_object(*Kept.where, body)
    except HTTPError:
        return False
    except ApiException as error:
        # The answer to an attempt before may have been lost.
        expect(error.status in (409, 429, 503), error.body)
        return error.status == 409
    return True


def come_too_late(checks):
    """A version that is no longer remembered is a 410, as an event or as an answer."""
    core = client.CoreV1Api()
    watcher = watch.Watch()
    try:
        for event in watcher.stream(
            core.list_namespaced_event, checks.space, resource_version="1", timeout_seconds=5
        ):
            raise AssertionError(f"events since version 1 are remembered: {event}")
    except ApiException as error:
        expect(error.status == 410, f"{error.status} {error.reason} {error.body}")
        return
    raise AssertionError("a watch from version 1 ended without a word")


def end(checks):
    """A deletion is told with the last state."""
    last = Kept.api.get_namespaced_custom_object(*Kept.where, "second")
    Kept.api.delete_namespaced_custom_object(*Kept.where, "second")
    Kept.follower.wait("DELETED", "second", last["status"]["phase"])
    Kept.follower.check()
    limited = list(
        watch.Watch().stream(
            client.CoreV1Api().list_namespaced_pod, checks.space, timeout_seconds=1
        )
    )
    expect({event["type"] for event in limited} == {"ADDED"}, limited)
    Kept.follower.is_over = True
    client.CoreV1Api().delete_namespace(checks.space)


Checklist().run(begin, follow, survive, come_too_late, end)
