"""Transcripts of terminal sessions, and whether a program still prints what they show.

A transcript is text: `$ ` opens a command for bash, `> ` goes on with it, and every other line is
what must be printed, errors included. `[2]` as the last line is an exit status other than 0.

    $~ COMMAND      is repeated until it prints what is expected, for at most 20 s
    @1.28+ LINE     holds for kubectl 1.28 and newer; @-1.27 for 1.27 and older
    ...             stands for any number of lines
    {age} {uid} {time} {n} {w} {*}
                    an age, an identity, a moment, a number, a word, anything within the line
    # TEXT          says what the lines below are about; `# alone` wants the cluster for itself

Several spaces match several others, except where a line begins: widths follow what is printed.
"""

import difflib
import re

MASKS = {
    "{age}": r"(?:\d+[smhdy]){1,2}",
    "{uid}": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "{time}": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z",
    "{n}": r"\d+",
    "{w}": r"\S+",
    "{*}": r".*",
}
MASK = re.compile("(" + "|".join(re.escape(mask) for mask in MASKS) + r"| {2,})")
CONDITION = re.compile(r"@(-?)(\d+)\.(\d+)(\+?) ?")
REST = r"(?:[^\n]*\n)*?"


class Step:
    """One command, and what it must print."""

    def __init__(self, place, command, is_patient):
        self.place = place
        self.command = command
        self.is_patient = is_patient
        self.expected = []

    def matches(self, printed):
        return self.pattern().fullmatch(printed) is not None

    def pattern(self):
        lines = [REST if line == "..." else line_pattern(line) + r"\n" for line in self.expected]
        return re.compile("".join(lines))

    def report(self, version, printed):
        """What to read when it does not match: the command, and both texts as one difference."""
        lines = printed.splitlines()
        if len(lines) > 60:
            lines = lines[:50] + [f"({len(lines) - 60} more lines)"] + lines[-10:]
        # What matches a mask is shown as the mask, so that only true differences stand out.
        for expected in self.expected:
            for index, line in enumerate(lines):
                if says_much(expected) and re.fullmatch(line_pattern(expected), line):
                    lines[index] = expected
        difference = difflib.unified_diff(self.expected, lines, lineterm="", n=60)
        body = "\n".join(f"    {line}" for line in list(difference)[3:])
        command = self.command.replace("\n", "\n    > ")
        return f"{self.place} ({version})\n    $ {command}\n{body}"


def says_much(line):
    """Whether enough of a line is no mask, so that what matches it is most likely meant by it."""
    return len(re.findall(r"\w", MASK.sub("", line))) > 3


def line_pattern(line):
    """A regular expression for one line of expected output."""
    indent = len(line) - len(line.lstrip(" "))
    parts = MASK.split(line[indent:].rstrip())
    words = [
        MASKS.get(part) or (" {2,}" if part.startswith("  ") else re.escape(part))
        for part in parts
        if part
    ]
    return " " * indent + "".join(words) + " *"


def holds(condition, minor):
    """Whether a line with this condition is meant for kubectl 1.`minor`."""
    bound = int(condition.group(3))
    if condition.group(1):
        return minor <= bound
    return minor >= bound if condition.group(4) else minor == bound


class Transcript:
    """A file of steps that build on each other, as one version of the program should show them."""

    def __init__(self, name, path, minor):
        self.name = name
        self.is_alone = False
        self.steps = []
        self.minor = minor
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file.read().splitlines(), 1):
                self.take(f"{name}.txt:{number}", line)
        for step in self.steps:
            while step.expected and not step.expected[-1]:
                step.expected.pop()
        self.steps = [step for step in self.steps if step.is_wanted]

    def take(self, place, line):
        condition = CONDITION.match(line)
        is_wanted = not condition or holds(condition, self.minor)
        if condition:
            line = line[condition.end() :]
        if line == "# alone":
            self.is_alone = True
        elif line.startswith("# ") or line == "#":
            return
        elif line.startswith(("$ ", "$~ ")):
            mark, command = line.split(" ", 1)
            step = Step(place, command, mark == "$~")
            step.is_wanted = is_wanted
            self.steps.append(step)
        elif line.startswith("> ") or line == ">":
            self.steps[-1].command += "\n" + line[2:]
        elif self.steps and is_wanted:
            self.steps[-1].expected.append(line)
