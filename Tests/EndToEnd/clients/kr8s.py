"""kr8s: objects that know how to refresh, wait and follow, over httpx and asyncio."""

import kr8s
from kr8s.objects import ConfigMap, Namespace, Node, Pod, new_class

from support.checklist import Checklist, expect, job, pool, wait_for

Job = new_class("Job", "muster.dev/v1", asyncio=False, namespaced=True)
NodePool = new_class("NodePool", "muster.dev/v1", asyncio=False, namespaced=False, scalable=True)


class Kept:
    """The interface, once `connect` has run."""

    api = None


def made(checks, *arguments, **more):
    body = job(*arguments, **more)
    body["metadata"]["namespace"] = checks.space
    thing = Job(body, api=Kept.api)
    thing.create()
    return thing


def connect(checks):
    Kept.api = kr8s.api(kubeconfig=checks.kubeconfig, namespace=checks.space)
    expect(Kept.api.version()["gitVersion"].startswith("v1."), Kept.api.version())
    Namespace({"metadata": {"name": checks.space}}, api=Kept.api).create()
    kinds = {(one["version"], one["kind"]) for one in Kept.api.api_resources()}
    expect(("muster.dev/v1", "Job") in kinds and ("v1", "Pod") in kinds, kinds)
    expect(Kept.api.whoami(), "nobody")
    nodes = [node.name for node in kr8s.get("nodes", api=Kept.api)]
    expect(nodes == ["node-a"], nodes)


def run_job(checks):
    work = made(checks, "work", "echo $((6 * 7)); sleep 0.3", labels={"team": "red"})
    expect(work.metadata.uid, work.raw)
    work.wait("jsonpath='{.status.phase}'=Succeeded", timeout=20)
    work.wait("condition=Complete", timeout=20)
    pods = list(
        kr8s.get(
            "pods", namespace=checks.space, label_selector={"muster.dev/job": "work"}, api=Kept.api
        )
    )
    expect([pod.name for pod in pods] == ["work-w-0"], pods)
    lines = list(pods[0].logs())
    expect(lines == ["42"], lines)
    lines = list(pods[0].logs(timestamps=True))
    expect(len(lines) == 1 and lines[0].endswith("Z 42"), lines)


def follow_log(checks):
    talk = made(checks, "talk", "for n in 1 2 3; do echo line $n; sleep 0.3; done")
    talk.wait("condition=Running", timeout=20)
    lines = list(Pod.get("talk-w-0", namespace=checks.space, api=Kept.api).logs(follow=True))
    expect(lines == ["line 1", "line 2", "line 3"], lines)


def select(checks):
    for number in range(4):
        made(checks, f"one-{number}", "exit 0", labels={"team": "red" if number % 2 else "blue"})

    def names(**query):
        found = Job.list(namespace=checks.space, api=Kept.api, **query)
        return sorted(one.name for one in found)

    expect(names(label_selector={"team": "red"}) == ["one-1", "one-3", "work"], names())
    expect(names(label_selector="team notin (red),team") == ["one-0", "one-2"], names())
    expect(names(field_selector={"metadata.name": "one-2"}) == ["one-2"], names())
    expect(len(names()) == 6, names())


def change(checks):
    held = made(checks, "held", "sleep 60", labels={"team": "red"})
    held.label({"more": "yes"})
    expect(held.labels == {"team": "red", "more": "yes"}, held.labels)
    held.remove_label("more")
    expect(held.labels == {"team": "red"}, held.labels)
    held.annotate({"note": "seen"})
    expect(held.annotations["note"] == "seen", held.annotations)
    held.patch({"spec": {"priority": 9}})
    expect(held.spec.priority == 9 and held.metadata.generation == 2, held.raw)
    held.patch([{"op": "replace", "path": "/spec/priority", "value": 8}], type="json")
    expect(held.spec.priority == 8, held.raw)


def watch(checks):
    seen = made(checks, "seen", "exit 0")
    found = []
    for kind, thing in seen.watch():
        found.append((kind, thing.status.phase))
        if thing.status.phase == "Succeeded" and kind == "MODIFIED":
            thing.delete()
        if kind == "DELETED":
            break
    expect(found[-1] == ("DELETED", "Succeeded"), found)
    seen.wait("delete", timeout=20)
    expect(not seen.exists(), "a deleted job exists")


def scale(checks):
    machines = NodePool(pool(checks.space), api=Kept.api)
    machines.create()
    machines.scale(2)
    expect(machines.replicas == 2, machines.raw)
    machines.delete()


def tend_node(checks):
    node = Node.get("node-a", api=Kept.api)
    node.label({"kr8s": "was-here"})
    expect(Node.get("node-a", api=Kept.api).labels["kr8s"] == "was-here", node.labels)
    settings = {"metadata": {"name": "settings", "namespace": checks.space}, "data": {"rate": "1"}}
    ConfigMap(settings, api=Kept.api).create()
    found = ConfigMap.get("settings", namespace=checks.space, api=Kept.api)
    expect(found.data == {"rate": "1"}, found.raw)


def clear(checks):
    held = Job.get("held", namespace=checks.space, api=Kept.api)
    held.delete(propagation_policy="Background")
    held.wait("delete", timeout=20)
    space = Namespace.get(checks.space, api=Kept.api)
    space.delete()
    wait_for(lambda: not space.exists(), "the namespace stays", 30)


Checklist().run(connect, run_job, follow_log, select, change, watch, scale, tend_node, clear)
