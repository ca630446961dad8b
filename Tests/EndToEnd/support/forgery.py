"""Recordings that lie: each forgery breaks the promise in one place, and must be found out."""

import dataclasses
import json

from support.judgement import Judgement
from support.recording import Event, Recording
from support.suite import expect


def copied(recording):
    """A copy whose lists may be changed; what they hold is shared."""
    spans = [
        dataclasses.replace(span, items=dict(span.items), events=list(span.events))
        for span in recording.spans
    ]
    return Recording(spans, list(recording.lists), list(recording.writes))


def altered(seen):
    """The same object under the same version, with one word changed."""
    thing = json.loads(seen.text)
    thing["metadata"].setdefault("labels", {})["forged"] = "yes"
    return seen._replace(text=json.dumps(thing, sort_keys=True, separators=(",", ":")))


class Forger:
    """Makes forgeries of one recording; chance picks the place."""

    def __init__(self, recording, dice):
        self.recording = recording
        self.dice = dice

    def span(self, recording, stream="jobs"):
        """The longest span of a stream."""
        spans = [span for span in recording.spans if span.stream == stream]
        return max(spans, key=lambda span: len(span.events))

    def place(self, span, wanted=("ADDED", "MODIFIED", "DELETED")):
        places = [n for n, event in enumerate(span.events[:-1]) if event.kind in wanted]
        expect(places, f"{span.stream} shows no {wanted}: nothing can be forged")
        return self.dice.choice(places)

    def removed(self, recording):
        span = self.span(recording)
        del span.events[self.place(span)]
        return "gap"

    def doubled(self, recording):
        span = self.span(recording)
        place = self.place(span)
        span.events.insert(place, span.events[place])
        return "order"

    def swapped(self, recording):
        span = self.span(recording)
        place = self.place(span)
        span.events[place : place + 2] = reversed(span.events[place : place + 2])
        return "order"

    def changed(self, recording):
        span = self.span(recording)
        place = self.place(span, ("ADDED", "MODIFIED"))
        event = span.events[place]
        span.events[place] = event._replace(seen=altered(event.seen))
        return "agreement"

    def renamed(self, recording):
        """What was changed is called added."""
        span = self.span(recording)
        place = self.place(span, ("MODIFIED",))
        span.events[place] = span.events[place]._replace(kind="ADDED")
        return "sequence"

    def deleted_otherwise(self, recording):
        """Every stream agrees that an object was deleted in a state that it never had."""
        version = (
            self.span(recording).events[self.place(self.span(recording), ("DELETED",))].version
        )
        self.everywhere(recording, version, lambda event: event._replace(seen=altered(event.seen)))
        return "last state"

    def kept_from_all(self, recording):
        """No stream shows the newest state of an object that is still there."""
        self.everywhere(recording, self.newest(recording), lambda event: None)
        return "list"

    def changed_for_all(self, recording):
        """All streams agree on a state that is not the listed one."""
        forge = lambda event: event._replace(seen=altered(event.seen))
        self.everywhere(recording, self.newest(recording), forge)
        return "list"

    def newest(self, recording):
        """The version of an event whose object a list at the end of the same span shows."""
        for span in recording.spans:
            if span.stream != "jobs":
                continue
            shown = {
                seen
                for one in recording.lists
                if one.scope == span.scope and span.start <= one.version <= span.end
                for seen in one.items.values()
            }
            places = {event.version for event in span.events if event.seen in shown}
            if places:
                return self.dice.choice(sorted(places))
        raise AssertionError("no list shows what the stream of jobs was told")

    def everywhere(self, recording, version, forge):
        for span in recording.spans:
            forged = [
                forge(event) if event.version == version and event.seen else event
                for event in span.events
            ]
            span.events[:] = [event for event in forged if event]

    def strange(self, recording):
        """A selection shows what is not selected."""
        span = self.span(recording, "jobs-red")
        place = self.place(span, ("ADDED", "MODIFIED"))
        seen = span.events[place].seen
        thing = json.loads(seen.text)
        thing["metadata"]["labels"] = {"team": "blue"}
        text = json.dumps(thing, sort_keys=True, separators=(",", ":"))
        span.events[place] = Event("MODIFIED", seen.version, seen._replace(text=text))
        return "scope"

    def listed_otherwise(self, recording):
        place = self.listed(recording)
        one = recording.lists[place]
        uid = self.dice.choice(sorted(one.items))
        items = dict(one.items, **{uid: altered(one.items[uid])})
        recording.lists[place] = one._replace(items=items)
        return "list"

    def listed_without(self, recording):
        place = self.listed(recording)
        items = dict(recording.lists[place].items)
        del items[self.dice.choice(sorted(items))]
        recording.lists[place] = recording.lists[place]._replace(items=items)
        return "list"

    def listed(self, recording):
        span = self.span(recording)
        return self.dice.choice(
            [
                place
                for place, one in enumerate(recording.lists)
                if one.scope == span.scope and span.start <= one.version <= span.end and one.items
            ]
        )

    def listed_late(self, recording):
        """A list is older than what had been answered before."""
        last = max(range(len(recording.lists)), key=lambda n: recording.lists[n].began)
        first = min(one.version for one in recording.lists)
        recording.lists[last] = recording.lists[last]._replace(version=first)
        return "time"

    def answered_otherwise(self, recording):
        places = [place for place, one in enumerate(recording.writes) if one.seen]
        place = self.dice.choice(places)
        one = recording.writes[place]
        recording.writes[place] = one._replace(seen=altered(one.seen))
        return "answer"


def expose(recording, dice):
    """Tries every forgery; each must be found, under its rule. Returns how many there were."""
    honest = set(Judgement(recording).problems)
    forger = Forger(recording, dice)
    forgeries = [
        forger.removed,
        forger.doubled,
        forger.swapped,
        forger.changed,
        forger.renamed,
        forger.deleted_otherwise,
        forger.kept_from_all,
        forger.changed_for_all,
        forger.strange,
        forger.listed_otherwise,
        forger.listed_without,
        forger.listed_late,
        forger.answered_otherwise,
    ]
    for forge in forgeries:
        forged = copied(recording)
        rule = forge(forged)
        found = {problem.rule for problem in Judgement(forged).problems if problem not in honest}
        expect(rule in found, f"the judge passes a recording that was {forge.__name__}: {found}")
    return len(forgeries)
