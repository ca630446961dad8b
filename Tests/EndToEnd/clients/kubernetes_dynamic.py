"""The `kubernetes` package with its dynamic interface: kinds are found by discovery."""

import tempfile

from kubernetes import config, dynamic
from kubernetes.client import ApiClient
from kubernetes.client.rest import ApiException

from support.checklist import Checklist, expect, job, wait_for

MINE = "dynamic-script"
THEIRS = "other-script"


class Kinds:
    """What discovery gave, once `discover` has run."""

    client = None
    jobs = None


def refused(status, act, *arguments, **more):
    """Calls; the server must refuse with that status."""
    try:
        answer = act(*arguments, **more)
    except ApiException as error:
        expect(error.status == status, f"{error.status} and not {status}: {error.body}")
        return error
    raise AssertionError(f"not refused with {status}: {str(answer)[:300]}")


def discover(checks):
    plain = config.new_client_from_config(checks.kubeconfig)
    expect(isinstance(plain, ApiClient), plain)
    with tempfile.NamedTemporaryFile() as cache:
        Kinds.client = dynamic.DynamicClient(plain, cache_file=cache.name + ".json")
    found = Kinds.client.resources
    Kinds.jobs = found.get(api_version="muster.dev/v1", kind="Job")
    expect(Kinds.jobs.namespaced and "mj" in Kinds.jobs.short_names, Kinds.jobs.to_dict())
    verbs = {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}
    expect(verbs <= set(Kinds.jobs.verbs), Kinds.jobs.verbs)
    expect("status" in Kinds.jobs.subresources, Kinds.jobs.subresources)
    for version, kind in (
        ("v1", "Pod"),
        ("v1", "Node"),
        ("v1", "Namespace"),
        ("v1", "Event"),
        ("v1", "ConfigMap"),
        ("v1", "Secret"),
        ("muster.dev/v1", "Queue"),
        ("muster.dev/v1", "NodePool"),
        ("coordination.k8s.io/v1", "Lease"),
    ):
        expect(found.get(api_version=version, kind=kind).name, f"{version} {kind} is not found")


def make_space(checks):
    spaces = Kinds.client.resources.get(api_version="v1", kind="Namespace")
    made = spaces.create(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": checks.space}}
    )
    expect(made.metadata.uid, made)


def run_job(checks):
    jobs = Kinds.jobs
    made = jobs.create(job("work", "echo hello from $(( 6 * 7 ))"), namespace=checks.space)
    version = made.metadata.resourceVersion
    seen = []
    for event in jobs.watch(namespace=checks.space, resource_version=version, timeout=20):
        seen.append((event["type"], event["object"].status.phase))
        if event["object"].status.phase == "Succeeded":
            break
    expect(seen and seen[-1] == ("MODIFIED", "Succeeded"), seen)
    expect({kind for kind, _ in seen} == {"MODIFIED"}, seen)
    pods = Kinds.client.resources.get(api_version="v1", kind="Pod")
    found = pods.get(namespace=checks.space, label_selector="muster.dev/job=work").items
    expect([pod.metadata.name for pod in found] == ["work-w-0"], found)
    text = pods.log.get(name="work-w-0", namespace=checks.space, serialize=False)
    expect(text.data == b"hello from 42\n", text.data)


def patch_each_way(checks):
    jobs = Kinds.jobs
    jobs.create(job("held", "sleep 60", labels={"team": "red"}), namespace=checks.space)
    change = {"metadata": {"name": "held", "labels": {"merged": "yes"}}}
    merged = jobs.patch(
        body=change, namespace=checks.space, content_type="application/merge-patch+json"
    )
    expect(merged.metadata.labels.to_dict() == {"team": "red", "merged": "yes"}, merged.metadata)
    operations = [
        {"op": "test", "path": "/metadata/labels/merged", "value": "yes"},
        {"op": "remove", "path": "/metadata/labels/merged"},
    ]
    listed = jobs.patch(
        name="held",
        body=operations,
        namespace=checks.space,
        content_type="application/json-patch+json",
    )
    expect(listed.metadata.labels.to_dict() == {"team": "red"}, listed.metadata)
    # The same again: the test does not hold any more.
    refused(
        422,
        jobs.patch,
        name="held",
        body=operations,
        namespace=checks.space,
        content_type="application/json-patch+json",
    )
    # A list that is called a merge patch, and a strategic one on our own kind.
    for status, body, kind in (
        (400, operations, "application/merge-patch+json"),
        (415, change, "application/strategic-merge-patch+json"),
    ):
        refused(
            status, jobs.patch, name="held", body=body, namespace=checks.space, content_type=kind
        )


