"""pykube-ng: objects over requests; updates are merge patches of the whole object."""

import pykube
from pykube.mixins import ReplicatedMixin, ScalableMixin
from pykube.exceptions import HTTPError

from support.checklist import Checklist, expect, job, pool, wait_for


class Kept:
    """The interface and the kind, once `connect` has run."""

    api = None
    jobs = None


class NodePool(pykube.objects.APIObject, ReplicatedMixin, ScalableMixin):
    """Our pools, with what pykube knows of anything that has replicas."""

    version = "muster.dev/v1"
    endpoint = "nodepools"
    kind = "NodePool"


def made(checks, *arguments, **more):
    body = job(*arguments, **more)
    body["metadata"]["namespace"] = checks.space
    thing = Kept.jobs(Kept.api, body)
    thing.create()
    return thing


def phase(thing):
    thing.reload()
    return thing.obj["status"]["phase"]


def connect(checks):
    Kept.api = pykube.HTTPClient(pykube.KubeConfig.from_file(checks.kubeconfig))
    expect(Kept.api.version[0] == "1", Kept.api.version)
    Kept.jobs = pykube.object_factory(Kept.api, "muster.dev/v1", "Job")
    pykube.Namespace(Kept.api, {"metadata": {"name": checks.space}}).create()
    nodes = [node.name for node in pykube.Node.objects(Kept.api)]
    expect(nodes == ["node-a"], nodes)


def run_job(checks):
    work = made(checks, "work", "echo $((6 * 7))", labels={"team": "red"})
    wait_for(lambda: phase(work) == "Succeeded", "job work does not succeed")
    pods = list(
        pykube.Pod.objects(Kept.api, checks.space).filter(selector={"muster.dev/job": "work"})
    )
    expect([pod.name for pod in pods] == ["work-w-0"], pods)
    expect(pods[0].logs() == "42\n", pods[0].logs())
    expect(pods[0].logs(tail_lines=1, timestamps=True).endswith("Z 42\n"), "no timestamp")


def be_ready(checks):
    """A pod is ready while its rank runs."""
    stay = made(checks, "stay", "sleep 60")
    wait_for(lambda: phase(stay) == "Running", "job stay does not run")
    pod = pykube.Pod.objects(Kept.api, checks.space).get_by_name("stay-w-0")
    expect(pod.ready, pod.obj["status"])


def select(checks):
    for number in range(4):
        made(checks, f"one-{number}", "exit 0", labels={"team": "red" if number % 2 else "blue"})

    def names(**query):
        found = Kept.jobs.objects(Kept.api, checks.space).filter(**query)
        return sorted(one.name for one in found)

    expect(names(selector={"team": "red"}) == ["one-1", "one-3", "work"], names())
    expect(names(selector={"team__in": {"blue", "green"}}) == ["one-0", "one-2"], names())
    expect(names(field_selector={"metadata.name": "one-2"}) == ["one-2"], names())
    table = Kept.jobs.objects(Kept.api, checks.space).as_table()
    expect(table.columns[0]["name"].lower() == "name" and len(table.rows) == 6, table.obj)


def change(checks):
    held = made(checks, "held", "sleep 60", labels={"team": "red"})
    # It sends the version that it has read: what the kernel changes meanwhile is a conflict.
    wait_for(lambda: phase(held) == "Running", "job held does not run")
    held.labels["more"] = "yes"
    held.update()
    expect(held.labels == {"team": "red", "more": "yes"}, held.labels)
    held.annotations["note"] = "seen"
    held.obj["spec"]["priority"] = 9
    held.update()
    expect(held.annotations["note"] == "seen" and held.obj["spec"]["priority"] == 9, held.obj)
    held.patch({"metadata": {"labels": {"more": None}}})
    expect(held.labels == {"team": "red"}, held.labels)
    stale = Kept.jobs.objects(Kept.api, checks.space).get_by_name("held")
    held.patch({"metadata": {"labels": {"newer": "yes"}}})
    stale.labels["late"] = "yes"
    try:
        # A merge patch with the version that was read is a conditional one.
        stale.update()
    except HTTPError as error:
        expect(error.code == 409, error)
    else:
        raise AssertionError("a stale update was taken")


def watch(checks):
    seen = made(checks, "seen", "exit 0")
    version = seen.metadata["resourceVersion"]
    found = []
    query = Kept.jobs.objects(Kept.api, checks.space).filter(
        field_selector={"metadata.name": "seen"}
    )
    for event in query.watch(since=version):
        found.append((event.type, event.object.obj["status"]["phase"]))
        if found[-1] == ("MODIFIED", "Succeeded"):
            event.object.delete()
        if event.type == "DELETED":
            break
    expect(found[-1] == ("DELETED", "Succeeded"), found)
    expect(not seen.exists(), "a deleted job exists")


def scale(checks):
    machines = NodePool(Kept.api, pool(checks.space))
    machines.create()
    machines.scale(2)
    machines.reload()
    expect(machines.replicas == 2, machines.obj)
    machines.delete()


def label_node():
    """An update names the version that was read, and others' work changes the node as well."""
    node = pykube.Node.objects(Kept.api).get_by_name("node-a")
    node.labels["pykube"] = "was-here"
    try:
        node.update()
    except HTTPError as error:
        expect(error.code == 409, error)
        return False
    return True


def tend_node(checks):
    wait_for(label_node, "the node changes too often to be labelled")
    node = pykube.Node.objects(Kept.api).get_by_name("node-a")
    expect(node.labels["pykube"] == "was-here", node.labels)
    settings = {"metadata": {"name": "settings", "namespace": checks.space}, "data": {"rate": "1"}}
    pykube.ConfigMap(Kept.api, settings).create()
    found = pykube.ConfigMap.objects(Kept.api, checks.space).get_by_name("settings")
    expect(found.obj["data"] == {"rate": "1"}, found.obj)


def clear(checks):
    held = Kept.jobs.objects(Kept.api, checks.space).get_by_name("held")
    held.delete(propagation_policy="Foreground")
    wait_for(lambda: not held.exists(), "job held stays")
    # What is not there may be deleted.
    held.delete()
    space = pykube.Namespace.objects(Kept.api).get_by_name(checks.space)
    space.delete()
    wait_for(lambda: not space.exists(), "the namespace stays", 30)


Checklist().run(connect, run_job, be_ready, select, change, watch, scale, tend_node, clear)
