"""The `kubernetes` package with its typed interface: what most programs do with it."""

import base64
import threading
import time

from kubernetes import client, config
from kubernetes.client.rest import ApiException
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock

from support.checklist import Checklist, expect, job, pool, wait_for

GROUP = ("muster.dev", "v1")
FINAL = ("Succeeded", "Failed", "Cancelled")


def refused(status, act, *arguments, **more):
    """Calls; the server must refuse with that status, and say so as a Status object."""
    try:
        answer = act(*arguments, **more)
    except ApiException as error:
        expect(error.status == status, f"{error.status} and not {status}: {error.body}")
        expect('"Status"' in str(error.body), f"no Status: {error.body}")
        return error
    raise AssertionError(f"not refused with {status}: {str(answer)[:300]}")


class Jobs:
    """Our jobs in this script's namespace, through CustomObjectsApi."""

    def __init__(self, space):
        self.api = client.CustomObjectsApi()
        self.where = (*GROUP, space, "jobs")

    def create(self, *arguments, **more):
        body = job(*arguments, **more)
        return self.api.create_namespaced_custom_object(*self.where, body)

    def get(self, name):
        return self.api.get_namespaced_custom_object(*self.where, name)

    def wait(self, name, phase):
        def look():
            status = self.get(name).get("status", {})
            expect(status.get("phase") == phase or status.get("phase") not in FINAL, status)
            return status.get("phase") == phase

        wait_for(look, f"job {name} does not become {phase}")


def connect(checks):
    config.load_kube_config(checks.kubeconfig)
    version = client.VersionApi().get_code()
    expect(version.git_version.startswith("v1."), version)
    groups = client.ApisApi().get_api_versions()
    expect("muster.dev" in [group.name for group in groups.groups], groups)
    kinds = client.CustomObjectsApi().get_api_resources("muster.dev", "v1")
    expect("jobs" in [kind.name for kind in kinds.resources], kinds)


def make_space(checks):
    core = client.CoreV1Api()
    body = client.V1Namespace(
        metadata=client.V1ObjectMeta(name=checks.space, labels={"for": "typed"})
    )
    made = core.create_namespace(body)
    expect(made.metadata.uid and made.status.phase == "Active", made)
    refused(409, core.create_namespace, body)
    expect(core.read_namespace(checks.space).metadata.labels["for"] == "typed", "label is lost")
    listed = core.list_namespace(label_selector="for=typed")
    expect([item.metadata.name for item in listed.items] == [checks.space], listed)
    patched = core.patch_namespace(checks.space, {"metadata": {"labels": {"more": "yes"}}})
    expect(patched.metadata.labels == {**made.metadata.labels, "more": "yes"}, patched.metadata)


def look_at_nodes(checks):
    core = client.CoreV1Api()
    nodes = core.list_node(limit=10).items
    expect([node.metadata.name for node in nodes] == ["node-a"], nodes)
    node = core.read_node("node-a")
    expect(float(node.status.capacity["cpu"]) == 64, node.status.capacity)
    expect(node.status.capacity["memory"].endswith("Ki"), node.status.capacity)
    ready = {one.type: one.status for one in node.status.conditions}
    expect(ready["Ready"] == "True", ready)
    expect(node.status.node_info.kubelet_version, node.status)
    patched = core.patch_node("node-a", {"metadata": {"labels": {"typed": "was-here"}}})
    expect(patched.metadata.labels["typed"] == "was-here", patched.metadata)
    expect(len(core.list_node(label_selector="typed=was-here").items) == 1, "no node is selected")


