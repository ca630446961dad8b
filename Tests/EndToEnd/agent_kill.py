#!/usr/bin/env -S python3 -B
"""kill -9 of the agent: ranks go on, their ends and logs are known, none starts twice."""

import os
import threading
import time

from support.api import JOBS, PODS, Refused, Unreachable, job, job_list
from support.cluster import Agent, Controller
from support.ranks import Diary, Gang, wait_phase
from support.suite import expect, is_alive, run, wait_until

LOG_BYTES = 3_000_000


def expected_log(name):
    """What an Ender writes, byte for byte."""
    line = f"this is the log of {name}, which must not lose a byte\n".encode()
    return f"{name} begins\n".encode() + (line * (LOG_BYTES // len(line) + 1))[:LOG_BYTES]


class Ender:
    """A job of one rank that is told when to write its log and end."""

    def __init__(self, suite, name, exit_code):
        self.name = name
        self.exit_code = exit_code
        self.diary = Diary(suite.path(f"diary-{name}"))
        self.go_path = suite.path(f"{name}.go")
        self.command = (
            f"echo $$ start $MUSTER_ATTEMPT >>{self.diary.path}; echo {name} begins; "
            f"until [ -e {self.go_path} ]; do sleep 0.05; done; "
            f"yes 'this is the log of {name}, which must not lose a byte' | "
            f"head -c {LOG_BYTES}; exit {exit_code}"
        )

    def go(self):
        with open(self.go_path, "w", encoding="ascii"):
            pass

    @property
    def pod(self):
        return f"{PODS}/{self.name}-w-0/log"

    def check(self, client):
        """Ended as it did, once, and with all that it wrote."""
        phase = "Failed" if self.exit_code else "Succeeded"
        status = wait_phase(client, self.name, phase)["status"]
        expect(
            status["exitCode"] == self.exit_code and status["attempt"] == 1,
            f"{self.name} ended with {self.exit_code}, the status says {status}",
        )
        starts = self.diary.starts()
        expect(len(starts) == 1, f"{self.name} was started {len(starts)} times")
        answer = client.request("GET", self.pod)
        expect(answer.status == 200, f"the log of {self.name}: {answer.status} {answer.text[:200]}")
        compare(self.name, answer.body)


def compare(name, found):
    wanted = expected_log(name)
    if found == wanted:
        return
    at = next((i for i, pair in enumerate(zip(found, wanted)) if pair[0] != pair[1]), None)
    expect(False, f"the log of {name} has {len(found)} of {len(wanted)} bytes, first wrong at {at}")


class Follower:
    """Follows a log over the agent's death: goes on from the byte where it was cut."""

    def __init__(self, suite, controller, ender):
        self.controller = controller
        self.ender = ender
        self.bytes = b""
        self.cuts = 0
        self.is_done = threading.Event()
        suite.thread(self.run)

    def run(self):
        client = self.controller.client()
        end = time.monotonic() + 120
        while time.monotonic() < end:
            try:
                self.follow(client)
                self.is_done.set()
                return
            except Unreachable:
                self.cuts += 1
            except Refused as refused:
                # Until the agent is back, and knows its ranks, there is nobody to ask.
                expect(refused.status in (404, 503), f"following a log: {refused}")
            time.sleep(0.1)

    def follow(self, client):
        path = f"{self.ender.pod}?follow=true&offset={len(self.bytes)}"
        response = client.stream(path, timeout=60)
        try:
            if response.status != 200:
                answer = type(
                    "Answer", (), {"status": response.status, "text": str(response.read())}
                )
                raise Refused(answer, path)
            while piece := response.read1(65_536):
                self.bytes += piece
        except Exception as error:
            raise Unreachable(str(error)) from error
        finally:
            response.connection.close()


def kill_once(suite, controller, agent, gang, number):
    """One death of the agent: ranks end while it is away, others start just before."""
    client = controller.client()
    enders = [Ender(suite, f"ender-{number}-{index}", index * 7) for index in range(4)]
    client.must("POST", JOBS, job_list([job(item.name, item.command) for item in enders]))
    wait_until(20, lambda: all(item.diary.pid for item in enders), "the enders do not start")
    follower = Follower(suite, controller, enders[0])
    wait_until(10, lambda: follower.bytes, "the follower sees nothing")
    # Launches under way: an agent that dies between two steps must not start a rank again.
    fresh = [Gang(suite, f"fresh-{number}-{index}", 2) for index in range(4)]
    client.must("POST", JOBS, job_list([job(item.name, item.command, ranks=2) for item in fresh]))
    time.sleep(suite.dice.uniform(0, 0.1))
    agent.kill()
    pids = [item.diary.pid for item in enders]
    for item in enders[:3]:
        item.go()
    wait_until(
        30,
        lambda: not any(is_alive(pid) for pid in pids[:3]),
        "ranks without an agent do not end; does the log block them?",
    )
    expect(is_alive(pids[3]), "a rank died with its agent")
    began = time.monotonic()
    agent.start()
    gang.check_untouched()
    expect(is_alive(pids[3]), "a rank died when its agent came back")
    enders[3].go()
    for item in enders:
        item.check(client)
    suite.note(f"kill {number}: all ends known {time.monotonic() - began:.2f} s after the restart")
    expect(follower.is_done.wait(30), f"the follower never ends, at {len(follower.bytes)} bytes")
    suite.check_threads()
    compare(enders[0].name, follower.bytes)
    expect(follower.cuts > 0, "the follower was not cut: the agent was not killed under it")
    for item in fresh:
        item.wait_started()
        item.check_untouched()
        item.stop()
    for item in fresh:
        wait_phase(client, item.name, "Succeeded")
        for diary in item.diaries:
            expect(len(diary.starts()) == 1, f"{diary.path}: started {len(diary.starts())} times")


def agent_kill(suite):
    """Kills the agent while its ranks run, end, write and start."""
    controller = Controller(suite)
    controller.start()
    agent = Agent(suite, controller)
    agent.start()
    client = controller.client()
    gang = Gang(suite, "gang", 3)
    client.must("POST", JOBS, job(gang.name, gang.command, ranks=3))
    gang.wait_started()
    for number in range(30 if suite.is_long else 3):
        kill_once(suite, controller, agent, gang, number)
    # An agent that is asked to end leaves its ranks alone as well.
    expect(agent.stop() == 0, f"the agent ended with {agent.process.returncode}")
    gang.check_untouched()
    agent.start()
    gang.check_untouched()
    gang.stop()
    wait_phase(client, gang.name, "Succeeded")
    agent.stop()
    steps = [name for name in os.listdir("/proc") if name.isdigit() and is_step(name, agent.data)]
    expect(len(steps) == 0, f"steps are left over: {steps}")


def is_step(pid, data):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return data.encode() in file.read() and is_alive(int(pid))
    except (FileNotFoundError, ProcessLookupError):
        return False


run("agent_kill", agent_kill)
