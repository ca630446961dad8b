#!/usr/bin/env -S python3 -B
"""Controller or agent away for a while: ends are delivered later, nodes are not lost by mistake."""

import signal
import time

from support.api import EVENTS, JOBS, NODES, job
from support.cluster import Agent, Controller, is_ready
from support.ranks import Gang, wait_phase
from support.suite import expect, is_alive, run, wait_until


def start_gangs(suite, controller, stem):
    """One gang that ends badly, one that ends well, one that stays."""
    gangs = [
        Gang(suite, f"{stem}-bad", 2, exit_code=9),
        Gang(suite, f"{stem}-good", 2),
        Gang(suite, f"{stem}-stays", 2),
    ]
    client = controller.client()
    for gang in gangs:
        client.must("POST", JOBS, job(gang.name, gang.command, ranks=gang.ranks))
    for gang in gangs:
        gang.wait_started()
        wait_phase(client, gang.name, "Running")
    return gangs


def end_two(gangs):
    for gang in gangs[:2]:
        gang.stop()
    pids = [diary.pid for gang in gangs[:2] for diary in gang.diaries]
    wait_until(10, lambda: not any(is_alive(pid) for pid in pids), "ranks do not end by themselves")


def check_ends(client, gangs):
    """What ended meanwhile is told, what runs was left alone."""
    bad, good, stays = gangs
    status = wait_phase(client, bad.name, "Failed")["status"]
    expect(status["exitCode"] == 9 and status["attempt"] == 1, f"{bad.name} is {status}")
    status = wait_phase(client, good.name, "Succeeded")["status"]
    expect(status["exitCode"] == 0 and status["attempt"] == 1, f"{good.name} is {status}")
    stays.check_untouched()
    status = client.must("GET", f"{JOBS}/{stays.name}")["status"]
    expect((status["phase"], status["attempt"]) == ("Running", 1), f"{stays.name} is {status}")
    for gang in gangs:
        for diary in gang.diaries:
            expect(len(diary.starts()) == 1, f"{diary.path}: started {len(diary.starts())} times")


def ready_since(client, agent):
    """When the node's readiness last changed: a moved time tells of a node lost by mistake."""
    node = client.must("GET", f"{NODES}/{agent.name}")
    condition = [item for item in node["status"]["conditions"] if item["type"] == "Ready"][0]
    expect(condition["status"] == "True", f"node {agent.name} is not ready: {condition}")
    return condition["lastTransitionTime"]


def lost_events(client):
    words = ("NotReady", "Lost", "NodeLost", "Silent")
    return [
        event
        for event in client.must("GET", EVENTS)["items"]
        if any(word in event.get("reason", "") for word in words)
    ]


def away(suite, controller, agent, title, leave, back, seconds):
    """Ranks end while somebody is away for so many seconds."""
    client = controller.client()
    gangs = start_gangs(suite, controller, title)
    since = ready_since(client, agent)
    before = len(lost_events(client))
    client.close()
    leave()
    time.sleep(0.2)
    end_two(gangs)
    time.sleep(seconds)
    back()
    began = time.monotonic()
    agent.wait_ready()
    client = controller.client()
    check_ends(client, gangs)
    suite.note(f"{title}: all known {time.monotonic() - began:.2f} s after the return")
    # Long enough for two heartbeats, which keep the node from being judged again.
    end = time.monotonic() + (20 if suite.is_long else 2)
    while time.monotonic() < end:
        expect(is_ready(client, agent.name), f"{title}: the node is lost after the return")
        time.sleep(0.2)
    expect(ready_since(client, agent) == since, f"{title}: the node was lost by mistake meanwhile")
    expect(len(lost_events(client)) == before, f"{title}: {lost_events(client)[-1:]}")
    gangs[2].stop()
    wait_phase(client, gangs[2].name, "Succeeded")


def silence(suite, controller, agent):
    """A stopped agent is missed, and welcome again; its ranks go on all the time."""
    client = controller.client()
    gang = Gang(suite, "silence", 2)
    client.must("POST", JOBS, job(gang.name, gang.command, ranks=2))
    gang.wait_started()
    agent.signal(signal.SIGSTOP)
    wait_until(40, lambda: not is_ready(client, agent.name), "a silent node is never missed", 0.5)
    gang.check_untouched()
    agent.signal(signal.SIGCONT)
    agent.wait_ready(20)
    gang.check_untouched()
    status = client.must("GET", f"{JOBS}/{gang.name}")["status"]
    expect((status["phase"], status["attempt"]) == ("Running", 1), f"{gang.name} is {status}")
    gang.stop()
    wait_phase(client, gang.name, "Succeeded")


def both_away(suite):
    """Stops, kills and freezes the controller, the agent, and both, while ranks end."""
    controller = Controller(suite)
    controller.start()
    agent = Agent(suite, controller)
    agent.start()
    # Nodes are missed after 15 s: the long form stays away for longer than that.
    seconds = 25 if suite.is_long else 2

    def end_agent_and_controller():
        agent.kill()
        controller.kill()

    def start_both():
        agent.begin()
        controller.start()

    away(
        suite,
        controller,
        agent,
        "frozen",
        lambda: controller.signal(signal.SIGSTOP),
        lambda: controller.signal(signal.SIGCONT),
        seconds,
    )
    away(suite, controller, agent, "stopped", controller.stop, controller.start, seconds)
    away(suite, controller, agent, "killed", controller.kill, controller.start, seconds)
    away(suite, controller, agent, "both", end_agent_and_controller, start_both, seconds)
    if suite.is_long:
        silence(suite, controller, agent)


run("both_away", both_away)
