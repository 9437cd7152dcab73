"""What do all ratings of a person come to? Owns `rating_totals` and the rating columns of users.

For each role of theirs, over the ratings that are published:
- a vote: the mean of the stars of one rater, however many sessions they rated.
- mean: that of the votes.
- rank: (5 · m + the sum of the votes) / (5 + raters) with m = 4.1, so that one glad friend does
  not stand above thirty glad strangers.

Both are kept in thousandths. What is told of a teacher in lists stands in `users` as well.
A rating whose time has come counts on pages about one person at once, in lists once the sweep
has written it, within a minute.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm.attributes import set_committed_value

from skillswap.db import db
from skillswap.domain.touched import touch
from skillswap.models import RatedRole, Rating, RatingState, RatingTotal, User
from skillswap.models.user import FIRST_RATING_RANK

SHOWN_FROM = 3  # raters: under that many a mean says nothing, "New"
WEIGHT = 5  # raters that the mean of the place is worth in the rank
PRIVATE_FROM = 5
NO_COLUMNS = {
    "rating_sum": 0,
    "rating_count": 0,
    "rating_milli": 0,
    "rating_rank": FIRST_RATING_RANK,
}


@dataclass(frozen=True, slots=True)
class Total:
    """What the ratings of a person in one role come to."""

    raters: int = 0
    mean_milli: int = 0
    rank_milli: int = FIRST_RATING_RANK

    @property
    def is_shown(self) -> bool:
        """Whether there are enough to say anything."""
        return self.raters >= SHOWN_FROM

    @property
    def mean(self) -> float:
        """Of the stars, as a page prints it."""
        return self.mean_milli / 1_000

    @property
    def people(self) -> int:
        """How many rated."""
        return self.raters


NOBODY = Total()
Key = tuple[int, RatedRole]


def is_published(now: datetime | None = None) -> ColumnElement[bool]:
    """Condition: everybody may read this rating; with `now` also when its time has come and no
    sweep has written it. Both of a session are published together, so no pair waits here."""
    written = Rating.state == RatingState.PUBLISHED
    return written if now is None else or_(written, is_due(now))


def is_due(now: datetime) -> ColumnElement[bool]:
    """Condition: nobody may change it any more, and nobody has written that it is published."""
    return and_(Rating.state == RatingState.SEALED, Rating.publish_by <= now)


def has_due(user_id: SQLColumnExpression[int], now: datetime) -> ColumnElement[bool]:
    """Condition: a rating of this person is due, so that their totals are behind for a moment."""
    return exists().where(Rating.rated_id == user_id, is_due(now))


# -- from the ratings themselves ------------------------------------------------------------------


def reckon(which: ColumnElement[bool], now: datetime | None = None) -> dict[Key, Total]:
    """The totals by their definition, of the published ratings that match. One statement."""
    votes = (
        select(
            Rating.rated_id,
            Rating.rated_role,
            func.sum(Rating.stars).label("stars"),
            func.count().label("times"),
        )
        .where(which, is_published(now))
        .group_by(Rating.rated_id, Rating.rated_role, Rating.rater_id)
        .subquery()
    )
    alike = (votes.c.rated_id, votes.c.rated_role, votes.c.stars, votes.c.times)
    rows = db.session.execute(select(*alike, func.count()).group_by(*alike))
    found: dict[Key, tuple[int, Fraction]] = {}
    for user_id, role, stars, times, raters in rows:
        count, total = found.get((user_id, role), (0, Fraction(0)))
        vote = Fraction(int(stars), int(times))
        found[user_id, role] = count + raters, total + raters * vote
    return {key: total_of(*one) for key, one in found.items()}


def total_of(raters: int, votes: Fraction) -> Total:
    """The total of so many votes with that sum."""
    if raters == 0:
        return NOBODY
    rank = (WEIGHT * FIRST_RATING_RANK + 1_000 * votes) / (WEIGHT + raters)
    return Total(raters, round(1_000 * votes / raters), round(rank))


# -- writing --------------------------------------------------------------------------------------


def recount(rated: User, role: RatedRole) -> None:
    """Write the total anew, in the transaction of what changed it.

    The caller holds the row of the person (`lock_people`), or two ratings that are published at
    once would each miss the other.
    """
    db.session.flush()
    which = and_(Rating.rated_id == rated.id, Rating.rated_role == role)
    total = reckon(which).get((rated.id, role), NOBODY)
    key = {"user_id": rated.id, "role": role}
    db.session.execute(delete(RatingTotal).filter_by(**key))
    if total.raters:
        numbers = {name: getattr(total, name) for name in ("raters", "mean_milli", "rank_milli")}
        db.session.execute(insert(RatingTotal).values(**key, **numbers))
    if role is RatedRole.TEACHER:
        _mirror(rated, total)


def _mirror(teacher: User, total: Total) -> None:
    """Not through the unit of work: a number that moves must not refuse somebody's open form."""
    columns = columns_of(total)
    touch(teacher.id)
    db.session.execute(
        update(User)
        .where(User.id == teacher.id)
        .values(columns)
        .execution_options(synchronize_session=False)
    )
    for name, value in columns.items():
        set_committed_value(teacher, name, value)


