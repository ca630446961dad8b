"""Virtual environments of clients from PyPI, kept under `.build/tools` between runs."""

import os
import re
import subprocess
import sys
import threading

from support.cluster import HERE, REPOSITORY
from support.suite import Failure

TOOLS = os.path.join(REPOSITORY, ".build", "tools")
SECTION = re.compile(r"^\[(.+)\]$")


def requirements():
    """What `clients.txt` wants in each environment: a name and lines for pip."""
    found, name = {}, None
    with open(os.path.join(HERE, "clients.txt"), encoding="ascii") as file:
        for line in file.read().splitlines():
            section = SECTION.match(line)
            if section:
                name = section[1]
                found[name] = []
            elif line and not line.startswith("#"):
                found[name].append(line)
    return found


class Environment:
    """One virtual environment; `python` is its interpreter."""

    def __init__(self, name, lines):
        self.name = name
        self.lines = lines
        self.directory = os.path.join(TOOLS, f"venv-{name}")
        self.python = os.path.join(self.directory, "bin", "python3")
        self.mark = os.path.join(self.directory, "installed.txt")

    @property
    def wanted(self):
        return "\n".join([sys.executable, *self.lines, ""])

    def is_ready(self):
        try:
            with open(self.mark, encoding="utf-8") as file:
                return file.read() == self.wanted
        except FileNotFoundError:
            return False

    def make(self):
        """Makes the environment anew and installs exactly what is wanted."""
        self.call(sys.executable, "-m", "venv", "--clear", self.directory)
        pip = [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        self.call(*pip, "--no-deps", "--only-binary=:all:", *self.lines)
        with open(self.mark, "w", encoding="utf-8") as file:
            file.write(self.wanted)

    def call(self, *command):
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            said = (done.stderr or done.stdout).strip()[-600:]
            raise Failure(
                f"the environment {self.name} could not be made (is PyPI within reach, and is "
                f"python3-venv installed?): {said}"
            )


def environments(suite):
    """All environments, by name; those that are missing or of other versions are made first."""
    found = {name: Environment(name, lines) for name, lines in requirements().items()}
    missing = [one for one in found.values() if not one.is_ready()]
    if missing:
        suite.note(f"installing {', '.join(one.name for one in missing)} from PyPI")
    threads = [suite.thread(one.make) for one in missing]
    for thread in threads:
        thread.join()
    suite.check_threads()
    return found
