"""What every suite is run by: arguments, a directory of its own, the verdict, and the clearing up.

A suite ends with one line, `PASS name` or `FAIL name: why`, and with exit status 0 or 1.
"""

import argparse
import ctypes
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback

PR_SET_CHILD_SUBREAPER = 36


class Failure(Exception):
    """A promise that did not hold."""


class Skipped(Exception):
    """The suite cannot run here; the reason says what it lacks."""


def expect(holds, why):
    """Fails the suite with `why` where `holds` is false."""
    if not holds:
        raise Failure(why)


def wait_until(seconds, question, why, pause=0.05):
    """Asks until the answer is true, and returns it; fails with `why` when time is up."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() >= end:
            raise Failure(f"{why() if callable(why) else why} (waited {seconds:g} s)")
        time.sleep(pause)


def is_alive(pid):
    """Whether the process exists and has not ended; a zombie has ended."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rsplit(b")", 1)[1].split()[0] not in (b"Z", b"X")
    except (FileNotFoundError, ProcessLookupError):
        return False


def children(pid):
    """The direct children of a process."""
    found = []
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except (FileNotFoundError, ProcessLookupError):
        return found
    for task in tasks:
        try:
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                found += [int(word) for word in file.read().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def descendants(pid):
    """All processes below a process, parents before their children."""
    found = []
    for child in children(pid):
        found += [child] + descendants(child)
    return found


class Suite:
    """One run of one suite."""

    def __init__(self, name, arguments):
        self.name = name
        self.arguments = arguments
        self.is_long = arguments.long
        self.seed = (
            arguments.seed
            if arguments.seed is not None
            else random.SystemRandom().randrange(1 << 32)
        )
        self.dice = random.Random(self.seed)
        self.directory = tempfile.mkdtemp(prefix=f"muster-{name}-")
        self.began = time.monotonic()
        self.started = set()
        self.closers = []
        self.problems = []
        self.processes = []

    def ended(self):
        """Which of the suite's processes are gone, and how; taken before the clearing up."""
        return [
            f"the {process.name} has ended with {process.process.returncode}: {process.excerpt()}"
            for process in self.processes
            if process.process and process.has_ended()
        ]

    def note(self, text):
        """Prints one line of what is going on, with the seconds since the start."""
        print(f"{time.monotonic() - self.began:6.1f} {text}", flush=True)

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def thread(self, body, *arguments):
        """Starts a thread whose failure becomes the suite's."""

        def run():
            try:
                body(*arguments)
            except Failure as failure:
                self.problems.append(str(failure))
            except Exception:  # A suite must not pass because a thread has died.
                self.problems.append(traceback.format_exc())

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def check_threads(self):
        """Fails with what the threads have found so far."""
        if self.problems:
            raise Failure(self.problems[0])

    def reap(self):
        """Waits for orphans that came to us; those that we started are waited for elsewhere."""
        while True:
            for child in children(os.getpid()):
                if child not in self.started:
                    try:
                        os.waitpid(child, os.WNOHANG)
                    except ChildProcessError:
                        continue
            time.sleep(0.1)

    def clear(self):
        """Ends every process below this one, and undoes what was done to the machine."""
        for _ in range(100):
            left = [pid for pid in descendants(os.getpid()) if is_alive(pid)]
            if not left:
                break
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            time.sleep(0.05)
        for close in reversed(self.closers):
            close()


def run(name, body, more=None):
    """Runs `body(suite)` and exits with the verdict; `more(parser)` adds options of its own."""
    parser = argparse.ArgumentParser(prog=f"{name}.py", description=body.__doc__)
    parser.add_argument("--long", action="store_true", help="the long form")
    parser.add_argument("--seed", type=int, help="repeats a run's random choices")
    if more:
        more(parser)
    suite = Suite(name, parser.parse_args())
    # Ranks outlive their agent: as their reaper we find all of them, and only them, in the end.
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    threading.Thread(target=suite.reap, daemon=True).start()
    suite.note(f"{name}, seed {suite.seed}, in {suite.directory}")
    why = None
    remark = ""
    try:
        body(suite)
        suite.check_threads()
    except Failure as failure:
        why = str(failure)
    except Skipped as reason:
        remark = f" (skipped: {reason})"
    except KeyboardInterrupt:
        why = "interrupted"
    except Exception as error:  # Also what the server should not have answered.
        traceback.print_exc()
        why = f"{type(error).__name__}: {error}"
    gone = suite.ended() if why else []
    try:
        suite.clear()
    except Exception as error:
        why = why or f"could not clear up: {error}"
    for problem in gone + suite.problems:
        if why and problem != why:
            print(f"also: {problem}")
    if why is None:
        shutil.rmtree(suite.directory, ignore_errors=True)
        suite.note("done")
        print(f"PASS {name}{remark}")
        sys.stdout.flush()
        os._exit(0)
    print(f"kept: {suite.directory} (seed {suite.seed})")
    print(f"FAIL {name}: {why}")
    sys.stdout.flush()
    os._exit(1)
