#!/usr/bin/env -S python3 -B
"""Every mistake of Tests/Mutations, sent to a real controller, is named with field and remedy.

Each line of a table is sent as JSON, or as YAML where it says so, with dryRun=All. job.txt explains
the lines.
"""

import copy
import json
import os
import re

from support.api import JOBS
from support.cluster import REPOSITORY, Agent, Controller
from support.suite import expect, run

GROUP = "/apis/muster.dev/v1"
KINDS = {"job": JOBS, "queue": f"{GROUP}/queues", "nodepool": f"{GROUP}/nodepools"}


def read(*path):
    with open(os.path.join(REPOSITORY, *path), encoding="utf-8") as file:
        return file.read()


def table(name):
    """The lines of a table as cells."""
    for line in read("Tests", "Mutations", f"{name}.txt").splitlines():
        if line and not line.startswith("#"):
            yield [cell.strip() for cell in line.split(" |")]


def steps(path):
    """`a.b[0]["c d"]` as a list of names and numbers."""
    found = re.findall(r'\["([^"]*)"\]|\[(\d+)\]|([^.\[\]]+)', path)
    return [int(index) if index else name or key for key, index, name in found]


def value(text):
    """JSON, or `JSON * COUNT`."""
    one, star, count = text.rpartition(" * ")
    return json.loads(one) * int(count) if star and count.isdigit() else json.loads(text)


def change(tree, edit):
    """Makes one edit of an object."""
    if edit.endswith(" delete"):
        path, act = steps(edit.removesuffix(" delete")), "delete"
    elif " -> " in edit:
        path, act = steps(edit.split(" -> ")[0]), "rename"
    else:
        path, act = steps(edit.split(" = ")[0]), "set"
    for step in path[:-1]:
        if isinstance(tree, dict):
            tree = tree.setdefault(step, {})
        else:
            tree = tree[step]
    if act == "set":
        tree[path[-1]] = value(edit.split(" = ", 1)[1])
    elif act == "rename":
        tree[edit.split(" -> ")[1]] = tree.pop(path[-1])
    else:
        del tree[path[-1]]


def body(cells, example, text):
    """What the line says to send, and its content type."""
    edit = cells[0]
    form = "json"
    if edit.split(" ")[0] in ("json", "yaml"):
        form, edit = edit.split(" ", 1)
    if edit.startswith("text "):
        old, new = [json.loads(side) for side in edit.removeprefix("text ").split(" => ")]
        source = text if form == "yaml" else json.dumps(example, separators=(",", ":"))
        expect(old in source, f"{old!r} is not in the example")
        return source.replace(old, new, 1), f"application/{form}", ""
    tree = copy.deepcopy(example)
    edits = edit.split("; ")
    for one in edits:
        change(tree, one)
    path = re.split(r" = | -> | delete", edits[0])[0]
    return json.dumps(tree), f"application/{form}", path


def judge(cells, path, answer):
    """What is wrong with an answer; empty where it is as the table says."""
    status = answer.json() if answer.text.startswith("{") else {}
    if answer.status not in (400, 413, 422) or status.get("kind") != "Status":
        return f"it is {answer.status}"
    causes = status.get("details", {}).get("causes", [])
    field = "" if cells[1] == "-" else cells[1] or path
    if field and (not causes or causes[0]["field"] != field):
        return f"the field is {[cause['field'] for cause in causes]}"
    first = causes[0]["message"] if causes else status["message"]
    wrong = [word for word in cells[2:4] if word not in first]
    if wrong:
        return f"{wrong} is not in {first!r}"
    missing = set(cells[4].split() if len(cells) > 4 else []) - {c["field"] for c in causes[1:]}
    if missing:
        return f"{missing} is not among {[cause['field'] for cause in causes]}"
    told = [cause["message"] for cause in causes] + [status["message"]]
    words = ("Optional", "Container", "Swift", "nil", "Codable")
    internal = [word for word in words if word in str(told)]
    return f"it speaks of {internal}" if internal else ""


def try_all(client, name, path):
    """Sends every mistake of one kind; returns how many there were, and what went wrong."""
    text = read("Config", "examples", f"{name}.yaml")
    yaml = {"Content-Type": "application/yaml"}
    shown = client.must("POST", f"{path}?dryRun=All", text, yaml)
    example = {key: shown[key] for key in ("apiVersion", "kind", "metadata", "spec")}
    kept = ("name", "namespace", "labels")
    example["metadata"] = {key: shown["metadata"][key] for key in kept if key in shown["metadata"]}
    client.must("POST", f"{path}?dryRun=All", example)
    count, problems = 0, []
    for cells in table(name):
        sent, kind, changed = body(cells, example, text)
        if cells[0].startswith("yaml text") and cells[1] == "-" and "---" in cells[0]:
            continue  # Two documents are two jobs, each with its own verdict.
        answer = client.request("POST", f"{path}?dryRun=All", sent.encode(), {"Content-Type": kind})
        problem = judge(cells, changed, answer)
        if problem:
            problems.append(f"{' | '.join(cells)}: {problem}")
        count += 1
    return count, problems


def mutations(suite):
    """Sends the tables."""
    controller = Controller(suite)
    controller.start()
    Agent(suite, controller, gpus=8).start()
    client = controller.client()
    total, problems = 0, []
    for name, path in KINDS.items():
        count, found = try_all(client, name, path)
        total += count
        problems += found
    expect(not problems, f"{len(problems)} of {total} answers:\n" + "\n".join(problems[:40]))
    expect(total >= 300, f"only {total} mistakes were made")
    names = {item["metadata"]["name"] for item in client.list(f"{GROUP}/queues")[0]}
    expect(names == {"default"}, f"dry runs have left {names}")
    suite.note(f"{total} mistakes were named")


run("mutations", mutations)
