"""What do badges know of people? Read for many at once, and only what is asked for.

A session or a rating that the clock has decided counts, before a sweep has written it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, distinct, exists, func, select, union

from skillswap.db import db
from skillswap.domain import rating_totals, reliability
from skillswap.domain.badges.rules import LIKES_EACH, SESSIONS_LATELY, Facts, weeks_between
from skillswap.lib.keyset import AnySelect
from skillswap.models import (
    BadgeCode,
    Event,
    LearningSession,
    Pitch,
    PitchState,
    Post,
    PostKind,
    PostState,
    RatedRole,
    Rating,
    Report,
    ReportState,
    RingState,
    SessionState,
    StreakAward,
    SwapRing,
    SwapRingMember,
    User,
)

WINDOW = timedelta(days=180)


class Source(StrEnum):
    """Where facts come from. All but the first three are counts of one statement."""

    SESSIONS, RECORD, STARS = "sessions", "record", "stars"
    ANSWERS, RATED, ACCEPTED, TUTORIALS = "answers", "rated", "accepted", "tutorials"
    UPHELD, STREAK, RINGS = "upheld", "streak", "rings"


S = Source
SOURCES: dict[BadgeCode, frozenset[Source]] = {
    BadgeCode.FIRST_LESSON: frozenset({S.SESSIONS}),
    BadgeCode.FIRST_CLASS: frozenset({S.SESSIONS}),
    BadgeCode.FAIR_SWAP: frozenset({S.SESSIONS}),
    BadgeCode.POLYMATH: frozenset({S.SESSIONS}),
    BadgeCode.LONG_HAUL: frozenset({S.SESSIONS}),
    BadgeCode.MENTOR_10: frozenset({S.SESSIONS}),
    BadgeCode.CLEAR_PITCH: frozenset({S.ACCEPTED}),
    BadgeCode.GOOD_NEIGHBOUR: frozenset({S.RATED}),
    BadgeCode.AUTHOR: frozenset({S.TUTORIALS}),
    BadgeCode.RING_MAKER: frozenset({S.RINGS}),
    BadgeCode.STEADY_12: frozenset({S.STREAK}),
    BadgeCode.FAST_RESPONDER: frozenset({S.ANSWERS}),
    BadgeCode.RELIABLE: frozenset({S.SESSIONS, S.RECORD}),
    BadgeCode.TOP_MENTOR: frozenset({S.SESSIONS, S.RECORD, S.STARS, S.UPHELD}),
}
Found = dict[int, dict[str, Any]]


def read(
    user_ids: Collection[int],
    codes: Iterable[BadgeCode],
    now: datetime,
    *,
    to_grant: bool = False,
) -> dict[int, Facts]:
    """What those badges ask of these people; the rest stays at nothing. Four statements at most,
    however many they are.

    With `to_grant` less is read of whoever has too few sessions for what looks at them lately.
    """
    sources: set[Source] = set().union(*(SOURCES[code] for code in codes))
    found: Found = {user_id: {} for user_id in user_ids}
    if not found:
        return {}
    if S.SESSIONS in sources:
        _add_sessions(found, now)
    busy = [
        user_id
        for user_id, facts in found.items()
        if not to_grant or facts.get("kept_lately", 0) >= SESSIONS_LATELY
    ]
    if S.RECORD in sources and busy:
        for user_id, record in reliability.of(busy, now).items():
            found[user_id]["record"] = record
    if S.STARS in sources and busy:
        _add_stars(found, busy, now)
    if counted := [source for source in COUNTS if source in sources]:
        _add_counts(found, counted, now)
    return {user_id: Facts(**facts) for user_id, facts in found.items()}


# -- sessions -------------------------------------------------------------------------------------


def _add_sessions(found: Found, now: datetime) -> None:
    """A row for each leg with kept sessions; the rest is counting."""
    sides = [
        _legs(side.in_(found), now)
        for side in (LearningSession.teacher_id, LearningSession.learner_id)
    ]
    taught: dict[int, list[Any]] = defaultdict(list)
    learned: dict[int, list[Any]] = defaultdict(list)
    for row in db.session.execute(union(*sides)):
        taught[row.teacher_id].append(row)
        learned[row.learner_id].append(row)
    for user_id, facts in found.items():
        facts.update(_of_sessions(taught[user_id], learned[user_id]))


def _legs(whose: ColumnElement[bool], now: datetime) -> AnySelect:
    starts_at = LearningSession.starts_at
    leg = (
        LearningSession.leg_id,
        LearningSession.exchange_id,
        LearningSession.teacher_id,
        LearningSession.learner_id,
        LearningSession.skill_id,
    )
    return (
        select(
            *leg,
            func.count().label("kept"),
            func.count().filter(starts_at > now - WINDOW).label("lately"),
            func.min(starts_at).label("first"),
            func.max(starts_at).label("last"),
        )
        .where(
            whose,
            LearningSession.state.in_((SessionState.COMPLETED, SessionState.SCHEDULED)),
            reliability.is_kept(now),
        )
        .group_by(*leg)
    )


def _of_sessions(taught: list[Any], learned: list[Any]) -> dict[str, Any]:
    exchanges: dict[int, list[Any]] = defaultdict(list)
    for row in (*taught, *learned):
        exchanges[row.exchange_id].append(row)
    lately = [row for row in taught if row.lately]
    return {
        "taught": sum(row.kept for row in taught),
        "learned": sum(row.kept for row in learned),
        "learners": len({row.learner_id for row in taught}),
        "skills_taught": len({row.skill_id for row in taught}),
        "skills_learned": len({row.skill_id for row in learned}),
        "swaps": len({row.exchange_id for row in taught} & {row.exchange_id for row in learned}),
        "haul": max(map(_haul, exchanges.values()), key=_closeness, default=(0, 0)),
        "kept_lately": sum(row.lately for row in (*taught, *learned)),
        "taught_lately": sum(row.lately for row in lately),
        "learners_lately": len({row.learner_id for row in lately}),
    }


def _haul(rows: list[Any]) -> tuple[int, int]:
    """Kept sessions of one exchange, and in which week after the first the last of them was."""
    first, last = min(row.first for row in rows), max(row.last for row in rows)
    return sum(row.kept for row in rows), weeks_between(last - first)


def _closeness(haul: tuple[int, int]) -> tuple[int, tuple[int, int]]:
    return sum(min(one, 8) for one in haul), haul


# -- ratings, and what is counted -----------------------------------------------------------------


def _add_stars(found: Found, user_ids: Collection[int], now: datetime) -> None:
    """What they are worth as teachers by the ratings of the last 180 days."""
    lately = func.coalesce(Rating.published_at, Rating.publish_by) > now - WINDOW
    teaching = Rating.rated_role == RatedRole.TEACHER
    totals = rating_totals.reckon(Rating.rated_id.in_(user_ids) & teaching & lately, now)
    for (user_id, _role), total in totals.items():
        found[user_id]["stars"] = total


def _many(counted: ColumnElement[int], *which: ColumnElement[bool]) -> SQLColumnExpression[int]:
    return select(counted).where(*which).correlate(User).scalar_subquery()


def _rated(now: datetime) -> list[SQLColumnExpression[Any]]:
    mine = Rating.rater_id == User.id
    return [_many(func.count(distinct(Rating.rated_id)), mine, rating_totals.is_published(now))]


def _accepted(now: datetime) -> list[SQLColumnExpression[Any]]:
    """Those a teacher said yes to; wishes and rings bring accepted ones that nobody wrote."""
    said_yes = exists().where(
        Event.subject_type == Pitch.__tablename__,
        Event.subject_id == Pitch.id,
        Event.kind == "pitch.accepted",
    )
    mine = Pitch.learner_id == User.id
    return [_many(func.count(Pitch.id), mine, Pitch.state == PitchState.ACCEPTED, said_yes)]


def _tutorials(now: datetime) -> list[SQLColumnExpression[Any]]:
    return [
        _many(
            func.count(Post.id),
            Post.author_id == User.id,
            Post.state == PostState.PUBLISHED,
            Post.kind == PostKind.TUTORIAL,
            Post.like_count >= LIKES_EACH,
        )
    ]


def _upheld(now: datetime) -> list[SQLColumnExpression[Any]]:
    about = Report.person_id == User.id
    lately = Report.created_at > now - WINDOW
    return [_many(func.count(Report.id), about, Report.state == ReportState.UPHELD, lately)]


def _streak(now: datetime) -> list[SQLColumnExpression[Any]]:
    """The most weeks that were ever awarded."""
    most = func.coalesce(func.max(StreakAward.weeks), 0)
    return [_many(most, StreakAward.user_id == User.id)]


def _rings(now: datetime) -> list[SQLColumnExpression[Any]]:
    accepted = exists().where(
        SwapRing.id == SwapRingMember.ring_id, SwapRing.state == RingState.ACCEPTED
    )
    return [_many(func.count(), SwapRingMember.user_id == User.id, accepted)]


def _answers(now: datetime) -> list[SQLColumnExpression[Any]]:
    """As `domain/answering.py` keeps them."""
    return [User.answered_count, User.unanswered_count, User.reply_minutes]


COUNTS = {
    S.ANSWERS: (("answered", "unanswered", "reply_minutes"), _answers),
    S.RATED: (("rated",), _rated),
    S.ACCEPTED: (("accepted",), _accepted),
    S.TUTORIALS: (("tutorials",), _tutorials),
    S.UPHELD: (("upheld",), _upheld),
    S.STREAK: (("streak",), _streak),
    S.RINGS: (("rings",), _rings),
}


def _add_counts(found: Found, counted: list[Source], now: datetime) -> None:
    names = [name for source in counted for name in COUNTS[source][0]]
    columns = [column for source in counted for column in COUNTS[source][1](now)]
    rows = db.session.execute(select(User.id, *columns).where(User.id.in_(found)))
    for user_id, *numbers in rows:
        found[user_id].update(zip(names, numbers, strict=True))
