#!/usr/bin/env -S python3 -B
"""What ranks write and what they use, as clients ask for it: times, moments, attempts, figures."""

import base64
import calendar
import json
import threading
import time

from support.api import JOBS, NODES, PODS, Refused
from support.cluster import Agent, Controller
from support.suite import expect, run, wait_until
from support.websocket import Handshake, WebSocket

METRICS = "/apis/metrics.k8s.io/v1beta1"

# One process burns in a session of its own, one holds memory and sleeps.
BUSY = """
(setsid sh -c 'while :; do :; done' &)
python3 -c 'import time; block = bytearray(80 << 20); time.sleep(600)'
"""


def job(name, script, replicas=1, **more):
    role = {
        "name": "worker",
        "replicas": replicas,
        "resources": {"cpus": "20m", "memory": "16Mi"},
        "script": script,
    }
    return {
        "apiVersion": "muster.dev/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": {"team": name}},
        "spec": {"roles": [role], **more},
    }


def submit(client, name, script, **more):
    client.must("POST", JOBS, job(name, script, **more))


def log(client, pod, query=""):
    return client.request("GET", f"{PODS}/{pod}/log?{query}")


def text(client, pod, query=""):
    answer = log(client, pod, query)
    expect(answer.status == 200, f"log of {pod} with {query}: {answer.status} {answer.text[:300]}")
    return answer.text


def refused(client, pod, query, status, word):
    answer = log(client, pod, query)
    expect(answer.status == status, f"{query}: {answer.status} {answer.text[:300]}")
    message = answer.json()["message"]
    expect(word in message, f"{query}: no {word!r} in {message!r}")


def moment(words):
    """Seconds since 1970 of an RFC 3339 time with nine digits."""
    whole, _, fraction = words.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float("0." + fraction)


def split(words):
    """Lines as pairs of time and text."""
    pairs = [line.split(" ", 1) for line in words.splitlines()]
    return [(moment(pair[0]), pair[1]) for pair in pairs]


def check_times(suite, client):
    submit(client, "clock", "while :; do date +%s.%N; sleep 0.4; done")
    wait_until(15, lambda: log_lines(client, "clock-worker-0") >= 20, "the clock does not tick")
    pairs = split(text(client, "clock-worker-0", "timestamps=true"))
    for stamp, line in pairs:
        late = stamp - float(line)
        # Milliseconds are cut off.
        expect(-0.001 <= late <= 1.1, f"a line has a time {late:.3f} s behind its own")
    stamps = [pair[0] for pair in pairs]
    expect(stamps == sorted(stamps), "times of lines fall")
    for seconds in (1, 2, 5):
        asked = time.time()
        lines = floats(text(client, "clock-worker-0", f"sinceSeconds={seconds}"))
        expect(lines, f"no line of the last {seconds} s")
        known = floats(text(client, "clock-worker-0"))
        lost = [line for line in known if asked - seconds + 0.05 < line < lines[0]]
        expect(not lost, f"sinceSeconds={seconds} lost {len(lost)} lines")
        expect(asked - lines[0] < seconds + 1.5, f"{asked - lines[0]} s for {seconds}")
    tail = split(text(client, "clock-worker-0", "tailLines=3&timestamps=true&sinceSeconds=60"))
    expect(len(tail) == 3, f"{len(tail)} lines of 3")
    limited = text(client, "clock-worker-0", "limitBytes=40&timestamps=true")
    expect(len(limited) == 40, f"{len(limited)} bytes of 40")
    expect(text(client, "clock-worker-0", "sinceTime=2099-01-01T00:00:00Z") == "", "lines of 2099")
    refused(client, "clock-worker-0", "sinceSeconds=x", 400, "sinceSeconds")
    refused(client, "clock-worker-0", "sinceTime=noon", 400, "sinceTime")
    both = "sinceTime=2026-01-01T00:00:00Z&sinceSeconds=4"
    refused(client, "clock-worker-0", both, 422, "one of")
    refused(client, "clock-worker-0", "container=nope", 400, "worker")
    refused(client, "clock-worker-0", "previous=true", 400, "first attempt")
    refused(client, "clock-worker-0", "sinceSecond=1", 400, "sinceSeconds")


