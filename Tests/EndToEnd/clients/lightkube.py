"""lightkube: typed and generic resources, over httpx."""

from lightkube import ApiError, Client, KubeConfig
from lightkube.generic_resource import create_global_resource, create_namespaced_resource
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.coordination_v1 import Lease
from lightkube.resources.core_v1 import ConfigMap, Event, Namespace, Node, Pod
from lightkube.types import PatchType

from support.checklist import Checklist, expect, job, pool, wait_for

Job = create_namespaced_resource("muster.dev", "v1", "Job", "jobs")
NodePool = create_global_resource("muster.dev", "v1", "NodePool", "nodepools")


class Kept:
    """The client, once `connect` has run."""

    client = None


def refused(status, act, *arguments, **more):
    """Calls; the server must refuse with that status."""
    try:
        answer = act(*arguments, **more)
    except ApiError as error:
        expect(error.status.code == status, f"{error.status.code} and not {status}: {error}")
        return error
    raise AssertionError(f"not refused with {status}: {str(answer)[:300]}")


def connect(checks):
    setting = KubeConfig.from_file(checks.kubeconfig).get()
    Kept.client = Client(config=setting, namespace=checks.space, field_manager="lightkube")
    Kept.client.create(Namespace(metadata=ObjectMeta(name=checks.space)))
    nodes = [node.metadata.name for node in Kept.client.list(Node)]
    expect(nodes == ["node-a"], nodes)


def run_job(checks):
    made = Kept.client.create(Job.from_dict(job("work", "echo $((6 * 7))", labels={"team": "red"})))
    expect(made.metadata.uid and made.metadata.namespace == checks.space, made)
    done = Kept.client.wait(
        Job, "work", for_conditions=["Complete"], raise_for_conditions=["Failed"]
    )
    expect(done["status"]["phase"] == "Succeeded", done)
    pods = list(Kept.client.list(Pod, labels={"muster.dev/job": "work"}))
    expect([pod.metadata.name for pod in pods] == ["work-w-0"], pods)
    expect(pods[0].status.phase == "Succeeded" and pods[0].spec.nodeName == "node-a", pods[0])
    lines = list(Kept.client.log("work-w-0"))
    expect(lines == ["42\n"], lines)


def follow_log(checks):
    Kept.client.create(
        Job.from_dict(job("talk", "for n in 1 2 3; do echo line $n; sleep 0.3; done"))
    )
    wait_for(
        lambda: Kept.client.get(Job, "talk")["status"]["phase"] in ("Running", "Succeeded"),
        "job talk does not run",
    )
    lines = list(Kept.client.log("talk-w-0", follow=True))
    expect(lines == ["line 1\n", "line 2\n", "line 3\n"], lines)


def select(checks):
    for number in range(4):
        team = {"team": "red" if number % 2 else "blue"}
        Kept.client.create(Job.from_dict(job(f"one-{number}", "exit 0", labels=team)))

    def names(**query):
        return sorted(item.metadata.name for item in Kept.client.list(Job, **query))

    expect(names(labels={"team": "red"}) == ["one-1", "one-3", "work"], names())
    expect(names(labels={"team": ("blue", "green")}) == ["one-0", "one-2"], names())
    expect(names(labels={"team": None}) == ["one-0", "one-1", "one-2", "one-3", "work"], names())
    expect(names(fields={"metadata.name": "one-2"}) == ["one-2"], names())
    expect(len(names(chunk_size=2)) == 6, names())


def watch(checks):
    seen = []
    version = Kept.client.create(Job.from_dict(job("seen", "exit 0"))).metadata.resourceVersion
    for kind, thing in Kept.client.watch(
        Job, fields={"metadata.name": "seen"}, resource_version=version
    ):
        seen.append((kind, thing["status"]["phase"]))
        if thing["status"]["phase"] == "Succeeded" and kind == "MODIFIED":
            Kept.client.delete(Job, "seen")
        if kind == "DELETED":
            break
    expect(seen[-1] == ("DELETED", "Succeeded"), seen)
    expect({kind for kind, _ in seen[:-1]} == {"MODIFIED"}, seen)


def patch(checks):
    Kept.client.create(Job.from_dict(job("held", "sleep 60", labels={"team": "red"})))
    patched = Kept.client.patch(
        Job, "held", {"metadata": {"labels": {"more": "yes"}}}, patch_type=PatchType.MERGE
    )
    expect(patched.metadata.labels == {"team": "red", "more": "yes"}, patched.metadata)
    operations = [{"op": "remove", "path": "/metadata/labels/more"}]
    patched = Kept.client.patch(Job, "held", operations, patch_type=PatchType.JSON)
    expect(patched.metadata.labels == {"team": "red"}, patched.metadata)
    stale = Kept.client.get(Job, "held")
    Kept.client.patch(
        Job, "held", {"metadata": {"labels": {"newer": "yes"}}}, patch_type=PatchType.MERGE
    )
    stale.metadata.labels["late"] = "yes"
    refused(409, Kept.client.replace, stale)


def apply(checks):
    wanted = Job.from_dict(job("applied", "sleep 60", labels={"team": "red"}))
    made = Kept.client.apply(wanted)
    expect(made.metadata.managedFields[0].manager == "lightkube", made.metadata.managedFields)
    other = {
        "apiVersion": "muster.dev/v1",
        "kind": "Job",
        "metadata": {"name": "applied", "labels": {"team": "blue"}},
    }
    refused(409, Kept.client.apply, Job.from_dict(other), field_manager="other")
    forced = Kept.client.apply(Job.from_dict(other), field_manager="other", force=True)
    expect(forced.metadata.labels == {"team": "blue"}, forced.metadata)
    settings = ConfigMap(metadata=ObjectMeta(name="settings"), data={"rate": "0.1"})
    settings.apiVersion, settings.kind = "v1", "ConfigMap"
    expect(Kept.client.apply(settings).data == {"rate": "0.1"}, "the config map is another")


def scale(checks):
    Kept.client.create(NodePool.from_dict(pool(checks.space)))
    answer = Kept.client.get(NodePool.Scale, checks.space)
    expect(answer.spec.replicas in (0, None), answer)
    answer.spec.replicas = 2
    answer = Kept.client.replace(answer, checks.space)
    expect(answer.spec.replicas == 2, answer)
    expect(Kept.client.get(NodePool, checks.space)["spec"]["replicas"] == 2, "not scaled")
    Kept.client.delete(NodePool, checks.space)


def look_around(checks):
    reasons = [event.reason for event in Kept.client.list(Event)]
    expect("Scheduled" in reasons, reasons)
    expect(list(Kept.client.list(Lease)) == [], "there are leases")
    spaces = [one.metadata.name for one in Kept.client.list(Namespace)]
    expect(checks.space in spaces, spaces)


def clear(checks):
    Kept.client.delete(Job, "work")
    refused(404, Kept.client.get, Job, "work")
    Kept.client.deletecollection(Job)
    wait_for(lambda: not list(Kept.client.list(Job)), "the collection stays")
    Kept.client.delete(Namespace, checks.space)
    wait_for(
        lambda: checks.space not in [one.metadata.name for one in Kept.client.list(Namespace)],
        "the namespace stays",
        30,
    )


Checklist().run(
    connect, run_job, follow_log, select, watch, patch, apply, scale, look_around, clear
)