def run_job(checks):
    """Real work: two ranks write what is read back."""
    jobs = Jobs(checks.space)
    made = jobs.create("work", "echo answer $((6 * 7)) of rank $MUSTER_RANK", 2, {"team": "red"})
    expect(made["metadata"]["uid"] and made["metadata"]["generation"] == 1, made["metadata"])
    jobs.wait("work", "Succeeded")
    core = client.CoreV1Api()
    pods = core.list_namespaced_pod(checks.space, label_selector="muster.dev/job=work").items
    expect(len(pods) == 2, pods)
    for rank, pod in enumerate(sorted(pods, key=lambda pod: pod.metadata.name)):
        expect(pod.status.phase == "Succeeded", pod.status)
        expect(pod.spec.node_name == "node-a", pod.spec)
        expect(pod.status.container_statuses[0].state.terminated.exit_code == 0, pod.status)
        expect(pod.metadata.owner_references[0].uid == made["metadata"]["uid"], pod.metadata)
        text = core.read_namespaced_pod_log(pod.metadata.name, checks.space)
        expect(text == f"answer 42 of rank {rank}\n", repr(text))
    text = core.read_namespaced_pod_log("work-w-0", checks.space, tail_lines=1, timestamps=True)
    expect(text.endswith("Z answer 42 of rank 0\n"), repr(text))
    refused(404, core.read_namespaced_pod_log, "work-w-9", checks.space)


def follow_log(checks):
    """A log is followed while it is written, and ends with its rank."""
    jobs = Jobs(checks.space)
    jobs.create("talk", "for n in 1 2 3 4 5; do echo line $n; sleep 0.3; done")
    core = client.CoreV1Api()
    wait_for(lambda: jobs.get("talk")["status"]["phase"] != "Pending", "job talk does not start")
    answer = core.read_namespaced_pod_log(
        "talk-w-0", checks.space, follow=True, _preload_content=False
    )
    began, moments, text = time.monotonic(), [], b""
    for part in answer.stream(amt=None) if hasattr(answer, "stream") else answer:
        text += part
        moments.append(time.monotonic() - began)
    expect(text == b"".join(b"line %d\n" % n for n in range(1, 6)), text)
    expect(len(moments) >= 3, f"the log came in {len(moments)} parts: it was not followed")
    jobs.wait("talk", "Succeeded")


def change_jobs(checks):
    jobs = Jobs(checks.space)
    api = jobs.api
    seen = jobs.create("held", "sleep 60", 1, {"team": "blue"})
    refused(409, jobs.create, "held", "exit 0")
    patched = api.patch_namespaced_custom_object(*jobs.where, "held", {"spec": {"priority": 7}})
    expect(patched["spec"]["priority"] == 7, patched["spec"])
    expect(patched["metadata"]["generation"] == 2, patched["metadata"])
    operations = [{"op": "add", "path": "/metadata/labels/via", "value": "list"}]
    # This client calls any body a merge patch unless it is told otherwise.
    refused(400, api.patch_namespaced_custom_object, *jobs.where, "held", operations)
    patched = api.patch_namespaced_custom_object(
        *jobs.where, "held", operations, _content_type="application/json-patch+json"
    )
    expect(patched["metadata"]["labels"] == {"team": "blue", "via": "list"}, patched["metadata"])
    seen["metadata"]["labels"] = {"late": "yes"}
    error = refused(409, api.replace_namespaced_custom_object, *jobs.where, "held", seen)
    expect('"Conflict"' in error.body, error.body)
    fresh = jobs.get("held")
    fresh["metadata"]["labels"]["turn"] = "two"
    replaced = api.replace_namespaced_custom_object(*jobs.where, "held", fresh)
    expect(replaced["metadata"]["labels"]["turn"] == "two", replaced["metadata"])
    wrong = job("wrong", "exit 0")
    wrong["spec"]["colour"] = "red"
    error = refused(
        400,
        api.create_namespaced_custom_object,
        *jobs.where,
        wrong,
        field_validation="Strict",
    )
    expect('unknown field \\"spec.colour\\"' in error.body, error.body)
    dry = api.create_namespaced_custom_object(*jobs.where, job("dry", "exit 0"), dry_run="All")
    expect(dry["metadata"]["name"] == "dry", dry)
    refused(404, jobs.get, "dry")


def select_jobs(checks):
    jobs = Jobs(checks.space)
    api = jobs.api

    def names(**query):
        items = api.list_namespaced_custom_object(*jobs.where, **query)["items"]
        return sorted(item["metadata"]["name"] for item in items)

    expect(names() == ["held", "talk", "work"], names())
    expect(names(label_selector="team in (red, green)") == ["work"], "team in (red, green)")
    expect(names(label_selector="team!=red") == ["held", "talk"], "team!=red")
    expect(names(field_selector="metadata.name=talk") == ["talk"], "metadata.name=talk")
    found, more = [], ""
    while True:
        page = api.list_namespaced_custom_object(*jobs.where, limit=1, _continue=more)
        found += page["items"]
        more = page["metadata"].get("continue", "")
        if not more:
            break
    expect(len(found) == 3, found)
    everywhere = api.list_custom_object_for_all_namespaces("muster.dev", "v1", "jobs")
    mine = [one for one in everywhere["items"] if one["metadata"]["namespace"] == checks.space]
    expect(len(mine) == 3, mine)


