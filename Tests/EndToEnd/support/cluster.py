"""A controller and agents as real processes on free loopback ports."""

import os
import signal
import socket
import subprocess
import time

from support.api import NODES, Client, Refused, Unreachable
from support.suite import Failure, children, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
BINARIES = os.environ.get("MUSTER_BIN") or os.path.join(REPOSITORY, ".build", "release")


def program(name):
    path = os.path.join(os.path.abspath(BINARIES), name)
    if not os.access(path, os.X_OK):
        raise Failure(f"there is no {path}; build it, or set MUSTER_BIN")
    return path


def serve_command(data, port, more):
    """How a controller is started."""
    return [program("muster"), "serve", "--data-dir", data, "--listen", f"127.0.0.1:{port}", *more]


def agent_command(url, token, authority, data, name, cpus, gpus):
    """How an agent is started."""
    return [
        program("muster"),
        "agent",
        "--server",
        url,
        "--token-file",
        token,
        "--ca",
        authority,
        "--data-dir",
        data,
        "--name",
        name,
        "--cpus",
        str(cpus),
        "--gpus",
        str(gpus),
        "--gpu-model",
        "H100",
    ]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A process that can be started again and again; its output is appended to one file."""

    def __init__(self, suite, name):
        self.suite = suite
        self.name = name
        self.log = suite.path(f"{name}.log")
        self.process = None
        suite.processes.append(self)

    @property
    def pid(self):
        return self.process.pid

    def launch(self, command):
        with open(self.log, "ab") as log:
            log.write(f"--- {' '.join(command)}\n".encode())
            log.flush()
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self.suite.started.add(self.process.pid)

    def signal(self, number):
        os.kill(self.process.pid, number)

    def kill(self):
        """kill -9, and waits until the process is gone."""
        self.signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds=15):
        """Asks the process to end; returns its exit status."""
        self.signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise Failure(f"the {self.name} did not end within {seconds} s of TERM") from error

    def has_ended(self):
        return self.process.poll() is not None

    def output(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def excerpt(self):
        return " | ".join(self.output().splitlines()[-4:])


class Controller(Process):
    """One controller with its data directory; the port stays the same over restarts."""

    def __init__(self, suite, name="controller", data=None, options=(), tracer=()):
        super().__init__(suite, name)
        self.data = data or suite.path(name)
        self.options = list(options)
        self.tracer = list(tracer)
        self.port = free_port()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    def begin(self):
        """Starts without waiting."""
        self.launch(self.tracer + serve_command(self.data, self.port, self.options))

    def start(self, seconds=15):
        """Starts and waits for the line that says ready; returns the seconds that took."""
        mark = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        began = time.monotonic()
        self.begin()

        def is_ready():
            with open(self.log, "rb") as file:
                file.seek(mark)
                if b"muster is ready at" in file.read():
                    return True
            if self.has_ended():
                raise Failure(
                    f"the controller ended with {self.process.returncode}: {self.excerpt()}"
                )
            return False

        wait_until(seconds, is_ready, "the controller does not become ready", pause=0.005)
        return time.monotonic() - began

    def signal(self, number):
        """To the server itself; a kill also ends its tracer, which would set the server free."""
        if not self.tracer:
            super().signal(number)
        elif number == signal.SIGKILL:
            os.killpg(self.process.pid, number)
        else:
            for pid in children(self.process.pid):
                os.kill(pid, number)

    def token(self, name="admin"):
        with open(os.path.join(self.data, f"{name}.token"), encoding="ascii") as file:
            return file.read().strip()

    @property
    def authority(self):
        return os.path.join(self.data, "ca.crt")

    def client(self, token=None, timeout=20):
        """A new client; each thread takes its own."""
        return Client(
            "127.0.0.1",
            self.port,
            self.token() if token is None else token,
            self.authority,
            timeout,
        )

    def resident_bytes(self):
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


class Agent(Process):
    """One agent; what it starts outlives it."""

    def __init__(self, suite, controller, name="node-a", cpus=64, gpus=0):
        super().__init__(suite, name)
        self.controller = controller
        self.data = suite.path(name)
        self.cpus = cpus
        self.gpus = gpus

    def begin(self):
        controller = self.controller
        self.launch(
            agent_command(
                controller.url,
                os.path.join(controller.data, "agent.token"),
                controller.authority,
                self.data,
                self.name,
                self.cpus,
                self.gpus,
            )
        )

    def start(self, seconds=15):
        """Starts and waits until the node is ready in the controller's eyes."""
        self.begin()
        self.wait_ready(seconds)

    def wait_ready(self, seconds=15):
        client = self.controller.client()
        wait_until(
            seconds,
            lambda: is_ready(client, self.name),
            lambda: f"node {self.name} does not become ready: {self.excerpt()}",
        )
        client.close()


def is_ready(client, name):
    """Whether the controller believes that the node is there."""
    try:
        node = client.must("GET", f"{NODES}/{name}")
    except (Unreachable, Refused):
        return False
    conditions = node["status"]["conditions"]
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)
