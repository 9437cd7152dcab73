"""What does a notification say? For every kind of event that is told: its icon and its words.

What it is a part of in the settings (its topic) stands in `preferences.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from skillswap.domain.badge_words import BADGE_WORDS
from skillswap.domain.claim_words import CLAIM_WORDS
from skillswap.domain.comment_words import COMMENT_WORDS
from skillswap.domain.held_words import HELD_WORDS
from skillswap.domain.naming_words import NAMING_WORDS
from skillswap.domain.rating_words import RATING_WORDS
from skillswap.domain.ring_words import RING_WORDS
from skillswap.domain.skill_words import SKILL_WORDS
from skillswap.domain.streak_words import STREAK_WORDS
from skillswap.domain.strike_words import STRIKE_WORDS
from skillswap.domain.wish_words import WISH_WORDS
from skillswap.lib.clock import local
from skillswap.lib.i18n import _, ngettext

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


def _outcome_given(facts: Facts, zone: str) -> str:
    said = {
        "they_did_not_come": _("says you did not come to {skill} on {when}"),
        "i_could_not_come": _("says they could not come to {skill} on {when}"),
        "agreed_not_to": _("says you agreed not to hold {skill} on {when}"),
    }.get(facts.get("answer", ""), _("says {skill} on {when} happened"))
    said = said.format(**facts, when=_when(facts, zone))
    if not facts.get("confirm_by"):
        return _("{said}. Do you agree?").format(said=said)
    return _("{said}. Answer by {day}").format(said=said, day=_day(facts, "confirm_by", zone))


def _session_disputed(facts: Facts, zone: str) -> str:
    said = _("remembers {skill} on {when} differently. Agree by {day}, or it does not count")
    return said.format(**facts, when=_when(facts, zone), day=_day(facts, "confirm_by", zone))


def _session_unconfirmed(facts: Facts, zone: str) -> str:
    if facts.get("disputed"):
        said = _("You two did not agree how {skill} on {when} went, so it does not count")
    else:
        said = _("Nobody said whether {skill} on {when} happened, so it does not count")
    return said.format(**facts, when=_when(facts, zone))


def _session_no_show(facts: Facts, zone: str) -> str:
    """For the one who did not come, and for the one who waited; by the other, or by the clock."""
    mine = facts.get("absent") == facts.get("me")
    if facts.get("by_clock"):
        said = (
            _("You are noted as absent from {skill} on {when}. You can contest it within 30 days")
            if mine
            else _("{skill} on {when} counts as missed. You can forgive it")
        )
    else:
        said = (
            _("agrees that you could not come to {skill} on {when}. It counts as half a mark")
            if mine
            else _("says they could not come to {skill} on {when}. You can forgive it")
        )
    return said.format(**facts, when=_when(facts, zone))


def _session_not_held(facts: Facts, zone: str) -> str:
    if facts.get("by_clock"):
        said = _("{skill} on {when} did not take place, and nobody has a mark")
    else:
        said = _("agrees that {skill} on {when} did not take place. Nobody has a mark")
    return said.format(**facts, when=_when(facts, zone))


def _contest_decided(facts: Facts, zone: str) -> str:
    mine = facts.get("whose") == facts.get("me")
    said = {
        "agreed": _("agrees with you about {skill} on {when}. The mark is off your record"),
        "upheld": _("A moderator has taken your mark for {skill} on {when} off your record")
        if mine
        else _("A moderator has taken the mark for {skill} on {when} off"),
        "dismissed": _("A moderator has looked at {skill} on {when}. Your mark stays")
        if mine
        else _("A moderator has looked at {skill} on {when}. The mark stays"),
    }.get(facts["state"], _("Nobody decided about {skill} on {when} in time, so the mark is off"))
    return said.format(**facts, when=_when(facts, zone))


def _session_completed(facts: Facts, zone: str) -> str:
    when = _when(facts, zone)
    if facts.get("by_clock"):
        return _("{skill} on {when} counts as completed").format(**facts, when=when)
    if facts.get("alone"):
        return _("says {skill} on {when} happened, so it is completed").format(**facts, when=when)
    return _("agrees: {skill} on {when} is completed").format(**facts, when=when)


def _session_near(facts: Facts, zone: str) -> str:
    when = _when(facts, zone)
    if facts["stage"] == "day_before":
        return _("{skill} is on {when}").format(**facts, when=when)
    opens = local(datetime.fromisoformat(facts["opens_at"]), zone)
    return _("{skill} on {when}: you can join from {clock}").format(
        **facts, when=when, clock=opens.clock
    )


def _session_scheduled(facts: Facts, zone: str) -> str:
    said = _("picked {when} for {skill}").format(skill=facts["skill"], when=_when(facts, zone))
    if made := len(facts.get("weeks_made", ())):
        weeks = ngettext("and {made} week after", "and {made} weeks after", made)
        said = f"{said}, {weeks.format(made=made)}"
    if left_out := facts.get("weeks_left_out", ()):
        days = ", ".join(local(datetime.fromisoformat(at), zone).short_day for at in left_out)
        taken = _("Taken, propose other times for: {days}").format(days=days)
        said = f"{said}. {taken}"
    return said


def _place_changed(facts: Facts, zone: str) -> str:
    place = {
        "jitsi": _("in the video room of your exchange"),
        "link": _("under a link of their own"),
        "in_person": _("in person"),
        "zoom": _("on Zoom"),
        "meet": _("on Google Meet"),
    }[facts["place"]]
    return _("changed where you meet for {skill}: {place}").format(**facts | {"place": place})


# kind -> icon, and the words after the actor's name for a reader in that zone
WORDS: dict[str, tuple[str, Callable[[Facts, str], str]]] = {
    "follow.made": ("user-plus", lambda facts, zone: _("follows you")),
    "teacher.reopened": ("bell", lambda facts, zone: _("takes pitches again")),
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
    "session.scheduled": ("calendar-check", _session_scheduled),
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
    "session.move_proposed": (
        "calendar-plus",
        lambda facts, zone: _(
            "would like to move {skill} on {when}. Answer by {day}, until then that time stands"
        ).format(**facts, when=_when(facts, zone), day=_day(facts, "lapse_at", zone)),
    ),
    "session.moved": (
        "calendar-check",
        lambda facts, zone: _("agrees: {skill} moves from {was} to {when}").format(
            skill=facts["skill"],
            was=local(datetime.fromisoformat(facts["was"]), zone).full,
            when=_when(facts, zone),
        ),
    ),
    "session.move_declined": (
        "x",
        lambda facts, zone: _("cannot move {skill}, so {when} stands").format(
            **facts, when=_when(facts, zone)
        ),
    ),
    "session.move_withdrawn": (
        "undo-2",
        lambda facts, zone: _("no longer asks to move {skill}, so {when} stands").format(
            **facts, when=_when(facts, zone)
        ),
    ),
    "session.move_lapsed": (
        "circle-dashed",
        lambda facts, zone: _("Your move of {skill} lapsed, so {when} stands").format(
            **facts, when=_when(facts, zone)
        ),
    ),
    "session.place_changed": ("video", _place_changed),
    "session.place_fell_back": (
        "video",
        lambda facts, zone: _(
            "{service} does not answer, so {skill} on {when} has its video room here instead. "
            "Nothing to do"
        ).format(**facts, when=_when(facts, zone)),
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
    "session.outcome_given": ("list-checks", _outcome_given),
    "session.disputed": ("triangle-alert", _session_disputed),
    "session.no_show": ("calendar-check", _session_no_show),
    "session.not_held": ("handshake", _session_not_held),
    "session.forgiven": (
        "hand-heart",
        lambda facts, zone: _("forgave you {skill} on {when}. The mark is off your record").format(
            **facts, when=_when(facts, zone)
        ),
    ),
    "contest.made": (
        "message-circle",
        lambda facts, zone: _(
            "contests the mark for {skill} on {when}. Was it a misunderstanding?"
        ).format(**facts, when=_when(facts, zone)),
    ),
    "contest.decided": ("shield-check", _contest_decided),
    "session.completed": ("circle-check", _session_completed),
    "session.unconfirmed": ("circle-question-mark", _session_unconfirmed),
    **BADGE_WORDS,
    **CLAIM_WORDS,
    **COMMENT_WORDS,
    **HELD_WORDS,
    **NAMING_WORDS,
    **RATING_WORDS,
    **RING_WORDS,
    **SKILL_WORDS,
    **WISH_WORDS,
    **STREAK_WORDS,
    **STRIKE_WORDS,
}