def columns_of(total: Total) -> dict[str, int]:
    """What stands in `users` of a teacher with that total."""
    if not total.raters:
        return NO_COLUMNS
    return {
        # read by the release before this one, whose mean it makes; it goes with its column
        "rating_sum": round(Fraction(total.mean_milli * total.raters, 1_000)),
        "rating_count": total.raters,
        "rating_milli": total.mean_milli,
        "rating_rank": total.rank_milli,
    }


# -- what pages print -----------------------------------------------------------------------------


def of(user_ids: Collection[int], now: datetime) -> dict[int, dict[RatedRole, Total]]:
    """The totals of these people in both roles. One statement; one more when somebody's ratings
    have come due since the last sweep: theirs are made from the ratings."""
    if not user_ids:
        return {}
    rows = db.session.execute(
        select(
            User.id,
            RatingTotal.role,
            RatingTotal.raters,
            RatingTotal.mean_milli,
            RatingTotal.rank_milli,
            has_due(User.id, now),
        )
        .outerjoin(RatingTotal, RatingTotal.user_id == User.id)
        .where(User.id.in_(user_ids))
    )
    found = {user_id: dict.fromkeys(RatedRole, NOBODY) for user_id in user_ids}
    unwritten = set()
    for user_id, role, *numbers, is_late in rows:
        if is_late:
            unwritten.add(user_id)
        elif role is not None:
            found[user_id][role] = Total(*numbers)
    if unwritten:
        for (user_id, role), total in reckon(Rating.rated_id.in_(unwritten), now).items():
            found[user_id][role] = total
    return found


def shown(user_id: int, role: RatedRole, now: datetime) -> Total | None:
    """What a page about one person prints; None under three raters: "New"."""
    total = of([user_id], now)[user_id][role]
    return total if total.is_shown else None


@dataclass(frozen=True, slots=True)
class PrivateAverages:
    """What partners said for this person alone, once five of them did."""

    meet_again: int | None  # of a hundred who answered, how many would
    meet_again_people: int
    pitch: float | None  # how clear their pitches were, of five
    pitch_people: int


def private_averages(person: User, now: datetime) -> PrivateAverages:
    """For its owner only. One partner one voice, their latest; never from under five. One
    statement."""
    latest = (
        select(
            Rating.rater_id,
            Rating.meet_again,
            Rating.pitch_stars,
            func.row_number()
            .over(
                partition_by=(Rating.rater_id, Rating.meet_again.is_(None)),
                order_by=Rating.id.desc(),
            )
            .label("for_again"),
            func.row_number()
            .over(
                partition_by=(Rating.rater_id, Rating.pitch_stars.is_(None)),
                order_by=Rating.id.desc(),
            )
            .label("for_pitch"),
        )
        .where(Rating.rated_id == person.id, is_published(now))
        .subquery()
    )
    again = and_(latest.c.meet_again.is_not(None), latest.c.for_again == 1)
    pitch = and_(latest.c.pitch_stars.is_not(None), latest.c.for_pitch == 1)
    row = db.session.execute(
        select(
            func.count().filter(again),
            func.count().filter(and_(again, latest.c.meet_again)),
            func.count().filter(pitch),
            func.sum(case((pitch, latest.c.pitch_stars), else_=0)),
        )
    ).one()
    said, yes, clear, stars = (int(value or 0) for value in row)
    return PrivateAverages(
        meet_again=round(100 * yes / said) if said >= PRIVATE_FROM else None,
        meet_again_people=said,
        pitch=stars / clear if clear >= PRIVATE_FROM else None,
        pitch_people=clear,
    )


# -- do the rows agree ----------------------------------------------------------------------------


def drift() -> Iterator[str]:
    """Each total that is not what the written ratings come to. For `flask doctor`."""
    wanted = reckon(Rating.id.is_not(None))
    teachers = {user_id: total for (user_id, role), total in wanted.items() if role == "teacher"}
    for row in db.session.execute(select(*RatingTotal.__table__.columns)):
        total = Total(row.raters, row.mean_milli, row.rank_milli)
        if (right := wanted.pop((row.user_id, row.role), NOBODY)) != total:
            yield f"person {row.user_id} as a {row.role} has {total}, not {right}"
    for (user_id, role), total in wanted.items():
        yield f"person {user_id} as a {role} has no total, not {total}"
    columns = [User.__table__.c[name] for name in NO_COLUMNS]
    for user_id, username, *numbers in db.session.execute(select(User.id, User.username, *columns)):
        right_ones = columns_of(teachers.get(user_id, NOBODY))
        if numbers != list(right_ones.values()):
            yield f"{username} has {numbers}, not {list(right_ones.values())}"