def status_and_scale(checks):
    """Status and scale are parts of their own: one cannot change the other's fields."""
    jobs = Jobs(checks.space)
    api = jobs.api
    status = api.get_namespaced_custom_object_status(*jobs.where, "held")["status"]
    expect(status["phase"] in ("Pending", "Starting", "Running"), status)
    condition = {"type": "Checked", "status": "True", "reason": "Seen", "message": "by typed.py"}
    condition["lastTransitionTime"] = "2026-01-02T03:04:05Z"
    conditions = [*status.get("conditions", []), condition]
    patched = api.patch_namespaced_custom_object_status(
        *jobs.where, "held", {"status": {"conditions": conditions}}
    )
    types = [one["type"] for one in patched["status"]["conditions"]]
    expect("Checked" in types, patched["status"])
    expect(patched["status"]["phase"] == jobs.get("held")["status"]["phase"], patched["status"])
    where = (*GROUP, "nodepools")
    made = api.create_cluster_custom_object(*where, pool(checks.space))
    expect(made["spec"]["replicas"] == 0, made)
    scale = api.get_cluster_custom_object_scale(*where, checks.space)
    expect(scale["kind"] == "Scale" and scale["spec"]["replicas"] == 0, scale)
    body = {"spec": {"replicas": 3}}
    scale = api.patch_cluster_custom_object_scale(*where, checks.space, body)
    expect(scale["spec"]["replicas"] == 3, scale)
    grown = api.get_cluster_custom_object(*where, checks.space)
    expect(grown["spec"]["replicas"] == 3, grown)
    api.delete_cluster_custom_object(*where, checks.space)
    wait_for(lambda: is_gone(api.get_cluster_custom_object, *where, checks.space), "pool stays")


def is_gone(get, *arguments):
    try:
        get(*arguments)
    except ApiException as error:
        return error.status == 404
    return False


def read_events(checks):
    core = client.CoreV1Api()
    selector = "involvedObject.name=work,involvedObject.kind=Job"
    events = core.list_namespaced_event(checks.space, field_selector=selector).items
    reasons = [event.reason for event in events]
    expect("Scheduled" in reasons and "Succeeded" in reasons, reasons)
    for event in events:
        expect(event.involved_object.namespace == checks.space and event.first_timestamp, event)


def ask_for_rights(checks):
    review = client.V1SelfSubjectAccessReview(
        spec=client.V1SelfSubjectAccessReviewSpec(
            resource_attributes=client.V1ResourceAttributes(
                namespace=checks.space, verb="create", group="muster.dev", resource="jobs"
            )
        )
    )
    answer = client.AuthorizationV1Api().create_self_subject_access_review(review)
    expect(answer.status.allowed is True, answer)
    rules = client.AuthorizationV1Api().create_self_subject_rules_review(
        client.V1SelfSubjectRulesReview(
            spec=client.V1SelfSubjectRulesReviewSpec(namespace=checks.space)
        )
    )
    expect(rules.status.resource_rules, rules)
    me = client.AuthenticationV1Api().create_self_subject_review(client.V1SelfSubjectReview())
    expect(me.status.user_info.username, me)


