"""What is each number of a day, out of the rows it is made of?

Each is made of instants that never change once written, and what follows from something counts
only within 60 days: so a day that is 60 days old is as it will always be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median_low
from typing import Any

from sqlalchemy import (
    Integer,
    SQLColumnExpression,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from skillswap.db import EPOCH, Span, db, spelled
from skillswap.models import (
    Event,
    Exchange,
    LearningSession,
    Message,
    MessageKind,
    Metric,
    Pitch,
    PitchState,
    Report,
    SessionState,
    User,
)

DAY = timedelta(days=1)
ROLLING = 7  # days of a median, and of who was active
FOLLOWED_FOR = timedelta(days=60)
SETTLED = FOLLOWED_FOR.days + 2  # a number of a day can still change so many days
FRESH = 2  # of what is over with its day
Numbers = dict[tuple[int, Metric], int | None]


def day_of(at: datetime) -> int:
    """The number of the day since 1970, in UTC."""
    return int(at.timestamp()) // 86_400


def start_of(day: int) -> datetime:
    """When the day of that number begins."""
    return (EPOCH + timedelta(days=day)).astimezone(UTC)


class DayNumber(FunctionElement[int]):
    """The same in a statement."""

    name = "day_number"
    type = Integer()
    inherit_cache = True


@compiles(DayNumber, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **words: Any) -> str:
    return f"({compiler.process(element.clauses, **words)} / 86400000000)"


@compiles(DayNumber, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **words: Any) -> str:
    instant = compiler.process(element.clauses, **words)
    return f"CAST(floor(extract(epoch FROM {instant}) / 86400) AS INTEGER)"


@dataclass(frozen=True, slots=True)
class Source:
    """Numbers that are read together: how, from one day to another, and how long they change."""

    count: Callable[[int, int], Numbers]
    changes_for: int  # days


def _within(column: SQLColumnExpression[Any], first: int, last: int) -> Any:
    return (column >= start_of(first)) & (column < start_of(last + 1))


def _by_day(at: Any, first: int, last: int, counts: dict[Metric, Any], query: Any) -> Numbers:
    """Those sums of a select's rows on each of the days. One statement."""
    day = DayNumber(at).label("day")
    rows = db.session.execute(
        query.add_columns(day, *counts.values()).where(_within(at, first, last)).group_by(day)
    )
    found: Numbers = {(one, metric): 0 for one in range(first, last + 1) for metric in counts}
    for number, *sums in rows:
        found |= {(number, one): int(total) for one, total in zip(counts, sums, strict=True)}
    return found


