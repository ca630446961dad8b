#!/usr/bin/env -S python3 -B
"""Clients from PyPI, unchanged, against Muster: each does real work in a namespace of its own."""

import os
import subprocess
import threading
import time

from support.cluster import HERE, Agent, Controller
from support.environments import environments
from support.suite import Failure, expect, run

SCRIPTS = os.path.join(os.path.dirname(HERE), "clients")
# The script, the environment that it runs in, and the package whose version is shown.
CLIENTS = [
    ("kubernetes_typed", "kubernetes"),
    ("kubernetes_dynamic", "kubernetes"),
    ("kubernetes_watch", "kubernetes"),
    ("lightkube", "lightkube"),
    ("kr8s", "kr8s"),
    ("pykube", "pykube-ng"),
    ("kopf", "kopf"),
]


class Client:
    """One script as a process, and what it said so far."""

    def __init__(self, suite, controller, name, environment):
        self.name = name
        self.suite = suite
        self.version = next(
            line.split("==")[1] for line in environment.lines if line.startswith(environment.name)
        )
        self.lines = []
        self.is_waiting = threading.Event()
        self.began = time.monotonic()
        self.seconds = 0
        self.log = suite.path(f"{name}.log")
        home = suite.path(f"home-{name}")
        os.makedirs(home)
        script = os.path.join(SCRIPTS, f"{name}.py")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                # Without the script's own folder: its name is that of the package which it imports.
                [environment.python, "-B", "-P", script],
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": home,
                    "PYTHONPATH": os.path.dirname(HERE),
                    "KUBECONFIG": os.path.join(controller.data, "admin.kubeconfig"),
                    "MUSTER_SPACE": name.replace("_", "-"),
                },
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        suite.started.add(self.process.pid)
        self.reader = suite.thread(self.read)

    def read(self):
        for line in self.process.stdout:
            line = line.strip()
            if line == "restart":
                self.is_waiting.set()
            elif line:
                self.lines.append(line)
        self.process.wait()
        self.seconds = time.monotonic() - self.began

    def go_on(self):
        self.is_waiting.clear()
        self.process.stdin.write("restarted\n")
        self.process.stdin.flush()

    @property
    def failures(self):
        found = [line for line in self.lines if line.startswith("FAIL")]
        if self.process.returncode and not found:
            found = [f"ended with {self.process.returncode}"]
        return found

    def report(self):
        done = [line for line in self.lines if line.startswith("ok")]
        self.suite.note(
            f"{self.name} {self.version}: {len(done)} steps done, {len(self.failures)} failed, "
            f"{self.seconds:.1f} s"
        )
        for line in self.failures:
            self.suite.note(f"- {line}")
        if self.failures:
            with open(self.log, encoding="utf-8", errors="replace") as file:
                print(file.read()[-12_000:])


def serve_restarts(suite, controller, clients, limit):
    """Restarts the controller whenever all clients that still run ask for it."""
    end = time.monotonic() + limit
    while True:
        suite.check_threads()
        running = [client for client in clients if client.reader.is_alive()]
        if not running:
            return
        if all(client.is_waiting.is_set() for client in running):
            controller.kill()
            time.sleep(0.3)
            controller.start()
            suite.note(f"the controller was killed and is back, {len(running)} clients go on")
            for client in running:
                client.go_on()
        if time.monotonic() > end:
            for client in running:
                client.process.kill()
                client.lines.append(f"FAIL: not done after {limit} s, after {client.lines[-1:]}")
        time.sleep(0.05)


def clients_suite(suite):
    """Runs every client's script at the same time, with one controller and one agent."""
    chosen = [word for word in os.environ.get("MUSTER_CLIENTS", "").split(",") if word]
    found = environments(suite)
    controller = Controller(suite)
    controller.start()
    Agent(suite, controller).start()
    clients = [
        Client(suite, controller, name, found[environment])
        for name, environment in CLIENTS
        if not chosen or name in chosen
    ]
    serve_restarts(suite, controller, clients, 120)
    for client in clients:
        client.report()
    failed = [client.name for client in clients if client.failures]
    if failed:
        raise Failure(f"{', '.join(failed)}: see above, and {suite.directory}")
    expect(len(clients) > 0, "no client was run")


run("clients", clients_suite)
