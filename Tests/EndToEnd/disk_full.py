#!/usr/bin/env -S python3 -B
"""A full disk: writes are refused, reads go on, writing resumes when space returns."""

import os
import shutil
import subprocess

from support.api import JOBS, job
from support.cluster import Agent, Controller
from support.ranks import Gang, wait_phase
from support.suite import Failure, Skipped, expect, run, wait_until

DISK_BYTES = 48 << 20
PADDING = "x" * 20_000


class Disk:
    """A small file system that others fill, too."""

    def __init__(self, suite):
        if os.geteuid() != 0:
            raise Skipped("mounting a small disk needs root")
        self.path = suite.path("disk")
        os.mkdir(self.path)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=700", "muster", self.path],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Skipped(f"cannot mount: {done.stderr.strip()}")
        suite.closers.append(lambda: subprocess.run(["umount", "-l", self.path], check=True))
        self.filler = os.path.join(self.path, "filler")

    def fill(self):
        """Takes the last byte."""
        with open(self.filler, "ab", buffering=0) as file:
            for size in (1 << 20, 4096, 1):
                try:
                    while file.write(b"\0" * size) == size:
                        pass
                except OSError:
                    continue

    def free(self):
        os.unlink(self.filler)


class Writer:
    """Submits jobs that take room; remembers what was acknowledged and what was refused."""

    def __init__(self, controller):
        self.controller = controller
        self.client = controller.client()
        self.acknowledged = {}
        self.refused = []
        self.count = 0

    def submit(self):
        self.count += 1
        name = f"job-{self.count}"
        body = job(name, "exit 0", cpus="4000")
        body["metadata"]["annotations"] = {"padding": PADDING}
        answer = self.client.request("POST", JOBS, body)
        if answer.status == 201:
            self.acknowledged[name] = answer.json()["metadata"]["uid"]
        else:
            self.refused.append(name)
        return answer

    def check(self, title):
        """All that was acknowledged is there, and nothing else of ours."""
        self.client = self.controller.client()
        items, _ = self.client.list(JOBS)
        found = {
            item["metadata"]["name"]: item["metadata"]["uid"]
            for item in items
            if item["metadata"]["name"].startswith("job-")
        }
        lost = sorted(set(self.acknowledged.items()) - set(found.items()))
        expect(not lost, f"{title}: acknowledged jobs are lost: {lost[:3]} of {len(lost)}")
        extra = sorted(set(found) - set(self.acknowledged))
        expect(not extra, f"{title}: refused jobs exist: {extra[:3]}")


def check_refusal(answer):
    expect(
        answer.status == 507, f"a full disk is answered with {answer.status}: {answer.text[:200]}"
    )
    status = answer.json()
    expect(
        status["kind"] == "Status"
        and status["code"] == 507
        and "full" in status["message"]
        and status["reason"] == "InsufficientStorage",
        f"the refusal is unclear: {status}",
    )
    expect("Retry-After" in answer.headers, "the refusal says nothing of a retry")


def fill_and_refuse(suite, disk, writer, controller):
    """Fills the disk until writes are refused; reads and refusals go on."""
    disk.fill()
    for _ in range(3000):
        answer = writer.submit()
        if answer.status != 201:
            break
    check_refusal(answer)
    suite.note(f"refused after {len(writer.acknowledged)} jobs")
    # Space that the controller has given back for its own sake is taken by others, too.
    disk.fill()
    for _ in range(20):
        check_refusal(writer.submit())
    client = controller.client()
    for verb, path in (("POST", f"{JOBS}/job-1/cancel"), ("DELETE", f"{JOBS}/job-1")):
        check_refusal(client.request(verb, path))
    headers = {"Content-Type": "application/merge-patch+json"}
    check_refusal(
        client.request("PATCH", f"{JOBS}/job-1", {"metadata": {"labels": {"a": "b"}}}, headers)
    )
    expect(client.must("GET", f"{JOBS}/job-1")["status"]["phase"] == "Pending", "job-1 has changed")
    expect(client.request("GET", "/livez").status == 200, "a full disk makes it look dead")
    writer.check("while full")


def resume(disk, writer):
    disk.free()
    wait_until(
        10,
        lambda: writer.submit().status == 201,
        "writes are not taken again after space returned",
        pause=0.2,
    )
    writer.check("after space returned")


def check_integrity(suite, controller, title):
    """SQLite's own word on a copy."""
    copy = suite.path(f"copy-{title}")
    os.mkdir(copy)
    for name in os.listdir(controller.data):
        if name.startswith("muster.db") and not name.endswith("-shm"):
            shutil.copy(os.path.join(controller.data, name), copy)
    done = subprocess.run(
        ["sqlite3", os.path.join(copy, "muster.db"), "PRAGMA integrity_check"],
        capture_output=True,
        text=True,
        check=False,
    )
    expect(done.stdout.strip() == "ok", f"{title}: integrity_check: {done.stdout}{done.stderr}")


def restart_while_full(suite, disk, writer, controller):
    """With not a byte free it serves reads, or says why it cannot; then space returns."""
    try:
        controller.start()
    except Failure as failure:
        expect(
            controller.process.returncode == 1 and "no space" in str(failure),
            f"a start on a full disk: {failure}",
        )
        suite.note("does not start while the disk is full")
        check_integrity(suite, controller, "full")
        disk.free()
        controller.start()
        writer.check("after a kill while full")
        expect(writer.submit().status == 201, "nothing is taken after space returned")
        return
    writer.check("after a kill while full")
    check_refusal(writer.submit())
    check_integrity(suite, controller, "full")
    resume(disk, writer)


def disk_full(suite):
    """Fills a small disk under a controller, frees it, kills it while full."""
    disk = Disk(suite)
    controller = Controller(
        suite, data=os.path.join(disk.path, "data"), options=["--allow-any-file-system"]
    )
    controller.start()
    agent = Agent(suite, controller)
    agent.start()
    gang = Gang(suite, "gang", 2)
    client = controller.client()
    client.must("POST", JOBS, job(gang.name, gang.command, ranks=2))
    gang.wait_started()
    wait_phase(client, gang.name, "Running")
    writer = Writer(controller)
    for _ in range(20):
        expect(writer.submit().status == 201, "an empty disk takes nothing")
    for number in range(10 if suite.is_long else 2):
        fill_and_refuse(suite, disk, writer, controller)
        gang.check_untouched()
        resume(disk, writer)
    fill_and_refuse(suite, disk, writer, controller)
    # What ranks do meanwhile is learnt when it can be stored.
    gang.stop()
    controller.kill()
    restart_while_full(suite, disk, writer, controller)
    wait_phase(controller.client(), gang.name, "Succeeded")
    expect(controller.stop() == 0, f"the end was {controller.process.returncode}")
    check_integrity(suite, controller, "stopped")
    controller.start()
    writer.check("after a restart")
    for diary in gang.diaries:
        expect(len(diary.starts()) == 1, f"{diary.path}: started {len(diary.starts())} times")


run("disk_full", disk_full)