def floats(words):
    return [float(word) for word in words.split()]


def log_lines(client, pod):
    answer = log(client, pod)
    return len(answer.text.splitlines()) if answer.status == 200 else 0


def check_agent_kill(suite, client, agent):
    """The agent is killed and comes back; the lines in between have the time of its return."""
    before = len(split(text(client, "clock-worker-0", "timestamps=true")))
    agent.kill()
    time.sleep(2)
    back = time.time()
    agent.start()
    wait_until(
        15, lambda: log_lines(client, "clock-worker-0") > before + 8, "the clock stands still"
    )
    pairs = split(text(client, "clock-worker-0", "timestamps=true"))
    stamps = [pair[0] for pair in pairs]
    expect(stamps == sorted(stamps), "times of lines fall over the agent's death")
    between = [(stamp, float(line)) for stamp, line in pairs if back - 1.5 < float(line) < back]
    expect(between, "no line was written while the agent was away")
    for stamp, line in between:
        expect(stamp >= line - 0.001, "a line has a time before its own")
        expect(back - 0.1 <= stamp < back + 10, f"a line has {stamp - back:.1f} s after the return")


def check_previous(suite, client, controller, first):
    """The second attempt runs on another node; the log of the first is found all the same."""
    script = 'echo attempt $MUSTER_ATTEMPT; [ "$MUSTER_ATTEMPT" = 2 ] || exit 3; sleep 600'
    submit(client, "flaky", script, retries={"limit": 3, "backoff": "3s"})
    wait_until(
        15,
        lambda: client.must("GET", f"{JOBS}/flaky")["status"]["attempt"] == 1,
        "there is no first attempt",
        pause=0.01,
    )
    client.must(
        "PATCH",
        f"{NODES}/{first.name}",
        {"spec": {"unschedulable": True}},
        headers={"Content-Type": "application/merge-patch+json"},
    )
    second = Agent(suite, controller, name="node-b", cpus=4)
    second.start()
    wait_until(
        20, lambda: "attempt 2" in log(client, "flaky-worker-0").text, "there is no second attempt"
    )
    node = client.must("GET", f"{PODS}/flaky-worker-0")["spec"]["nodeName"]
    expect(node == "node-b", f"the second attempt runs on {node}")
    expect(text(client, "flaky-worker-0", "previous=true") == "attempt 1\n", "another log")
    stamped = split(text(client, "flaky-worker-0", "previous=true&timestamps=true"))
    expect([line for _, line in stamped] == ["attempt 1"], f"{stamped}")
    expect(text(client, "flaky-worker-0", "previous=true&follow=true") == "attempt 1\n", "followed")
    first.kill()
    wait_until(
        15,
        lambda: log(client, "flaky-worker-0", "previous=true").status == 404,
        "the log of a node that is away is read",
    )
    refused(client, "flaky-worker-0", "previous=true", 404, "no connected node")
    first.start()
    # The node counts as ready for some seconds after its agent's death.
    wait_until(
        15,
        lambda: log(client, "flaky-worker-0", "previous=true").text == "attempt 1\n",
        "the log is not found again after the node's return",
    )
    client.must(
        "PATCH",
        f"{NODES}/{first.name}",
        {"spec": {"unschedulable": False}},
        headers={"Content-Type": "application/merge-patch+json"},
    )
    second.stop()