def _when(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


# -- people ---------------------------------------------------------------------------------------


def _people(first: int, last: int) -> Numbers:
    """Who joined."""
    return _by_day(User.created_at, first, last, {Metric.JOINED: func.count()}, select())


def _active(first: int, last: int) -> Numbers:
    """Who did something in the seven days up to each: what leaves an event, or a line in a chat."""
    reach = first - ROLLING + 1
    acts = union_all(
        select(DayNumber(Event.happened_at).label("day"), Event.actor_id.label("who")).where(
            Event.actor_id.is_not(None), _within(Event.happened_at, reach, last)
        ),
        select(DayNumber(Message.created_at), Message.sender_id).where(
            Message.kind == spelled(MessageKind.TEXT),
            Message.sender_id.is_not(None),
            _within(Message.created_at, reach, last),
        ),
    ).subquery()
    people: dict[int, set[int]] = defaultdict(set)
    for day, who in db.session.execute(select(acts.c.day, acts.c.who).distinct()):
        people[day].add(who)
    return {
        (day, Metric.ACTIVE): len(set().union(*(people[one] for one in _rolling(day))))
        for day in range(first, last + 1)
    }


def _rolling(day: int) -> Iterator[int]:
    yield from range(day - ROLLING + 1, day + 1)


# -- pitches --------------------------------------------------------------------------------------


def _pitches(first: int, last: int) -> Numbers:
    """What was sent, and what came of it within 60 days.

    Those that a wish or a ring wrote were agreed before they were there: they are left out.
    """
    until = Pitch.sent_at + literal(FOLLOWED_FOR, Span())
    asked = or_(Pitch.state != spelled(PitchState.ACCEPTED), Pitch.first_answered_at.is_not(None))
    accepted = (Pitch.state == spelled(PitchState.ACCEPTED)) & (Pitch.answered_at <= until)
    of_it = (
        exists()
        .where(Exchange.pitch_id == Pitch.id, LearningSession.exchange_id == Exchange.id)
        .correlate(Pitch)
    )
    agreed = of_it.where(
        Event.subject_type == LearningSession.__tablename__,
        Event.subject_id == LearningSession.id,
        Event.kind == "session.scheduled",
        Event.happened_at <= until,
    )
    met = of_it.where(
        LearningSession.state == spelled(SessionState.COMPLETED), LearningSession.ended_at <= until
    )
    sent = (
        select(
            Pitch.sent_at,
            (Pitch.first_answered_at <= until).label("answered"),
            accepted.label("accepted"),
            agreed.label("agreed"),
            met.label("met"),
        )
        .where(asked, _within(Pitch.sent_at, first, last))
        .subquery()
    )
    counts = {
        Metric.PITCHES: func.count(),
        Metric.ANSWERED: _when(sent.c.answered),
        Metric.ACCEPTED: _when(sent.c.accepted),
        Metric.AGREED: _when(sent.c.agreed),
        Metric.MET: _when(sent.c.met),
    }
    return _by_day(sent.c.sent_at, first, last, counts, select())


def _answers(first: int, last: int) -> Numbers:
    """How long teachers took, of what they answered."""
    at = Pitch.first_answered_at
    rows = select(at, Pitch.sent_at).where(_within(at, first - ROLLING + 1, last))
    return _medians(Metric.ANSWER_MINUTES, db.session.execute(rows), first, last)


def _medians(metric: Metric, spans: Iterable[Any], first: int, last: int) -> Numbers:
    """The median of each seven days, in minutes, of (end, begin)."""
    minutes: dict[int, list[int]] = defaultdict(list)
    for end, begin in spans:
        minutes[day_of(end)].append((end - begin) // timedelta(minutes=1))
    found: Numbers = {}
    for day in range(first, last + 1):
        those = [one for near in _rolling(day) for one in minutes[near]]
        found[day, metric] = median_low(those) if those else None
    return found


# -- sessions and reports -------------------------------------------------------------------------


def _sessions(first: int, last: int) -> Numbers:
    """What was agreed for that day, and what of it two people kept."""
    at = LearningSession.starts_at
    until = at + literal(FOLLOWED_FOR, Span())
    kept = (LearningSession.state == spelled(SessionState.COMPLETED)) & (
        LearningSession.ended_at <= until
    )
    agreed = LearningSession.state != spelled(SessionState.PROPOSED)
    counts = {Metric.SESSIONS: func.count(), Metric.KEPT: _when(kept)}
    return _by_day(at, first, last, counts, select().where(agreed))


def _reports(first: int, last: int) -> Numbers:
    """What people reported."""
    return _by_day(Report.created_at, first, last, {Metric.REPORTS: func.count()}, select())


def _decided(first: int, last: int) -> Numbers:
    """What staff decided of it, and how long it had waited."""
    at = Report.decided_at
    reach = first - ROLLING + 1
    rows = select(at, Report.created_at).where(_within(at, reach, last))
    spans = [(end, begin) for end, begin in db.session.execute(rows) if end is not None]
    days = [day_of(end) for end, _begin in spans]
    found = _medians(Metric.REPORT_MINUTES, spans, first, last)
    return found | {(one, Metric.DECIDED): days.count(one) for one in range(first, last + 1)}


SOURCES = (
    Source(_people, FRESH),
    Source(_active, FRESH),
    Source(_pitches, SETTLED),
    Source(_answers, SETTLED),
    Source(_sessions, SETTLED),
    Source(_reports, FRESH),
    Source(_decided, FRESH),
)
