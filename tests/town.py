"""A small town in which every page has something to show: each state of everything, once.

Made by the verbs of the domain with the clock turned back, so nothing here is impossible.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from skillswap.db import transaction
from skillswap.domain import exchanges, learning_sessions, pitches, trends
from skillswap.lib.clock import utcnow
from skillswap.models import DeclineReason, Exchange, LearningSession, OutcomeAnswer, Pitch, User
from tests import (
    people,
    town_boards,
    town_chat,
    town_posts,
    town_ratings,
    town_rings,
    town_saved,
    town_sessions,
    town_wishes,
)

DAY = timedelta(days=1)
LEARNERS = ("dina", "eli", "fay", "gus", "hal", "ivo", "jo")


@dataclass(slots=True)
class Town:
    """Its people by username, and the addresses that only some of them may see."""

    people: dict[str, User] = field(default_factory=dict)
    pages: list[str] = field(default_factory=list)  # for ada


def build(*, teachers: int = 0) -> Town:
    """Ada with something in every state, ben as her partner, nell who is new, and a crowd."""
    town, now = Town(), utcnow()
    crowd = town.people
    crowd["ada"] = people.make_person(
        "ada",
        offers=("Watercolour", "Piano"),
        wants=("Portuguese", "Spanish"),
        places=9,
        daily_sessions=9,
        education=["Slade School of Fine Art, painting"],
    )
    crowd["ben"] = people.ben()
    crowd["cy"] = people.cy()
    crowd["nell"] = people.make_person("nell", bio="", headline="", joined=timedelta(0))
    for name in LEARNERS:
        crowd[name] = people.make_person(
            name, offers=("Spanish",), wants=("Piano",), timezone="Asia/Kolkata"
        )
    crowd["rui"] = people.make_person("rui", offers=("Portuguese",), timezone="Europe/Lisbon")
    for number in range(teachers):
        people.make_person(
            f"teacher{number:03}", offers=("Calligraphy",), last_seen_at=now - number * DAY
        )
    # what is oldest comes first, as rows do in life
    expired = people.make_pitch(crowd["hal"], crowd["ada"], "piano", now=now - 20 * DAY)
    agreements, meetings = _exchanges(crowd, now)
    town.pages += [f"/pitches/{pitch.public_id}" for pitch in [*_pitches(crowd, now), expired]]
    town.pages += [f"/exchanges/{exchange.public_id}" for exchange in agreements]
    with transaction():
        exchanges.write_notes(
            crowd["ben"],
            agreements[0].public_id,
            body="## Next time\n\n- *Skies*",
            version=0,
            now=now,
        )
    town.pages += [f"/exchanges/{agreements[0].public_id}/{tail}" for tail in ("propose", "notes")]
    town.pages += [f"/exchanges/{one.public_id}" for one in _endings(crowd, now)]
    town.pages.append("/dashboard")
    town.pages += [f"/sessions/{meeting.public_id}" for meeting in meetings]
    town.pages.append(f"/sessions/{meetings[1].public_id}/outcome")
    town.pages += town_sessions.fill(crowd["ada"], crowd["ben"], now)
    town.pages += town_ratings.fill(crowd, now)
    town.pages += town_chat.fill(crowd, now)
    town.pages += town_posts.fill(crowd, agreements[1], now)
    town.pages += town_wishes.fill(crowd, now)
    town.pages += town_saved.fill(crowd, now)
    town.pages += town_rings.fill(crowd, now)
    with transaction():  # piano rises: so many began to want it
        trends.refresh_due(utcnow(), 1_000)
    town.pages += ["/explore", "/explore/people"]
    town.pages += town_boards.fill(crowd, now)
    return town


def _pitches(crowd: dict[str, User], now: datetime) -> list[Pitch]:
    """One in each state, most of them to ada, some from her."""
    ada = crowd["ada"]
    pending = people.make_pitch(crowd["dina"], ada, "piano", offered="spanish")
    ignored = people.make_pitch(crowd["eli"], ada, "piano")
    declined = people.make_pitch(crowd["fay"], ada, "piano")
    withdrawn = people.make_pitch(crowd["gus"], ada, "piano")
    sent = people.make_pitch(ada, crowd["rui"], "portuguese", offered="piano")
    with transaction():
        pitches.ignore_pitch(ada, ignored.public_id, now=now)
    with transaction():
        pitches.decline_pitch(
            ada,
            declined.public_id,
            reason=DeclineReason.NO_TIME,
            body="My weeks are full until the spring.",
            now=now,
        )
    with transaction():
        pitches.withdraw_pitch(crowd["gus"], withdrawn.public_id, now=now)
    return [pending, ignored, declined, withdrawn, sent]


def _exchanges(
    crowd: dict[str, User], now: datetime
) -> tuple[list[Exchange], list[LearningSession]]:
    """An active swap with sessions in every state, one that is completed, one that is cancelled."""
    ada, ben, ivo, jo = crowd["ada"], crowd["ben"], crowd["ivo"], crowd["jo"]
    began = now - 12 * DAY
    swap = people.make_exchange(ben, ada, offered="spanish", now=began)
    ended = people.make_exchange(ivo, ada, "piano", now=began)
    left = people.make_exchange(jo, ada, "piano", now=began)
    kept = kept_session(ada, ben, swap, start=people.next_quarter(now - 9 * DAY), now=began)
    agreed = now - 9 * DAY + timedelta(hours=3)
    kept_session(ada, ivo, ended, start=people.next_quarter(now - 8 * DAY), now=agreed)
    asked = people.make_session(ada, swap, start=people.next_quarter(now - DAY), now=now - 4 * DAY)
    running = people.make_session(
        ada, swap, start=people.next_quarter(now - timedelta(minutes=20)), now=now - 3 * DAY
    )
    with transaction():
        exchanges.complete_exchange(ada, ended.public_id, now=now - DAY)
    with transaction():
        exchanges.complete_exchange(ivo, ended.public_id, now=now - DAY)
    ahead = people.make_session(ben, swap, start=people.next_quarter(now + 5 * DAY))
    to_pick = people.make_proposal(ben, swap, starts=_starts(now + 6 * DAY))
    offered = people.make_proposal(ada, swap, starts=_starts(now + 7 * DAY))
    off = people.make_session(ada, swap, start=people.next_quarter(now + 8 * DAY))
    with transaction():
        learning_sessions.cancel_session(ada, off.public_id, reason="A cold", now=now)
    with transaction():
        exchanges.cancel_exchange(ada, left.public_id, reason="We are both moving", now=now)
    return [swap, ended, left], [kept, asked, running, ahead, to_pick, offered, off]


def _endings(crowd: dict[str, User], now: datetime) -> list[Exchange]:
    """One that rests, one that rested for too long, and one that waits for ada to agree."""
    ada, eli, fay = crowd["ada"], crowd["eli"], crowd["fay"]
    resting = people.make_exchange(eli, ada, now=now - 40 * DAY)
    faded = people.make_exchange(fay, ada, now=now - 130 * DAY)
    reached = people.make_exchange(crowd["gus"], ada, now=now - 12 * DAY)
    start = people.next_quarter(now - 7 * DAY)
    kept_session(crowd["gus"], ada, reached, start=start, now=now - 9 * DAY)
    with transaction():
        exchanges.complete_exchange(crowd["gus"], reached.public_id, now=now - DAY)
    return [resting, faded, reached]


def _starts(day: datetime) -> list[datetime]:
    first = people.next_quarter(day)
    return [first, first + timedelta(hours=2), first + DAY]


def kept_session(
    one: User, other: User, exchange: Exchange, *, start: datetime, now: datetime
) -> LearningSession:
    """A session of the past that both say happened."""
    meeting = people.make_session(one, exchange, start=start, now=now)
    for person in (one, other):
        with transaction():
            learning_sessions.give_outcome(
                person,
                meeting.public_id,
                answer=OutcomeAnswer.HAPPENED,
                now=start + timedelta(hours=2),
            )
    return meeting
