"""What is a line of the ledger called, and why is it what it is? Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from skillswap.lib.i18n import _
from skillswap.models import PointsKind, PointsReason

K, R = PointsKind, PointsReason
Facts = dict[str, Any]


class Worded(Protocol):
    """A line, or a row with its columns."""

    kind: PointsKind
    reason: PointsReason
    points: int
    facts: Facts


def what(line: Worded, name: str) -> str:
    """What it is for; `name` is the partner's first, empty while they are not there."""
    said = {"skill": line.facts.get("skill") or "", "name": name}
    if line.kind in WITH and name:
        return WITH[line.kind]() % said
    title = line.facts.get("title")
    if line.kind in TITLED and title:
        return TITLED[line.kind]() % {"title": title}
    if line.kind is K.STREAK:
        return _("%(count)s weeks in a row") % {"count": line.facts.get("weeks", 0)}
    return ALONE[line.kind]() % said


WITH: dict[PointsKind, Callable[[], str]] = {
    K.TAUGHT: lambda: _("Session taught, %(skill)s with %(name)s"),
    K.LEARNED: lambda: _("Session learned, %(skill)s with %(name)s"),
    K.PARTNER: lambda: _("New partner, %(name)s"),
    K.EXCHANGE: lambda: _("Exchange completed, %(skill)s with %(name)s"),
    K.RATING: lambda: _("Rating given, %(name)s"),
    K.ANSWER: lambda: _("Pitch answered, %(name)s"),
    K.LIKE: lambda: _("Tutorial liked by %(name)s"),
}
TITLED: dict[PointsKind, Callable[[], str]] = {
    K.TUTORIAL: lambda: _("Tutorial, “%(title)s”"),
    K.LIKE: lambda: _("Tutorial liked, “%(title)s”"),
}
ALONE: dict[PointsKind, Callable[[], str]] = {
    K.TAUGHT: lambda: _("Session taught, %(skill)s"),
    K.LEARNED: lambda: _("Session learned, %(skill)s"),
    K.PARTNER: lambda: _("New partner"),
    K.EXCHANGE: lambda: _("Exchange completed, %(skill)s"),
    K.RATING: lambda: _("Rating given"),
    K.ANSWER: lambda: _("Pitch answered, %(skill)s"),
    K.TUTORIAL: lambda: _("Tutorial"),
    K.LIKE: lambda: _("Tutorial liked"),
    K.REPORT: lambda: _("Report upheld"),
    K.PROFILE: lambda: _("Profile completed"),
    K.CLAIM: lambda: _("Verified"),
}


def why(line: Worded) -> str:
    """Why it gives what it gives, also when that is nothing."""
    facts = line.facts
    if line.reason is R.WHOLE:
        return _whole(line.kind, line.points, facts)
    if line.reason is R.FULL:
        return FULL[line.kind]()
    if line.reason is R.TAKEN_BACK:
        return TAKEN.get(facts.get("why", ""), TAKEN[""])()
    numbers = {
        "nth": facts.get("pair", 0),
        "words": facts.get("words", 0),
        "points": line.points,
    }
    return REASONS[line.reason]() % numbers


def _whole(kind: PointsKind, points: int, facts: Facts) -> str:
    if kind is K.TAUGHT:
        said = {"minutes": facts.get("minutes", 0), "more": points - 20}
        if points > 20:
            return (
                _("%(minutes)s minutes: 20 for the first half hour, %(more)s for the rest") % said
            )
        return _("%(minutes)s minutes: 20 for the first half hour") % said
    return WHOLE[kind]() % {"nth": facts.get("nth", 1), "most": facts.get("most", 1)}


WHOLE: dict[PointsKind, Callable[[], str]] = {
    K.LEARNED: lambda: _("Number %(nth)s of the %(most)s that count this week"),
    K.PARTNER: lambda: _("15 for each of you"),
    K.EXCHANGE: lambda: _("20 for each of you, after 2 sessions or more"),
    K.RATING: lambda: _("Any score counts the same"),
    K.ANSWER: lambda: _("Answered within 72 hours"),
    K.TUTORIAL: lambda: _("300 words or more, and it has stood for a day"),
    K.LIKE: lambda: _("Number %(nth)s of the %(most)s that count for a tutorial"),
    K.REPORT: lambda: _("A moderator agreed with you"),
    K.PROFILE: lambda: _("Once, for a bio and a first skill"),
    K.CLAIM: lambda: _("Once for each thing that was checked"),
    K.STREAK: lambda: _("10 for every four weeks"),
}
FULL: dict[PointsKind, Callable[[], str]] = {
    K.LEARNED: lambda: _("0: 4 sessions learned already counted that week"),
    K.PARTNER: lambda: _("0: 3 new partners already counted that week"),
    K.EXCHANGE: lambda: _("0: 2 exchanges with one partner count in a year"),
    K.RATING: lambda: _("0: 2 ratings already counted that day"),
    K.ANSWER: lambda: _("0: 3 answers already counted that day"),
    K.TUTORIAL: lambda: _("0: 2 tutorials already counted that week"),
    K.LIKE: lambda: _("0: 10 likes count for a tutorial, and it has them"),
    K.REPORT: lambda: _("0: 2 reports already counted that week"),
}
TAKEN: dict[str, Callable[[], str]] = {
    "hidden": lambda: _("Taken back: a moderator hid it"),
    "deleted": lambda: _("Taken back: you deleted it"),
    "undone": lambda: _("Taken back: you undid your answer"),
    "retracted": lambda: _("Taken back: you retracted it"),
    "revoked": lambda: _("Taken back: it was revoked"),
    "overturned": lambda: _("Taken back: the decision about it was wrong"),
    "": lambda: _("Taken back"),
}
REASONS: dict[PointsReason, Callable[[], str]] = {
    R.HALF: lambda: _("Half: session %(nth)s with the same partner in 30 days"),
    R.REPEATED: lambda: _("0: session %(nth)s with the same partner in 30 days"),
    R.SHORT: lambda: _("0: shorter than 25 minutes"),
    R.ARRANGED_LATE: lambda: _("0: arranged less than an hour before"),
    R.NOT_HELD: lambda: _("0: it did not take place"),
    R.UNCONFIRMED: lambda: _("0: not confirmed by both"),
    R.FEW: lambda: _("0: fewer than 2 sessions were confirmed"),
    R.SLOW: lambda: _("0: answered after more than 72 hours"),
    R.BRIEF: lambda: _("0: %(words)s words, and it counts from 300 on"),
    R.NEWCOMER: lambda: _("0: a like counts from who has been here a week and kept a session"),
    R.DAY_CUT: lambda: _("%(points)s of it: a day gives 120 at most"),
    R.DAY_FULL: lambda: _("0: a day gives 120 at most, and it had"),
    R.GIVEN_BACK: lambda: _("Given again: it counts once more"),
}
