"""A kopf operator on our jobs: finalizers, annotations and status, over a kill of the controller.

The operator runs on an event loop in a thread of its own; the steps act on the API beside it with
nothing but the standard library, and look at what the operator did.
"""

import asyncio
import base64
import json
import logging
import ssl
import threading
import urllib.error
import urllib.request

import kopf
import yaml

from support.checklist import Checklist, expect, job, wait_for

FINALIZER = "muster.example/audit"
MERGE = "application/merge-patch+json"


class Kept:
    """What the handlers saw, and how the steps reach the API."""

    seen = []
    server = None
    token = None
    tls = None
    path = None


def request(method, path, body=None, kind="application/json"):
    """One request; returns the status and the answer's JSON."""
    asked = urllib.request.Request(Kept.server + path, method=method)
    asked.add_header("Authorization", f"Bearer {Kept.token}")
    if body is not None:
        asked.data = json.dumps(body).encode()
        asked.add_header("Content-Type", kind)
    try:
        with urllib.request.urlopen(asked, context=Kept.tls, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def must(method, path, body=None, kind="application/json"):
    status, answer = request(method, path, body, kind)
    expect(status // 100 == 2, f"{method} {path}: {status} {answer}")
    return answer


def get(name):
    return must("GET", f"{Kept.path}/{name}")


@kopf.on.startup()
def begin(settings, **_):
    settings.persistence.finalizer = FINALIZER
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix="muster.example")
    settings.persistence.diffbase_storage = kopf.AnnotationsDiffBaseStorage(prefix="muster.example")
    settings.networking.error_backoffs = [0.1, 0.2, 0.5, 1, 1, 1, 1, 1]
    settings.watching.reconnect_backoff = 0.1
    settings.posting.enabled = False


@kopf.on.create("muster.dev", "v1", "jobs")
def created(name, patch, **_):
    Kept.seen.append(("created", name))
    patch.metadata.annotations["muster.example/owner"] = "audit"
    checked = {"type": "Audited", "status": "True", "reason": "Seen", "message": "by the operator"}
    checked["lastTransitionTime"] = "2026-01-02T03:04:05Z"
    patch.status["conditions"] = [checked]


@kopf.on.update("muster.dev", "v1", "jobs", field="spec.priority")
def reprioritised(name, old, new, patch, **_):
    Kept.seen.append(("updated", name, old, new))
    patch.metadata.annotations["muster.example/priority"] = str(new)


@kopf.on.delete("muster.dev", "v1", "jobs")
def deleted(name, meta, **_):
    # The object must still be there, marked, while its handler runs.
    status, found = request("GET", f"{Kept.path}/{name}")
    is_marked = status == 200 and "deletionTimestamp" in found["metadata"]
    Kept.seen.append(("deleted", name, is_marked, meta.get("deletionTimestamp") is not None))


def connect(checks):
    with open(checks.kubeconfig, encoding="utf-8") as file:
        setting = yaml.safe_load(file)
    cluster = setting["clusters"][0]["cluster"]
    Kept.server = cluster["server"]
    Kept.token = setting["users"][0]["user"]["token"]
    Kept.tls = ssl.create_default_context()
    if "certificate-authority" in cluster:
        Kept.tls.load_verify_locations(cluster["certificate-authority"])
    else:
        data = base64.b64decode(cluster["certificate-authority-data"])
        Kept.tls.load_verify_locations(cadata=data.decode())
    Kept.path = f"/apis/muster.dev/v1/namespaces/{checks.space}/jobs"
    must("POST", "/api/v1/namespaces", {"metadata": {"name": checks.space}})


def start(checks):
    """The operator finds our kind, lists and watches it."""
    must("POST", Kept.path, job("early", "echo early"))
    logging.basicConfig(level=logging.INFO)
    ready = threading.Event()

    def operate():
        loop = asyncio.new_event_loop()
        flag = asyncio.Event()

        async def work():
            asyncio.get_running_loop().create_task(tell(flag, ready))
            await kopf.operator(
                registry=kopf.get_default_registry(),
                standalone=True,
                namespaces=[checks.space],
                ready_flag=flag,
            )

        loop.run_until_complete(work())

    threading.Thread(target=operate, daemon=True).start()
    expect(ready.wait(20), "the operator does not become ready")
    wait_for(lambda: ("created", "early") in Kept.seen, "the operator does not see what is there")


async def tell(flag, ready):
    await flag.wait()
    ready.set()


def handle_create(checks):
    must("POST", Kept.path, job("work", "echo $((6 * 7)); sleep 1"))
    wait_for(lambda: ("created", "work") in Kept.seen, "no create handler ran")
    found = wait_for(
        lambda: get("work")["metadata"].get("annotations", {}).get("muster.example/owner")
        and get("work"),
        "the annotation was not patched",
    )
    expect(FINALIZER in found["metadata"]["finalizers"], found["metadata"])
    wait_for(
        lambda: "Audited" in [one["type"] for one in get("work")["status"]["conditions"]],
        lambda: f"the operator's condition is not kept: {get('work')['status']}",
    )
    wait_for(
        lambda: get("work")["status"]["phase"] == "Succeeded",
        lambda: f"job work does not succeed: {get('work')['status']}",
    )
    types = [one["type"] for one in get("work")["status"]["conditions"]]
    expect("Complete" in types, f"the kernel's condition is lost: {types}")


def handle_update(checks):
    must("POST", Kept.path, job("held", "sleep 60"))
    wait_for(lambda: ("created", "held") in Kept.seen, "no create handler ran")
    before = get("held")["spec"].get("priority")
    must("PATCH", f"{Kept.path}/held", {"spec": {"priority": 77}}, MERGE)
    wait_for(
        lambda: ("updated", "held", before, 77) in Kept.seen,
        lambda: f"no update handler ran: {Kept.seen}",
    )
    wait_for(
        lambda: get("held")["metadata"]["annotations"].get("muster.example/priority") == "77",
        "the handler's annotation was not patched",
    )


def handle_delete(checks):
    """The object stays, marked, until the handler has run and the finalizer is gone."""
    for name in ("work", "held"):
        must("DELETE", f"{Kept.path}/{name}")
    for name in ("work", "held"):
        wait_for(
            lambda name=name: request("GET", f"{Kept.path}/{name}")[0] == 404,
            lambda name=name: f"job {name} stays: {get(name)['metadata']}",
        )
        handled = [one for one in Kept.seen if one[:2] == ("deleted", name)]
        # Where the job changed under the operator's last patch, it comes a second time.
        expect(handled and set(handled) == {("deleted", name, True, True)}, Kept.seen)


def survive(checks):
    """What happens around a kill of the controller is handled, and handled once."""
    must("POST", Kept.path, job("stay", "sleep 60"))
    wait_for(lambda: ("created", "stay") in Kept.seen, "no create handler ran")
    wait_for(lambda: FINALIZER in get("stay")["metadata"].get("finalizers", []), "no finalizer")
    checks.restart()
    expect(FINALIZER in get("stay")["metadata"]["finalizers"], "a restart lost the finalizer")
    must("POST", Kept.path, job("late", "echo late"))
    wait_for(lambda: ("created", "late") in Kept.seen, "the operator does not come back", 30)
    must("DELETE", f"{Kept.path}/stay")
    wait_for(lambda: request("GET", f"{Kept.path}/stay")[0] == 404, "job stay stays", 30)
    expect(("deleted", "stay", True, True) in Kept.seen, Kept.seen)
    for name in ("early", "stay", "late"):
        count = Kept.seen.count(("created", name))
        expect(count == 1, f"{name} was handled {count} times: {Kept.seen}")


def clear(checks):
    """A namespace waits for the finalizers of what is in it."""
    must("DELETE", f"/api/v1/namespaces/{checks.space}")
    wait_for(
        lambda: request("GET", f"/api/v1/namespaces/{checks.space}")[0] == 404,
        "the namespace stays",
        30,
    )
    for name in ("early", "late"):
        expect(("deleted", name, True, True) in Kept.seen, Kept.seen)


Checklist().run(connect, start, handle_create, handle_update, handle_delete, survive, clear)
