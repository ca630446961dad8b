#!/usr/bin/env -S python3 -B
"""The real kubectl, Debian's and newer ones, against Muster: what people type, and what they see.

Each file of the folder `kubectl` is a transcript, played in a namespace of its own.
"""

import concurrent.futures
import os

from support.api import JOBS
from support.cluster import HERE, Agent, Controller
from support.kubectls import DEBIAN, Session, find
from support.suite import expect, run
from support.transcript import Transcript

FOLDER = os.path.join(os.path.dirname(HERE), "kubectl")
AT_ONCE = 4


class Stage:
    """The cluster that all transcripts are played on."""

    def __init__(self, suite, only):
        self.suite = suite
        self.controller = Controller(suite)
        self.controller.start()
        for name in ("node-a", "node-b"):
            Agent(suite, self.controller, name, gpus=8).start()
        self.kubeconfig = os.path.join(self.controller.data, "admin.kubeconfig")
        self.only = only
        self.played = 0
        self.problems = []

    def transcripts(self, kubectl):
        names = sorted(name[:-4] for name in os.listdir(FOLDER) if name.endswith(".txt"))
        return [
            Transcript(name, os.path.join(FOLDER, f"{name}.txt"), kubectl.minor)
            for name in names
            if not self.only or name in self.only
        ]

    def play(self, kubectl, transcript):
        """Plays all steps, also those behind one that fails."""
        namespace = f"{transcript.name}-{kubectl.minor}"
        client = self.controller.client()
        client.must("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
        session = Session(
            self.suite,
            kubectl,
            self.suite.path(namespace),
            namespace,
            os.path.join(FOLDER, "manifests"),
            self.kubeconfig,
        )
        problems = list(filter(None, map(session.problem, transcript.steps)))
        self.suite.note(
            f"{transcript.name} by {kubectl.version}: "
            f"{len(transcript.steps) - len(problems)} of {len(transcript.steps)} as expected"
        )
        for problem in problems:
            print(problem, flush=True)
        jobs = JOBS.replace("default", namespace)
        # What a failed step leaves behind must not take part in the next transcript.
        for item in client.list(jobs)[0]:
            client.request("DELETE", f"{jobs}/{item['metadata']['name']}")
        client.close()
        self.played += len(transcript.steps)
        self.problems += problems

    def play_all(self, kubectls):
        pairs = [(kubectl, each) for kubectl in kubectls for each in self.transcripts(kubectl)]
        pairs.sort(key=lambda pair: -len(pair[1].steps))
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            shared = [pool.submit(self.play, *pair) for pair in pairs if not pair[1].is_alone]
            for future in shared:
                future.result()
        for pair in pairs:
            if pair[1].is_alone:
                self.play(*pair)


def kubectl_suite(suite):
    """Plays the transcripts with Debian's kubectl and the newest one; with --long, with all."""
    kubectls = find(suite)
    suite.note("found " + ", ".join(kubectl.version for kubectl in kubectls))
    only = suite.arguments.only
    if suite.arguments.kubectl:
        kubectls = [each for each in kubectls if f"1.{each.minor}" in suite.arguments.kubectl]
    elif not suite.is_long:
        newest = kubectls[-1]
        kubectls = [each for each in kubectls if each is newest or each.version == DEBIAN]
    stage = Stage(suite, only)
    stage.play_all(kubectls)
    expect(stage.played > 0, "nothing was played")
    expect(
        not stage.problems, f"{len(stage.problems)} of {stage.played} commands print something else"
    )


def more(parser):
    parser.add_argument("--only", action="append", help="a transcript to play; may be repeated")
    parser.add_argument("--kubectl", action="append", help="a version to use, such as 1.20")


run("kubectl", kubectl_suite, more)
