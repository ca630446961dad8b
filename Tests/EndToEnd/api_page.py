#!/usr/bin/env -S python3 -B
"""Docs/API.md means what it says: its commands run as they stand, and answer what it shows.

A block of `sh` runs in one shell from the top of the page to its end; the block after it, of
`json`, `yaml` or `text`, is the answer. In an answer a line of `…` stands for any lines, and what
differs from run to run is compared by its shape: identifiers, versions, moments.

MUSTER_SHOW=1 prints the real answers, for whoever writes the page.
"""

import os
import re
import subprocess

from support.cluster import REPOSITORY, Agent, Controller
from support.suite import Failure, expect, run

PAGE = os.path.join(REPOSITORY, "Docs", "API.md")
MARK = "=== end of answer"
SHAPES = [
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
    (r'("?resourceVersion"?: )("?)\d+("?)', r"\1\2N\3"),
    (r"since version \d+|to version \d+", "VERSION"),
    (r"(\w+)-[bcdfghjklmnpqrstvwxz2456789]{5}\b", r"\1-XXXXX"),
]


def blocks(text):
    """The fenced blocks of the page as (language, line, text)."""
    found, language, lines, start = [], None, [], 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            if language is None:
                language, lines, start = line[3:].strip(), [], number
            else:
                found.append((language, start, "\n".join(lines) + "\n"))
                language = None
        elif language is not None:
            lines.append(line)
    expect(language is None, f"a block of the page that begins in line {start} does not end")
    return found


class Shell:
    """One bash from top to bottom, as a reader has it."""

    def __init__(self, suite):
        environment = {"PATH": os.environ["PATH"], "HOME": suite.path("home"), "LC_ALL": "C.UTF-8"}
        os.makedirs(suite.path("home"), exist_ok=True)
        self.process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=REPOSITORY,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        suite.started.add(self.process.pid)

    def run(self, commands):
        """What the commands print, up to their end."""
        self.process.stdin.write(f"{commands}\necho '{MARK}'\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line.rstrip("\n").endswith(MARK):
                rest = line.rstrip("\n")[: -len(MARK)]
                return "".join(lines) + rest
            lines.append(line)
        raise Failure(f"the shell ended within: {commands}")

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


def shaped(line):
    """A line without what differs from run to run."""
    for pattern, shape in SHAPES:
        line = re.sub(pattern, shape, line)
    return line.rstrip().rstrip(",")


def matches(shown, real):
    """Whether the real lines are those shown, `…` standing for any number of them."""
    if not shown:
        return not real
    if shown[0].strip() == "…":
        return any(matches(shown[1:], real[skip:]) for skip in range(len(real) + 1))
    return bool(real) and shown[0] == real[0] and matches(shown[1:], real[1:])


def check(line, commands, shown, real):
    wanted = [shaped(text) for text in shown.splitlines()]
    got = [shaped(text) for text in real.splitlines()]
    if not matches(wanted, got):
        raise Failure(f"line {line}: {commands.strip()[:300]!r}\nshown:\n{shown}\nreal:\n{real}")


def check_kinds(client, text):
    """The page's table of kinds is what discovery says."""
    rows = re.findall(r"^\| (\w+) \| `(\S+)` `(\w+)` \| (\w*) ?\| (\w+) \|", text, re.M)
    shown = {(kind, path, plural, short, scope) for kind, path, plural, short, scope in rows}
    real = set()
    for path in {row[1] for row in rows}:
        for kind in client.must("GET", path)["resources"]:
            if "/" not in kind["name"] and "list" in kind["verbs"]:
                scope = "namespace" if kind["namespaced"] else "cluster"
                short = (kind.get("shortNames") or [""])[0]
                real.add((kind["kind"], path, kind["name"], short, scope))
    expect(shown == real, f"the table of kinds differs by {sorted(shown ^ real)}")


def api_page(suite):
    """Runs the page."""
    controller = Controller(suite)
    controller.start()
    agent = Agent(suite, controller, cpus=64, gpus=8)
    agent.start()
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    for shown, real in [
        ("127.0.0.1:7443", f"127.0.0.1:{controller.port}"),
        (".muster/controller", controller.data),
    ]:
        expect(shown in text, f"the page does not name {shown}")
        text = text.replace(shown, real)
    check_kinds(controller.client(), text)
    shell = Shell(suite)
    pending = None
    compared = 0
    for language, line, content in blocks(text):
        if language == "sh":
            pending = (line, content, shell.run(content))
            if os.environ.get("MUSTER_SHOW"):
                print(f"--- line {line}\n{content}\n>>>\n{pending[2]}", flush=True)
        elif language in ("json", "yaml", "text") and pending:
            if not os.environ.get("MUSTER_SHOW"):
                check(*pending[:2], content, pending[2])
            compared += 1
            pending = None
        else:
            raise Failure(f"line {line}: a block of {language!r} that nothing comes before")
    shell.close()
    expect(compared >= 10, f"only {compared} answers are shown")
    suite.note(f"{compared} answers are as shown")


run("api_page", api_page)
