"""Ranks that keep a diary, so that what happened to them is known without asking Muster."""

from support.api import JOBS
from support.suite import expect, is_alive, wait_until


class Diary:
    """A file that every start of one rank appends to: `PID start ATTEMPT`, then `PID COUNT`."""

    def __init__(self, path):
        self.path = path

    def lines(self):
        try:
            with open(self.path, encoding="ascii") as file:
                text = file.read()
        except FileNotFoundError:
            return []
        # The last line may still be under way.
        return [line.split() for line in text.split("\n")[:-1]]

    def starts(self):
        return [words for words in self.lines() if words[1:2] == ["start"]]

    @property
    def pid(self):
        starts = self.starts()
        return int(starts[0][0]) if starts else None

    def count(self):
        return sum(1 for words in self.lines() if len(words) == 2)


class Gang:
    """A job of real processes that count in their diaries until a stop file appears."""

    def __init__(self, suite, name, ranks, exit_code=0, tick=0.2):
        self.suite = suite
        self.name = name
        self.ranks = ranks
        self.stem = suite.path(f"diary-{name}")
        self.stop_path = f"{self.stem}.stop"
        self.diaries = [Diary(f"{self.stem}.{rank}") for rank in range(ranks)]
        self.command = (
            f"d={self.stem}.$MUSTER_RANK; echo $$ start $MUSTER_ATTEMPT >>$d; n=0; "
            f"until [ -e {self.stop_path} ]; do n=$((n+1)); echo $$ $n >>$d; sleep {tick}; done; "
            f"exit {exit_code}"
        )

    def wait_started(self, seconds=20):
        wait_until(
            seconds,
            lambda: all(diary.pid for diary in self.diaries),
            f"the ranks of {self.name} do not start",
        )

    def check_untouched(self):
        """One start each, alive, and still counting."""
        before = [diary.count() for diary in self.diaries]
        for number, diary in enumerate(self.diaries):
            starts = diary.starts()
            expect(
                len(starts) == 1, f"rank {number} of {self.name} was started {len(starts)} times"
            )
            expect(starts[0][2] == "1", f"rank {number} of {self.name} is attempt {starts[0][2]}")
            expect(is_alive(diary.pid), f"rank {number} of {self.name}, pid {diary.pid}, is gone")
        for number, diary in enumerate(self.diaries):
            wait_until(
                10,
                lambda: diary.count() > before[number],
                f"rank {number} of {self.name} has stopped counting",
            )

    def stop(self):
        """Lets the ranks end by themselves."""
        with open(self.stop_path, "w", encoding="ascii"):
            pass


def wait_phase(client, name, phase, seconds=30):
    """The job, once it is in that phase; fails at once where it has ended otherwise."""
    last = {}

    def look():
        found = client.persist("GET", f"{JOBS}/{name}")
        last["status"] = found["status"]
        reached = found["status"]["phase"]
        is_over = reached in ("Succeeded", "Failed", "Cancelled")
        expect(
            reached == phase or not is_over,
            f"job {name} is {reached} and not {phase}: {found['status']}",
        )
        return found if reached == phase else None

    return wait_until(
        seconds, look, lambda: f"job {name} does not become {phase}: {last.get('status')}"
    )