def elect_leader(checks):
    """Two candidates and one lease: one leads at a time, and the other takes over."""
    events = []

    def candidate(name, is_quitting):
        def lead():
            events.append(f"{name} leads")
            if is_quitting:
                time.sleep(1)
                raise RuntimeError("this leader has had enough")

        setting = electionconfig.Config(
            LeaseLock("election", checks.space, name),
            lease_duration=3,
            renew_deadline=2,
            retry_period=1,
            onstarted_leading=lead,
            onstopped_leading=lambda: events.append(f"{name} stops"),
        )
        threading.Thread(target=leaderelection.LeaderElection(setting).run, daemon=True).start()

    candidate("first", True)
    wait_for(lambda: "first leads" in events, lambda: f"nobody leads: {events}")
    candidate("second", False)
    wait_for(lambda: "second leads" in events, lambda: f"nobody takes over: {events}")
    expect(events == ["first leads", "first stops", "second leads"], events)
    lease = client.CoordinationV1Api().read_namespaced_lease("election", checks.space)
    expect(lease.spec.holder_identity == "second", lease.spec)
    expect(lease.spec.lease_duration_seconds == 3 and lease.spec.renew_time, lease.spec)
    leases = client.CoordinationV1Api().list_namespaced_lease(checks.space).items
    expect([one.metadata.name for one in leases] == ["election"], leases)


def keep_settings(checks):
    core = client.CoreV1Api()
    settings = client.V1ConfigMap(
        metadata=client.V1ObjectMeta(name="settings"), data={"rate": "0.1"}
    )
    core.create_namespaced_config_map(checks.space, settings)
    changed = core.patch_namespaced_config_map("settings", checks.space, {"data": {"size": "7"}})
    expect(changed.data == {"rate": "0.1", "size": "7"}, changed)
    changed.data = {"rate": "0.2"}
    core.replace_namespaced_config_map("settings", checks.space, changed)
    expect(core.read_namespaced_config_map("settings", checks.space).data == {"rate": "0.2"}, "")
    secret = client.V1Secret(
        metadata=client.V1ObjectMeta(name="key"), type="Opaque", string_data={"word": "open"}
    )
    core.create_namespaced_secret(checks.space, secret)
    read = core.read_namespaced_secret("key", checks.space)
    expect(base64.b64decode(read.data["word"]) == b"open", read)
    expect(read.type == "Opaque" and not read.string_data, read)
    core.delete_namespaced_secret("key", checks.space)
    refused(404, core.read_namespaced_secret, "key", checks.space)
    core.delete_collection_namespaced_config_map(checks.space)
    expect(not core.list_namespaced_config_map(checks.space).items, "config maps are left")


def stop_pods(checks):
    """A pod is deleted or evicted: its rank ends, and with it the attempt."""
    jobs = Jobs(checks.space)
    core = client.CoreV1Api()
    jobs.wait("held", "Running")
    gone = core.delete_namespaced_pod("held-w-0", checks.space)
    expect(gone.metadata.name == "held-w-0" and gone.spec.node_name == "node-a", gone)
    wait_for(lambda: has_left(jobs, "held"), "the rank of a deleted pod runs on")
    jobs.create("moved", "sleep 60")
    jobs.wait("moved", "Running")
    core.create_namespaced_pod_eviction(
        "moved-w-0",
        checks.space,
        client.V1Eviction(metadata=client.V1ObjectMeta(name="moved-w-0", namespace=checks.space)),
    )
    wait_for(lambda: has_left(jobs, "moved"), "the rank of an evicted pod runs on")


def has_left(jobs, name):
    """Whether the first attempt is over: the job has ended, waits, or is at its next."""
    status = jobs.get(name)["status"]
    return status["attempt"] > 1 or status["phase"] in ("Pending", *FINAL)


def clear(checks):
    jobs = Jobs(checks.space)
    answer = jobs.api.delete_namespaced_custom_object(
        *jobs.where, "work", propagation_policy="Background"
    )
    expect(answer["kind"] in ("Status", "Job"), answer)
    jobs.api.delete_collection_namespaced_custom_object(*jobs.where, label_selector="via=list")
    wait_for(lambda: is_gone(jobs.get, "held"), "job held stays")
    expect(not is_gone(jobs.get, "talk"), "a collection was deleted beyond its selector")
    core = client.CoreV1Api()
    core.delete_namespace(checks.space)
    # What is left in it goes with it.
    wait_for(lambda: is_gone(core.read_namespace, checks.space), "the namespace stays", 30)
    refused(404, jobs.get, "talk")


Checklist().run(
    connect,
    make_space,
    look_at_nodes,
    run_job,
    follow_log,
    change_jobs,
    select_jobs,
    status_and_scale,
    read_events,
    ask_for_rights,
    elect_leader,
    keep_settings,
    stop_pods,
    clear,
)
