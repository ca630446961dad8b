#!/usr/bin/env -S python3 -B
"""Bytes that no honest client sends: each is refused, and the next honest request is served."""

import json
import re
import time

from support.api import JOBS, NODES, Unreachable, job
from support.cluster import Controller
from support.hostile_requests import BODIES, HEADS, HOSTS, bomb
from support.suite import expect, run, wait_until

GROWTH_BYTES = 64 << 20
SECRET = "0123456789abcdef" * 4


def exchange(client, data, seconds=5):
    """Sends bytes on a connection of their own; returns all that comes back until it closes."""
    received = b""
    try:
        with client.raw(seconds) as link:
            for start in range(0, len(data), 1 << 16):
                link.sendall(data[start : start + (1 << 16)])
            while piece := link.recv(65_536):
                received += piece
                if len(received) > 1 << 20:
                    break
    except TimeoutError:
        received += b"<timeout>"
    except OSError:
        # Reset after the answer: what has come counts.
        pass
    return received


def statuses(received):
    """The status codes of all answers in a stream of answers."""
    return [int(code) for code in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received)]


class Attack:
    """Counts cases, and asks an honest question after each."""

    def __init__(self, suite, controller):
        self.suite = suite
        self.controller = controller
        self.honest = controller.client()
        self.cases = 0
        self.routes = 0

    def check(self, holds, why):
        """Notes a failure and goes on: the whole table is of interest."""
        if not holds and why not in self.suite.problems:
            self.suite.problems.append(why)

    def prove_alive(self, title):
        self.cases += 1
        expect(
            not self.controller.has_ended(),
            f"{title}: the server ended with {self.controller.process.returncode}",
        )
        try:
            answer = self.honest.request("GET", NODES)
        except Unreachable:
            # Once more on a new connection: ours may have been the idle one.
            try:
                answer = self.honest.request("GET", NODES)
            except Unreachable as error:
                expect(False, f"{title}: then nobody is served: {error}")
        expect(answer.status == 200, f"{title}: then an honest request gets {answer.status}")

    def heads(self):
        """Smuggling and malformed heads: refused with a 4xx or 5xx, and nothing is served after."""
        for title, data, allowed in HEADS:
            host = f"127.0.0.1:{self.controller.port}".encode()
            data = data.replace(b"HOST", host).replace(b"TOKEN", self.honest.token.encode())
            received = exchange(self.honest, data)
            codes = statuses(received)
            self.check(b"<timeout>" not in received, f"{title}: the connection stays open: {codes}")
            self.check(codes or 0 in allowed, f"{title}: closed without an answer")
            self.check(
                len(codes) < 2, f"{title}: {len(codes)} answers, {codes}: a second was smuggled"
            )
            self.check(
                not codes or codes[0] in allowed,
                f"{title}: answered {codes[:1]}, expected one of {allowed}",
            )
            self.prove_alive(title)

    def hosts(self):
        for name, wanted in HOSTS:
            name = name.replace("PORT", str(self.controller.port))
            data = f"GET /version HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"
            codes = statuses(exchange(self.honest, data.encode()))
            self.check(
                len(codes) == 1 and codes[0] in wanted,
                f"Host {name!r}: answered {codes}, expected one of {wanted}",
            )
            self.prove_alive(f"host {name}")

    def bodies(self):
        for title, kind, body, allowed in BODIES:
            client = self.controller.client()
            try:
                answer = client.request("POST", JOBS, body, {"Content-Type": kind})
                status, text = answer.status, answer.text
            except Unreachable:
                # The server may close while we still send; what it said is then lost on us.
                status, text = (0, "") if len(body) > 1 << 20 else (-1, "")
            client.close()
            self.check(
                status in allowed or status == 0,
                f"{title}: answered {status}, expected one of {allowed}: {text[:300]}",
            )
            if status:
                check_status(title, status, text)
            self.prove_alive(title)

    def yaml_bomb(self):
        """Aliases that stand for gigabytes cost neither time nor memory."""
        before = self.controller.resident_bytes()
        began = time.monotonic()
        answer = self.honest.request("POST", JOBS, bomb(), {"Content-Type": "application/yaml"})
        expect(
            answer.status in (400, 413, 422), f"a YAML bomb: {answer.status} {answer.text[:200]}"
        )
        seconds = time.monotonic() - began
        expect(seconds < 2, f"a YAML bomb takes {seconds:.1f} s")
        grown = self.controller.resident_bytes() - before
        expect(grown < 32 << 20, f"a YAML bomb takes {grown >> 20} MiB")
        self.prove_alive("YAML bomb")

    def partial(self):
        """Connections that are dropped at every place of a request."""
        body = json.dumps(job("torn", "exit 0")).encode()
        head = (
            f"POST {JOBS} HTTP/1.1\r\nHost: 127.0.0.1:{self.controller.port}\r\n"
            f"Authorization: Bearer {self.honest.token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        whole = head + body
        step = 1 if self.suite.is_long else 37
        for end in range(0, len(whole), step):
            with self.honest.raw(5) as link:
                if end:
                    link.sendall(whole[:end])
            self.cases += 1
        self.prove_alive("torn requests")
        answer = self.honest.request("GET", f"{JOBS}/torn")
        expect(answer.status == 404, f"a torn request was carried out: {answer.status}")

    def slow_head(self):
        """A head that drips is cut ten seconds after it began, however it drips."""
        with self.honest.raw(30) as link:
            began = time.monotonic()
            received = b""
            try:
                link.sendall(b"GET /version HTTP/1.1\r\n")
                while time.monotonic() - began < 20:
                    link.sendall(b"X-Drip: 1\r\n")
                    link.settimeout(1)
                    try:
                        received = link.recv(65_536)
                        break
                    except TimeoutError:
                        continue
            except OSError:
                pass
            seconds = time.monotonic() - began
        expect(8 < seconds < 14, f"a slow head was cut after {seconds:.1f} s: {received[:100]!r}")
        self.suite.note(f"slow head cut after {seconds:.1f} s with {statuses(received)}")
        self.prove_alive("slow head")


def check_status(title, code, text):
    """Every refusal is a Status with a code, a reason and a message."""
    try:
        status = json.loads(text)
    except ValueError:
        expect(False, f"{title}: the {code} is not JSON: {text[:200]!r}")
    expect(
        status.get("kind") == "Status"
        and status.get("code") == code
        and status.get("message")
        and status.get("reason"),
        f"{title}: the {code} is no full Status: {text[:300]}",
    )


def roots(client):
    """Where each version of each group begins."""
    groups = client.must("GET", "/apis")["groups"]
    named = [f"/apis/{item['groupVersion']}" for group in groups for item in group["versions"]]
    return ["/api/v1", *named]


def routes(client):
    """Every method and path that discovery names, and those that it does not name."""
    found = [("GET", path) for path in ("/metrics", "/api", "/apis", "/agent/v1/session")]
    for root in roots(client):
        found.append(("GET", root))
        for item in client.must("GET", root)["resources"]:
            plural, _, part = item["name"].partition("/")
            space = "/namespaces/default" if item["namespaced"] else ""
            base, one = f"{root}{space}/{plural}", f"{root}{space}/{plural}/some"
            if part:
                base = one = f"{one}/{part}"
            verbs = {
                "get": ("GET", one),
                "list": ("GET", base),
                "watch": ("GET", f"{base}?watch=true"),
                "create": ("POST", base),
                "update": ("PUT", one),
                "patch": ("PATCH", one),
                "delete": ("DELETE", one),
                "deletecollection": ("DELETE", base),
            }
            found += [verbs[verb] for verb in item["verbs"]]
            if item["namespaced"] and "list" in item["verbs"]:
                found.append(("GET", f"{root}/{plural}"))
    return found


def tokens(attack):
    """Nobody without a valid token, and no agent, gets anywhere that it should not."""
    controller = attack.controller
    admin = controller.token()
    wrong = {
        "no token": "",
        "rubbish": "rubbish",
        "another secret": f"muster_admin_{SECRET}",
        "an unknown name": f"muster_nobody_{SECRET}",
        "a cut token": admin[:-1],
        "a longer token": admin + "0",
        "a token in upper case": admin.upper(),
        "an empty secret": "muster_admin_",
        "a very long token": "muster_admin_" + "a" * 5000,
    }
    table = routes(attack.honest)
    attack.routes = len(table)
    expect(len(table) > 25, f"discovery names only {len(table)} routes")
    for title, token in wrong.items():
        client = controller.client(token=token)
        for method, path in table:
            answer = client.request(method, path)
            # Who fails too often is told to wait instead.
            wanted = 429 if answer.status == 429 else 401
            expect(answer.status == wanted, f"{method} {path} with {title}: {answer.status}")
            header = "WWW-Authenticate" if wanted == 401 else "Retry-After"
            expect(header in answer.headers, f"{method} {path}: {wanted} without {header}")
            check_status(f"{method} {path}", wanted, answer.text)
            expect(admin not in answer.text, f"{method} {path}: the answer holds a token")
        attack.prove_alive(f"{len(table)} routes with {title}")
    client = controller.client(token=controller.token("agent"))
    is_open = {"/api", "/apis", *roots(attack.honest)}
    for method, path in table:
        answer = client.request(method, path)
        if path != "/agent/v1/session":
            # Everybody may ask about themselves; the question itself is missing here.
            wanted = 200 if path in is_open else 400 if "/selfsubject" in path else 403
            expect(answer.status == wanted, f"{method} {path} as agent: {answer.status}")
    attack.prove_alive(f"{len(table)} routes as agent")
    anonymous = controller.client(token="")
    for path in ("/healthz", "/livez", "/readyz", "/version"):
        expect(anonymous.request("GET", path).status == 200, f"{path} needs a token")
    schemes = [f"Basic {admin}", f"Bearer {admin} x", admin, "Bearer", ""]
    for value in schemes:
        answer = anonymous.request("GET", NODES, headers={"Authorization": value})
        wanted = (400, 401, 429)
        expect(answer.status in wanted, f"Authorization {value[:12]!r}: {answer.status}")


def hostile(suite):
    """Throws every table at one server, and watches its memory and descriptors."""
    controller = Controller(suite)
    controller.start()
    attack = Attack(suite, controller)
    rounds = (
        attack.heads,
        attack.hosts,
        attack.bodies,
        attack.yaml_bomb,
        attack.partial,
        lambda: tokens(attack),
    )
    for act in rounds:
        act()
    suite.note(f"{attack.cases} cases once, {attack.routes} routes with and without tokens")
    resident, descriptors = controller.resident_bytes(), controller.descriptors()
    for _ in range(20 if suite.is_long else 1):
        for act in rounds:
            act()
    if suite.is_long:
        attack.slow_head()
    grown = controller.resident_bytes() - resident
    expect(grown < GROWTH_BYTES, f"the server has grown by {grown >> 20} MiB")
    wait_until(
        10,
        lambda: controller.descriptors() <= descriptors + 16,
        lambda: f"descriptors went from {descriptors} to {controller.descriptors()}",
    )
    suite.note(
        f"{attack.cases} cases, {resident >> 20} MiB resident then {grown / (1 << 20):+.1f} MiB"
    )
    jobs = attack.honest.must("GET", JOBS)["items"]
    expect(not jobs, f"a hostile request made a job: {jobs[:1]}")
    expect(controller.stop() == 0, "the server does not end well")


run("hostile", hostile)
