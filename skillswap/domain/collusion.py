"""Do somebody's points come from too few people? Staff read what the flag rests on, and clear it
or let it stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from skillswap.db import db
from skillswap.domain import audit, cases, points
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.models import Case, CaseKind, PointsFlag, User

LEAST_WORDS = 3  # characters of a reason
SHOWN = 8  # partners


@dataclass(frozen=True, slots=True)
class Share:
    """What came from one partner in the last 30 days."""

    name: str  # "" for what comes from nobody
    username: str
    points: int
    percent: int
    is_named: bool  # the flag names them


@dataclass(frozen=True, slots=True)
class FlagView:
    """A flag with what it rests on."""

    username: str
    name: str
    partner: str
    other: str  # the third of a circle, or nothing
    points: int  # when it was last seen
    share: int  # of a hundred
    found_at: datetime
    until: datetime
    total: int  # of the last 30 days, now
    shares: Sequence[Share]  # the most first


def flag_in(case: Case, now: datetime) -> FlagView:
    """What a case about a flag is about. Three statements."""
    flag = db.session.get_one(PointsFlag, case.subject_id, populate_existing=True)
    sums = points.shares_of(flag.user_id, now)
    ids = {one for one, _sum in sums[:SHOWN]} | {flag.user_id, flag.partner_id, flag.other_id}
    rows = db.session.execute(
        select(User.id, User.username, User.first_name, User.last_name).where(
            User.id.in_([one for one in ids if one is not None])
        )
    )
    who = {row.id: (f"{row.first_name} {row.last_name}".strip(), row.username) for row in rows}
    total = sum(points_ for _one, points_ in sums)
    named = {flag.partner_id, flag.other_id} - {None}
    return FlagView(
        username=who[flag.user_id][1],
        name=who[flag.user_id][0],
        partner=who[flag.partner_id][0],
        other=who[flag.other_id][0] if flag.other_id else "",
        points=flag.points,
        share=flag.share,
        found_at=flag.found_at,
        until=flag.until,
        total=total,
        shares=[
            Share(*who.get(one or 0, ("", "")), gave, round(100 * gave / total), one in named)
            for one, gave in sums[:SHOWN]
            if gave > 0
        ],
    )


def clear(staff: User, public_id: str, *, words: str, now: datetime) -> PointsFlag:
    """Let somebody back on the boards: it was honest. The same pair is no question for 90 days.

    `public_id` is that of the case; raises as `cases.held`, and Refused("words").
    """
    case, flag = _held(staff, public_id, now)
    _check(words)
    flag.cleared_at, flag.cleared_by_id = now, staff.id
    _decide("collusion.cleared", case, flag, staff, words, now)
    return flag


def keep(staff: User, public_id: str, *, words: str, now: datetime) -> PointsFlag:
    """Let it stand until it is over by itself. Raises as `clear`."""
    case, flag = _held(staff, public_id, now)
    _check(words)
    flag.kept_at = now
    _decide("collusion.kept", case, flag, staff, words, now)
    return flag


def _held(staff: User, public_id: str, now: datetime) -> tuple[Case, PointsFlag]:
    """The flag, then the case, in the order in which points move them."""
    found = cases.case_of(staff, public_id)
    if found.kind is not CaseKind.FLAG:
        raise NotFound("case")
    flag = db.session.get_one(
        PointsFlag, found.subject_id, with_for_update=True, populate_existing=True
    )
    held = cases.held(staff, public_id, now, CaseKind.FLAG)
    if flag.until <= now:  # over by itself; the sweep has not been here
        raise WrongState("case", "closed")
    return held, flag


def _check(words: str) -> None:
    if len(words.strip()) < LEAST_WORDS:
        raise Refused("words", "audit_reason")


def _decide(
    action: str, case: Case, flag: PointsFlag, staff: User, words: str, now: datetime
) -> None:
    person = db.session.get_one(User, flag.user_id)
    audit.record(action, by=staff, subject=flag, person=person, now=now, decision=words.strip())
    cases.close(case, now, by=staff)
