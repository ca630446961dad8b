"""Holds a recording of the cluster's history against the promise in `history.py`.

Pure: the same recording gives the same verdict, so that an altered one can be tried.
"""

import bisect
import json
from typing import NamedTuple

SHOWN = 12


class Problem(NamedTuple):
    """A break of the promise: which rule, in which stream or list, and what was seen."""

    rule: str
    where: str
    what: str


class Judgement:
    """What a recording proves, and where it breaks the promise."""

    def __init__(self, recording):
        self.recording = recording
        self.problems = []
        self.compared = 0
        self.confirmed = 0
        self.belongs = {}
        # Every event of a resource that anybody saw, by version.
        self.history = {}
        for span in recording.spans:
            self.judge_order(span)
        self.judge_successors()
        self.judge_agreement()
        for span in recording.spans:
            self.judge_lists(span)
        self.judge_writes()
        self.judge_time()

    def find(self, rule, where, problem):
        self.problems.append(Problem(rule, where, problem))

    def summary(self):
        """The first problem of each rule and place, and how many more there are."""
        groups = {}
        for problem in self.problems:
            groups.setdefault(problem[:2], []).append(problem.what)
        return [
            f"{rule}, {where}: {found[0]}" + (f" (and {len(found) - 1} more)" if found[1:] else "")
            for (rule, where), found in groups.items()
        ]

    def has(self, scope, seen):
        key = (scope, seen.text)
        if key not in self.belongs:
            self.belongs[key] = scope.has(json.loads(seen.text))
        return self.belongs[key]

    def judge_order(self, span):
        """Versions rise; what is added is new, what changes is known, what goes was there."""
        version = span.start
        picture = dict(span.items)
        for seen in span.items.values():
            if seen.version > span.start:
                self.find("future", span.stream, f"a list of {span.start} shows {brief(seen)}")
        for event in span.events:
            what = f"{event.kind} at {event.version} of {brief(event.seen)}"
            if event.kind == "BOOKMARK":
                if event.version < version:
                    self.find("order", span.stream, f"{what} comes after {version}")
                version = max(version, event.version)
                continue
            if event.version <= version:
                self.find("order", span.stream, f"{what} comes after {version}")
            version = max(version, event.version)
            known = picture.get(event.seen.uid)
            if (event.kind == "ADDED") == (known is not None):
                self.find("sequence", span.stream, f"{what}, which was known as {brief(known)}")
            if event.kind == "DELETED":
                picture.pop(event.seen.uid, None)
                if known and stateless(known) != stateless(event.seen):
                    self.find("last state", span.stream, f"{what}: {difference(known, event.seen)}")
            else:
                picture[event.seen.uid] = event.seen
                if not self.has(span.scope, event.seen):
                    self.find("scope", span.stream, f"{what} is not of {span.scope}")

    def judge_successors(self):
        """A stream that lists anew is not older than it was."""
        ends = {}
        for span in self.recording.spans:
            before = ends.get(span.stream, 0)
            if span.start < before:
                self.find("order", span.stream, f"a list of {span.start} comes after {before}")
            ends[span.stream] = max(before, span.end)

    def judge_agreement(self):
        """Streams of one scope show the same events, each of them all of its range."""
        by_scope = {}
        for span in self.recording.spans:
            known = by_scope.setdefault(span.scope, {})
            for event in span.events:
                if event.kind == "BOOKMARK":
                    continue
                other = known.setdefault(event.version, (event, span.stream))
                if other[0] != event:
                    self.find(
                        "agreement",
                        f"{other[1]} and {span.stream}",
                        f"{other[0].kind} and {event.kind} at {event.version}: "
                        f"{difference(other[0].seen, event.seen)}",
                    )
        for scope, known in by_scope.items():
            if not scope.namespace and not scope.label:
                self.history[scope.resource] = known
        for span in self.recording.spans:
            known = by_scope[span.scope]
            versions = sorted(known)
            first = bisect.bisect_right(versions, span.start)
            last = bisect.bisect_right(versions, span.end)
            own = {event.version for event in span.events}
            for version in versions[first:last]:
                if version not in own:
                    event, stream = known[version]
                    what = f"{event.kind} at {version} of {brief(event.seen)}"
                    self.find("gap", span.stream, f"misses {what}, which {stream} saw")

    def judge_lists(self, span):
        """The list and the events give each listed state, object by object."""
        lists = [
            listed
            for listed in self.recording.lists
            if listed.scope.resource == span.scope.resource
            and span.start <= listed.version <= span.end
            and (covers(span.scope, listed.scope) or covers(listed.scope, span.scope))
        ]
        lists.sort(key=lambda listed: listed.version)
        picture = dict(span.items)
        index = 0
        events = [event for event in span.events if event.kind != "BOOKMARK"]
        for listed in lists:
            while index < len(events) and events[index].version <= listed.version:
                event = events[index]
                index += 1
                if event.kind == "DELETED":
                    picture.pop(event.seen.uid, None)
                else:
                    picture[event.seen.uid] = event.seen
            self.compare(span, listed, picture)

    def compare(self, span, listed, picture):
        scope = listed.scope if covers(span.scope, listed.scope) else span.scope
        watched, shown = picture, listed.items
        if scope != span.scope:
            watched = {uid: seen for uid, seen in watched.items() if self.has(scope, seen)}
        if scope != listed.scope:
            shown = {uid: seen for uid, seen in shown.items() if self.has(scope, seen)}
        self.compared += 1
        if watched == shown:
            return
        for uid in sorted(set(watched) | set(shown)):
            if watched.get(uid) != shown.get(uid):
                self.find(
                    "list",
                    span.stream,
                    f"from {span.start} on against a list of {scope} at {listed.version}: "
                    f"{difference(watched.get(uid), shown.get(uid))}",
                )
                return

    def judge_writes(self):
        """The object of an answer is in the history, whole, under its version."""
        for write in self.recording.writes:
            if write.seen is None or write.scope.resource not in self.history:
                continue
            known = self.history[write.scope.resource].get(write.seen.version)
            if known is None:
                if self.is_covered(write):
                    self.find("answer", write.scope.resource, f"{write.what}: {brief(write.seen)}")
                continue
            self.confirmed += 1
            if known[0].seen != write.seen:
                self.find(
                    "answer",
                    f"{write.scope.resource} against {known[1]}",
                    f"{write.what}: {difference(known[0].seen, write.seen)}",
                )

    def is_covered(self, write):
        """Whether some stream of the whole resource must have seen the version."""
        return any(
            span.scope.resource == write.scope.resource
            and not span.scope.namespace
            and not span.scope.label
            and span.start < write.seen.version <= span.end
            for span in self.recording.spans
        )

    def judge_time(self):
        """What is asked for after an answer is not older than that answer."""
        moments = [(one.ended, 0, one.version, "a list") for one in self.recording.lists]
        for one in self.recording.writes:
            if one.seen:
                moments.append((one.ended, 0, one.seen.version, one.what))
        moments += [(one.began, 1, one.version, one) for one in self.recording.lists]
        newest, who = 0, ""
        for _, is_question, version, what in sorted(moments, key=lambda moment: moment[:3]):
            if not is_question:
                if version > newest:
                    newest, who = version, what
            elif version < newest:
                self.find(
                    "time",
                    what.scope.resource,
                    f"a list of {what.scope} is of {version}, but {who} had been answered with "
                    f"{newest} before it was asked for",
                )


def covers(wide, narrow):
    """Whether all of `narrow` is in `wide`."""
    return (not wide.namespace or wide.namespace == narrow.namespace) and (
        not wide.label or wide.label == narrow.label
    )


def stateless(seen):
    """An object without its version: a deletion has one of its own."""
    thing = json.loads(seen.text)
    del thing["metadata"]["resourceVersion"]
    return thing


def brief(seen):
    if seen is None:
        return "nothing"
    metadata = json.loads(seen.text)["metadata"]
    return f"{metadata.get('namespace', '')}/{metadata['name']} ({seen.uid}) at {seen.version}"


def difference(left, right):
    """Where two sights of an object differ, by the paths that differ."""
    if left is None or right is None or left.uid != right.uid:
        return f"{brief(left)} against {brief(right)}"
    found = []
    walk(json.loads(left.text), json.loads(right.text), "", found)
    return f"{brief(left)}: " + "; ".join(found[:SHOWN])


def walk(left, right, path, found):
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted(set(left) | set(right)):
            walk(left.get(key), right.get(key), f"{path}.{key}", found)
    elif left != right:
        found.append(f"{path} {json.dumps(left)[:200]} against {json.dumps(right)[:200]}")