def check_sockets(suite, client):
    submit(client, "short", "seq 1 20000; sleep 1.5; echo end", replicas=1)
    wait_until(15, lambda: log_lines(client, "short-worker-0") >= 20000, "nothing is written")
    path = f"{PODS}/short-worker-0/log?follow=true"
    results = {}

    def read(key, subprotocols):
        connection = WebSocket(client, path, subprotocols)
        agreed = connection.headers.get("sec-websocket-protocol")
        results[key] = (agreed, connection.messages())
        connection.close()

    cases = {
        "none": [],
        "binary": ["binary.k8s.io"],
        "base64": ["other", "base64.binary.k8s.io"],
    }
    threads = [threading.Thread(target=read, args=item) for item in cases.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    whole = ("".join(f"{number}\n" for number in range(1, 20001)) + "end\n").encode()
    for key, (agreed, messages) in results.items():
        kinds = {kind for kind, _ in messages}
        expect(kinds == ({1} if key == "base64" else {2}), f"{key}: frames of kinds {kinds}")
        wanted = {"none": None, "binary": "binary.k8s.io", "base64": "base64.binary.k8s.io"}[key]
        expect(agreed == wanted, f"{key}: agreed on {agreed}")
        pieces = [piece for _, piece in messages]
        expect(max(len(piece) for piece in pieces) <= 32768, f"{key}: a frame is too long")
        if key == "base64":
            pieces = [base64.b64decode(piece) for piece in pieces]
        expect(b"".join(pieces) == whole, f"{key}: the log is another")
    expect(len(results) == 3, f"only {list(results)} came to an end")
    for query, subprotocols, status in (
        ("", ["v4.channel.k8s.io"], 400),
        ("?sinceSeconds=x", [], 400),
        ("?previous=true", [], 400),
    ):
        try:
            WebSocket(client, f"{PODS}/short-worker-0/log{query}", subprotocols)
            expect(False, f"{query} {subprotocols}: was taken")
        except Handshake as error:
            expect(error.status == status, f"{query} {subprotocols}: {error}")


def check_usage(suite, client):
    submit(client, "busy", BUSY)
    path = f"{METRICS}/namespaces/default/pods/busy-worker-0"
    wait_until(30, lambda: client.request("GET", path).status == 200, "no figures come", pause=0.5)
    # The first span may begin before the work does.
    time.sleep(10.5)
    pod = client.must("GET", path)
    expect(pod["kind"] == "PodMetrics" and len(pod["containers"]) == 1, json.dumps(pod))
    usage = pod["containers"][0]["usage"]
    expect(pod["containers"][0]["name"] == "worker", json.dumps(pod))
    cpu, memory = int(usage["cpu"].rstrip("n")), int(usage["memory"].removesuffix("Ki"))
    expect(100_000_000 <= cpu <= 1_200_000_000, f"cpu {usage['cpu']}")
    expect(80 << 10 <= memory <= 200 << 10, f"memory {usage['memory']}")
    expect(abs(moment(pod["timestamp"]) - time.time()) < 61, pod["timestamp"])
    expect(0 < float(pod["window"].rstrip("s")) < 60, pod["window"])
    nodes = client.must("GET", f"{METRICS}/nodes")["items"]
    nodes = [node for node in nodes if node["metadata"]["name"] == "node-a"]
    expect(len(nodes) == 1, json.dumps(nodes))
    expect(int(nodes[0]["usage"]["cpu"].rstrip("n")) >= cpu / 2, json.dumps(nodes))
    expect(client.must("GET", f"{METRICS}/nodes/node-a")["kind"] == "NodeMetrics", "no node")
    one = client.must("GET", f"{METRICS}/pods?labelSelector=muster.dev%2Fjob%3Dbusy")["items"]
    expect([item["metadata"]["name"] for item in one] == ["busy-worker-0"], json.dumps(one))
    none = client.must("GET", f"{METRICS}/pods?labelSelector=team%3Dnobody")
    expect(none["kind"] == "PodMetricsList" and none["items"] == [], json.dumps(none))
    for missing in ("nodes/node-z", "namespaces/default/pods/busy-worker-7"):
        answer = client.request("GET", f"{METRICS}/{missing}")
        expect(answer.status == 404, f"{missing}: {answer.status}")
    client.must("DELETE", f"{JOBS}/busy")
    wait_until(40, lambda: client.request("GET", path).status == 404, "figures outlive the pod")


def scenario(suite):
    controller = Controller(suite)
    controller.start()
    agent = Agent(suite, controller, cpus=4)
    agent.start()
    client = controller.client()
    try:
        client.must("GET", f"{METRICS}/nodes/node-a")
    except Refused as error:
        expect(error.status == 404, f"figures before there are any: {error}")
    suite.note("times of lines, and lines since a moment")
    check_times(suite, client)
    check_agent_kill(suite, client, agent)
    suite.note("the attempt before")
    check_previous(suite, client, controller, agent)
    suite.note("logs over WebSockets")
    check_sockets(suite, client)
    suite.note("figures")
    check_usage(suite, client)
    client.close()


run("logs-and-usage", scenario)
