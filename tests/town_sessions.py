"""The sessions of the town: each way in which one can stand, once, from ada's side.

Made by the verbs of the domain with the clock turned back, like the rest of `town.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from skillswap.db import db, transaction
from skillswap.domain import availability, contests, exchanges, learning_sessions
from skillswap.lib.clock import local
from skillswap.models import (
    ExceptionKind,
    Exchange,
    LearningSession,
    OutcomeAnswer,
    PlaceKind,
    User,
)
from tests import people

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HAPPENED, MISSED = OutcomeAnswer.HAPPENED, OutcomeAnswer.THEY_DID_NOT_COME
COULD_NOT, AGREED_NOT = OutcomeAnswer.I_COULD_NOT_COME, OutcomeAnswer.AGREED_NOT_TO


class Diary:
    """Makes the sessions; `pages` are the addresses that only the two of each may see."""

    def __init__(self, ada: User, now: datetime) -> None:
        self.ada, self.now = ada, now
        self.pages: list[str] = []
        self.kim = people.make_person(
            "kim", offers=("Spanish",), wants=("Piano",), timezone="Asia/Kolkata"
        )
        self.lou = people.make_person(
            "lou", offers=("Spanish",), wants=("Piano",), timezone="Pacific/Auckland"
        )
        for person in (self.kim, self.lou):
            with transaction():
                person.daily_sessions = 9

    def exchange(self, partner: User, days_ago: int) -> Exchange:
        """What ada teaches this partner, and learns in return."""
        now = self.now - days_ago * DAY
        return people.make_exchange(partner, self.ada, "piano", offered="spanish", now=now)

    def agreed(self, exchange: Exchange, start: datetime) -> LearningSession:
        """One that was agreed on two days before, or just now."""
        start = people.next_quarter(start)
        at = min(self.now, start - 2 * DAY)
        made = people.make_session(self.ada, exchange, start=start, now=at)
        self.pages.append(f"/sessions/{made.public_id}")
        return made

    def page(self, made: LearningSession, *tails: str) -> None:
        """Further pages of one."""
        self.pages += [f"/sessions/{made.public_id}/{tail}" for tail in tails]

    def say(self, who: User, made: LearningSession, answer: OutcomeAnswer, hours: int = 2) -> None:
        """What somebody says became of it, so many hours after its start."""
        at = people.next_quarter(made.starts_at or self.now) + hours * HOUR
        with transaction():
            learning_sessions.give_outcome(who, made.public_id, answer=answer, now=at)

    # -- what lies ahead --

    def ahead(self) -> None:
        """Moves, places, what to prepare, the same time for weeks, and one called off late."""
        swap, now, ada, kim = self.exchange(self.kim, 19), self.now, self.ada, self.kim
        asked = self.agreed(swap, now + 9 * DAY)
        self._move(kim, asked)
        mine = self.agreed(swap, now + 10 * DAY)
        self._move(ada, mine)
        self.page(self.agreed(swap, now + 11 * DAY), "move", "place", "prepare")
        self._placed(swap, now + 12 * DAY, PlaceKind.IN_PERSON, "The library, room 2")
        self._placed(swap, now + 13 * DAY, PlaceKind.LINK, "https://meet.jit.si/OurOwnRoom")
        unoffered = self.agreed(swap, now + 14 * DAY)
        with transaction():  # chosen once, while this place still had it
            db.session.merge(unoffered).place_kind = PlaceKind.ZOOM
        prepared = self.agreed(swap, now + 15 * DAY)
        for who, body in ((ada, "Scales.\n\nAnd a pencil"), (kim, "My own piece, in F")):
            self._prepare(who, prepared, body)
        late = self.agreed(swap, now + 6 * HOUR)
        with transaction():
            learning_sessions.cancel_session(kim, late.public_id, reason="No voice", now=now)
        self._weekly(swap, now + 16 * DAY)

    def _move(self, who: User, made: LearningSession) -> None:
        start = (made.starts_at or self.now) + 3 * HOUR
        with transaction():
            learning_sessions.propose_move(
                who,
                made.public_id,
                starts=[start, start + 2 * HOUR],
                minutes=45,
                body="A train that is late",
                now=self.now,
            )

    def _placed(self, swap: Exchange, start: datetime, kind: PlaceKind, body: str) -> None:
        made = self.agreed(swap, start)
        with transaction():
            learning_sessions.change_place(
                self.kim, made.public_id, kind=kind, body=body, now=self.now
            )

    def _prepare(self, who: User, made: LearningSession, body: str) -> None:
        one = learning_sessions.session_of(who, made.public_id)
        version = learning_sessions.preparation_of(one).version
        with transaction():
            learning_sessions.prepare_session(
                who, made.public_id, body=body, version=version, now=self.now
            )

    def _weekly(self, swap: Exchange, start: datetime) -> None:
        """Three more weeks of the same time: one offer still to pick from, one that is agreed."""
        start, leg = people.next_quarter(start), self._leg(swap)
        for hours, picked in ((0, True), (3, False)):
            at = start + hours * HOUR
            with transaction():
                offered = learning_sessions.propose_times(
                    self.kim,
                    swap.public_id,
                    leg_id=leg,
                    starts=[at],
                    minutes=30,
                    weeks=3,
                    now=self.now,
                )
            if picked:
                with transaction():
                    learning_sessions.accept_times(
                        self.ada, offered.public_id, start=at, now=self.now
                    )
            self.pages.append(f"/sessions/{offered.public_id}")

    def _leg(self, swap: Exchange) -> int:
        return exchanges.exchange_of(self.ada, swap.public_id).legs[0].id

    # -- what is over --

    def over(self) -> None:
        """Everything that can be said afterwards, and what the clock makes of silence."""
        swap, ada, lou = self.exchange(self.lou, 40), self.ada, self.lou
        days = iter(range(38, 0, -2))

        def past(*said: tuple[User, OutcomeAnswer]) -> LearningSession:
            made = self.agreed(swap, self.now - next(days) * DAY)
            for who, answer in said:
                self.say(who, made, answer)
            return made

        for _kept in range(3):
            past((ada, HAPPENED), (lou, HAPPENED))
        past((ada, AGREED_NOT), (lou, AGREED_NOT))
        contested = past((lou, MISSED))
        past((lou, MISSED))  # three days of silence: a mark on ada's record
        forgiven = past((lou, COULD_NOT))
        owned_up = past((ada, COULD_NOT))
        past()  # a week of silence
        self._settle()
        self.page(owned_up, "contest")
        with transaction():
            contests.forgive(ada, forgiven.public_id, now=self.now - 2 * DAY)
        with transaction():
            contests.contest(
                ada, contested.public_id, body="I waited for half an hour.", now=self.now - DAY
            )
        disputed = self.agreed(swap, self.now - 3 * DAY)
        self.say(ada, disputed, HAPPENED)
        self.say(lou, disputed, MISSED, hours=5)
        accused = self.agreed(swap, self.now - 2 * DAY)
        self.say(lou, accused, MISSED)
        self.page(disputed, "outcome")
        self.page(accused, "outcome")

    def _settle(self) -> None:
        with transaction():
            learning_sessions.settle_due(self.now - 9 * DAY, 100)


def hours(ada: User, ben: User, now: datetime) -> None:
    """When the two could meet, and days that are different."""
    people.make_hours(ada, "Mon-Fri 18-21", "Sat 9:15-12")
    people.make_hours(ben, "every day 11-16")
    today = local(now, ada.timezone).date
    for kind, first, last, span, body in (
        (ExceptionKind.BUSY, today + 3 * DAY, today + 5 * DAY, (0, 1440), "The sea"),
        (ExceptionKind.EXTRA, today + 8 * DAY, None, (600, 720), ""),
    ):
        _except(ada, kind, first, last, span, body, now)


def _except(
    ada: User,
    kind: ExceptionKind,
    first: date,
    last: date | None,
    span: tuple[int, int],
    body: str,
    now: datetime,
) -> None:
    add: Callable[..., object] = availability.add_exception
    with transaction():
        add(ada, kind=kind, first_on=first, last_on=last, span=span, body=body, now=now)


def fill(ada: User, ben: User, now: datetime) -> list[str]:
    """All of them; returns the pages."""
    hours(ada, ben, now)
    diary = Diary(ada, now)
    diary.over()
    diary.ahead()
    month = local(now + 16 * DAY, ada.timezone).date.isoformat()
    more = [f"/sessions/month?m={month[:7]}&d={month}", "/sessions/month?m=2031-05"]
    return diary.pages + more