def conflict(checks):
    jobs = Kinds.jobs
    stale = jobs.get(name="held", namespace=checks.space).to_dict()
    jobs.patch(
        name="held",
        body={"metadata": {"labels": {"newer": "yes"}}},
        namespace=checks.space,
        content_type="application/merge-patch+json",
    )
    stale["metadata"]["labels"]["older"] = "yes"
    refused(409, jobs.replace, body=stale, namespace=checks.space)
    fresh = jobs.get(name="held", namespace=checks.space).to_dict()
    fresh["metadata"]["labels"]["older"] = "no"
    replaced = jobs.replace(body=fresh, namespace=checks.space)
    expect(replaced.metadata.labels.older == "no", replaced.metadata)


def apply_as_two(checks):
    """Server-side apply: each manager owns its fields, and takes others' only by force."""
    jobs = Kinds.jobs

    def wanted(priority=None, **labels):
        body = job("applied", "sleep 60")
        body["metadata"] = {"name": "applied", "labels": labels}
        if priority is not None:
            body["spec"]["priority"] = priority
        return body

    def send(manager, body, **more):
        return jobs.server_side_apply(
            body=body, namespace=checks.space, field_manager=manager, **more
        )

    made = send(MINE, wanted(5, team="red"))
    managers = [one.manager for one in made.metadata.managedFields]
    expect(managers == [MINE], managers)
    wait_for(
        lambda: jobs.get(name="applied", namespace=checks.space).status.phase == "Running",
        "the applied job does not run",
    )
    version = jobs.get(name="applied", namespace=checks.space).metadata.resourceVersion
    again = send(MINE, wanted(5, team="red"))
    expect(again.metadata.resourceVersion == version, "an apply without a change made a version")
    body = {
        "apiVersion": "muster.dev/v1",
        "kind": "Job",
        "metadata": {"name": "applied", "labels": {"tier": "gold"}},
    }
    both = send(THEIRS, body)
    expect(both.metadata.labels.to_dict() == {"team": "red", "tier": "gold"}, both.metadata)
    body["metadata"]["labels"]["team"] = "blue"
    error = refused(409, send, THEIRS, body)
    expect(MINE in str(error.body) and "team" in str(error.body), error.body)
    forced = send(THEIRS, body, force_conflicts=True)
    expect(forced.metadata.labels.team == "blue", forced.metadata)
    # What its only owner applies no more is gone; what it lost to another stays.
    rest = send(MINE, {**wanted(5), "metadata": {"name": "applied"}})
    expect(rest.metadata.labels.to_dict() == {"team": "blue", "tier": "gold"}, rest.metadata)
    less = send(MINE, {**wanted(), "metadata": {"name": "applied"}})
    expect(less.spec.priority != 5, less.spec)


def delete(checks):
    jobs = Kinds.jobs
    version = jobs.get(namespace=checks.space).metadata.resourceVersion
    jobs.delete(name="held", namespace=checks.space)
    for event in jobs.watch(namespace=checks.space, resource_version=version, timeout=20):
        if event["type"] == "DELETED" and event["object"].metadata.name == "held":
            break
    else:
        raise AssertionError("no DELETED was seen")
    refused(404, jobs.get, name="held", namespace=checks.space)
    jobs.delete(namespace=checks.space, label_selector="tier=gold")
    wait_for(
        lambda: [one.metadata.name for one in jobs.get(namespace=checks.space).items] == ["work"],
        "the collection stays",
    )


def clear(checks):
    spaces = Kinds.client.resources.get(api_version="v1", kind="Namespace")
    spaces.delete(name=checks.space)

    def is_gone():
        try:
            spaces.get(name=checks.space)
        except ApiException as error:
            return error.status == 404
        return False

    wait_for(is_gone, "the namespace stays", 30)


Checklist().run(
    discover, make_space, run_job, patch_each_way, conflict, apply_as_two, delete, clear
)
