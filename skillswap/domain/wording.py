"""What does a notification say? For every kind of event that is told: its icon and its words.

What it is a part of in the settings (its topic) stands in `preferences.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from skillswap.lib.clock import local
from skillswap.lib.i18n import _

Facts = dict[str, Any]


def _when(facts: Facts, zone: str) -> str:
    return local(datetime.fromisoformat(facts["starts_at"]), zone).full


def _pitched(facts: Facts, zone: str) -> str:
    said = _("pitched you: {skill}").format(**facts)
    if facts.get("offered"):
        said = _("pitched you: {skill}, offering {offered}").format(**facts)
    until = local(datetime.fromisoformat(facts["respond_by"]), zone)
    return _("{said}. Answer by {day}").format(said=said, day=until.short_day)


def _day(facts: Facts, name: str, zone: str) -> str:
    return local(datetime.fromisoformat(facts[name]), zone).short_day


def _exchange_completed(facts: Facts, zone: str) -> str:
    if facts.get("by_clock"):
        return _("Your exchange about {skill} is completed").format(**facts)
    return _("agrees: your exchange about {skill} is completed").format(**facts)


def _exchange_cancelled(facts: Facts, zone: str) -> str:
    if facts.get("by_clock"):
        return _("Your exchange about {skill} ended after a long rest").format(**facts)
    return _("cancelled your exchange about {skill}").format(**facts)


def _session_prepared(facts: Facts, zone: str) -> str:
    if not facts["starts_at"]:
        return _("wrote what to prepare for {skill}").format(**facts)
    when = _when(facts, zone)
    return _("wrote what to prepare for {skill} on {when}").format(**facts, when=when)


def _session_completed(facts: Facts, zone: str) -> str:
    when = _when(facts, zone)
    if facts.get("by_clock"):
        return _("{skill} on {when} counts as completed").format(**facts, when=when)
    return _("agrees: {skill} on {when} is completed").format(**facts, when=when)


def _session_near(facts: Facts, zone: str) -> str:
    when = _when(facts, zone)
    if facts["stage"] == "day_before":
        return _("{skill} is on {when}").format(**facts, when=when)
    opens = local(datetime.fromisoformat(facts["opens_at"]), zone)
    return _("{skill} begins soon: {when}. You can join from {clock}").format(
        **facts, when=when, clock=opens.clock
    )


# kind -> icon, and the words after the actor's name for a reader in that zone
WORDS: dict[str, tuple[str, Callable[[Facts, str], str]]] = {
    "pitch.sent": ("inbox", _pitched),
    "pitch.accepted": (
        "check",
        lambda facts, zone: _("accepted your pitch for {skill}. Propose times next").format(
            **facts
        ),
    ),
    "pitch.declined": (
        "x",
        lambda facts, zone: _("declined your pitch for {skill}").format(**facts),
    ),
    "pitch.withdrawn": (
        "x",
        lambda facts, zone: _("withdrew the pitch for {skill}").format(**facts),
    ),
    "pitch.expired": (
        "clock",
        lambda facts, zone: _("The pitch for {skill} expired without an answer").format(**facts),
    ),
    "pitch.closed": (
        "archive",
        lambda facts, zone: _("The pitch for {skill} was closed. It counts against nobody").format(
            **facts
        ),
    ),
    "exchange.closed": (
        "archive",
        lambda facts, zone: _(
            "Your exchange about {skill} was closed. It counts against nobody"
        ).format(**facts),
    ),
    "session.closed": (
        "archive",
        lambda facts, zone: _("{skill} on {when} is off. The time is yours again").format(
            **facts, when=_when(facts, zone)
        ),
    ),
    "pitch.asked": (
        "circle-question-mark",
        lambda facts, zone: _("asks about your pitch for {skill}. Reply by {day}").format(
            **facts, day=_day(facts, "respond_by", zone)
        ),
    ),
    "pitch.replied": (
        "message-circle",
        lambda facts, zone: _("replied about {skill}. Answer by {day}").format(
            **facts, day=_day(facts, "respond_by", zone)
        ),
    ),
    "pitch.reminded": (
        "clock",
        lambda facts, zone: _(
            "A pitch for {skill} still waits for your answer, until {day}"
        ).format(**facts, day=_day(facts, "respond_by", zone)),
    ),
    "pitch.paused": (
        "pause",
        lambda facts, zone: _(
            "Three pitches in a row went unanswered, so nobody can send you new ones. "
            "Return when you are ready"
        ).format(**facts),
    ),
    "pitch.last_word": (
        "message-circle",
        lambda facts, zone: _("wrote a last word about {skill}").format(**facts),
    ),
    "exchange.completion_proposed": (
        "handshake",
        lambda facts, zone: _(
            "says your exchange about {skill} is complete. Agree by {day}, or propose times"
        ).format(**facts, day=_day(facts, "complete_by", zone)),
    ),
    "exchange.completed": ("handshake", _exchange_completed),
    "exchange.cancelled": ("x", _exchange_cancelled),
    "exchange.nudged": (
        "calendar-plus",
        lambda facts, zone: _(
            "Nothing is planned in your exchange about {skill}. It rests from {day}"
        ).format(**facts, day=_day(facts, "rests_at", zone)),
    ),
    "exchange.rested": (
        "pause",
        lambda facts, zone: _(
            "Your exchange about {skill} rests, since nothing was planned. Wake it by {day}"
        ).format(**facts, day=_day(facts, "wake_by", zone)),
    ),
    "exchange.woken": (
        "sun",
        lambda facts, zone: _("woke your exchange about {skill}. Propose times next").format(
            **facts
        ),
    ),
    "session.proposed": (
        "calendar-plus",
        lambda facts, zone: _("proposed times for {skill}. Pick one").format(**facts),
    ),
    "session.scheduled": (
        "calendar-check",
        lambda facts, zone: _("picked {when} for {skill}").format(**facts, when=_when(facts, zone)),
    ),
    "session.declined": (
        "x",
        lambda facts, zone: _("cannot make the times you proposed for {skill}").format(**facts),
    ),
    "session.withdrawn": (
        "x",
        lambda facts, zone: _("withdrew the proposed times for {skill}").format(**facts),
    ),
    "session.lapsed": (
        "circle-dashed",
        lambda facts, zone: _("The times you proposed for {skill} lapsed").format(**facts),
    ),
    "session.cancelled": (
        "x",
        lambda facts, zone: _("cancelled {skill} on {when}").format(
            **facts, when=_when(facts, zone)
        ),
    ),
    "session.reminded": ("clock", _session_near),
    "session.ended": (
        "circle-question-mark",
        lambda facts, zone: _("{skill} on {when} is over. Did it happen?").format(
            **facts, when=_when(facts, zone)
        ),
    ),
    "session.asked_again": (
        "circle-question-mark",
        lambda facts, zone: _("Still open: did {skill} on {when} happen?").format(
            **facts, when=_when(facts, zone)
        ),
    ),
    "session.prepared": ("lightbulb", _session_prepared),
    "session.outcome_given": (
        "list-checks",
        lambda facts, zone: _("says {skill} on {when} happened. Do you agree?").format(
            **facts, when=_when(facts, zone)
        ),
    ),
    "session.completed": ("circle-check", _session_completed),
    "session.unconfirmed": (
        "circle-question-mark",
        lambda facts, zone: _(
            "Nobody said whether {skill} on {when} happened, so it does not count"
        ).format(**facts, when=_when(facts, zone)),
    ),
}
