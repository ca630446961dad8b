"""Which kubectls there are on this machine, and how one of them is run."""

import glob
import json
import os
import re
import shutil
import signal
import subprocess
import time

from support.cluster import REPOSITORY
from support.suite import Failure, expect

DEBIAN = "v1.20.2"
UNPACKED = os.path.join(REPOSITORY, ".build", "tools", "kubernetes-client", "usr", "bin", "kubectl")
NAME = re.compile(r"kubectl([.-]?v?1\.\d+[0-9.]*)?")


class Kubectl:
    """One kubectl, whose folder holds it under its plain name and keeps its caches."""

    def __init__(self, suite, program, version):
        self.version = version
        self.minor = int(version.split(".")[1])
        self.folder = suite.path(f"kubectl-1.{self.minor}")
        os.makedirs(os.path.join(self.folder, "bin"))
        os.symlink(program, os.path.join(self.folder, "bin", "kubectl"))

    def environment(self, folder, **more):
        """What a command is started with: this kubectl, and nothing of this machine's."""
        return {
            "PATH": os.path.join(self.folder, "bin") + ":/usr/bin:/bin",
            "HOME": self.folder,
            "KUBECONFIG": os.path.join(folder, "kubeconfig"),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            **more,
        }


class Session:
    """A terminal in a folder and a namespace of its own, with one kubectl at hand."""

    def __init__(self, suite, kubectl, folder, namespace, manifests, kubeconfig):
        self.suite = suite
        self.kubectl = kubectl
        self.folder = folder
        self.patience = 20
        shutil.copytree(manifests, folder)
        shutil.copy(kubeconfig, os.path.join(folder, "kubeconfig"))
        self.environment = kubectl.environment(
            folder, NS=namespace, BASH_ENV=os.path.join(folder, "prelude.sh")
        )
        status, printed = self.run(
            f"kubectl config set-context --current --namespace={namespace}", 20
        )
        expect(status == 0, f"the kubeconfig cannot be given a namespace: {printed}")

    def run(self, command, seconds):
        """Runs it as bash does; returns the exit status, and all that was printed."""
        process = subprocess.Popen(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self.suite.started.add(process.pid)
        try:
            printed, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            printed, _ = process.communicate()
            return "none", f"{printed}(does not end within {seconds:g} s)\n"
        return process.returncode, printed

    def problem(self, step):
        """Runs one step; returns what is wrong with it, or nothing."""
        began = time.monotonic()
        while True:
            status, printed = self.run(step.command, 40)
            lines = printed.replace("\t", "  ").rstrip().splitlines()
            printed = "".join(f"{line}\n" for line in lines)
            if status != 0:
                printed += f"[{status}]\n"
            if step.matches(printed):
                return None
            if not step.is_patient or time.monotonic() - began > self.patience:
                # The verdict is known; what comes later most likely fails for the same reason.
                self.patience = 3
                return step.report(self.kubectl.version, printed)
            time.sleep(0.2)


def version(program):
    """What a kubectl says that it is, such as v1.20.2; nothing where it is none."""
    try:
        answer = subprocess.run(
            [program, "version", "--client", "-o", "json"],
            capture_output=True,
            timeout=20,
            check=True,
        )
        found = json.loads(answer.stdout)["clientVersion"]["gitVersion"]
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        return None
    # Some distributions put a program before it that only chooses among others.
    return found if re.fullmatch(r"v1\.\d+\.\d+\S*", found) and "dispatcher" not in found else None


def candidates():
    """Programs that may be kubectl: those named, Debian's, and what lies on or beside the PATH."""
    yield from filter(None, os.environ.get("MUSTER_KUBECTLS", "").split(":"))
    yield UNPACKED
    for folder in os.environ["PATH"].split(os.pathsep):
        for path in sorted(glob.glob(os.path.join(folder, "kubectl*"))):
            yield path
            yield from sorted(
                glob.glob(os.path.join(os.path.dirname(os.path.realpath(path)), "kubectl*"))
            )


def find(suite):
    """All kubectls here, one of each minor version, oldest first; Debian's must be among them."""
    found = {}
    seen = set()
    for path in candidates():
        program = os.path.realpath(path)
        if program in seen or not NAME.fullmatch(os.path.basename(path)):
            continue
        seen.add(program)
        text = version(program)
        if text and (text == DEBIAN or text.split(".")[1] not in found):
            found[text.split(".")[1]] = (program, text)
    if all(text != DEBIAN for _, text in found.values()):
        raise Failure(f"kubectl {DEBIAN} of Debian 12 is not here; run Scripts/setup --check")
    return [Kubectl(suite, *found[minor]) for minor in sorted(found, key=int)]
