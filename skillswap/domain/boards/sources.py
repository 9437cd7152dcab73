"""Whose points does a board compare? One source of rows for each of its tabs.

Everybody and a skill are read in the order of an index over the points; people I follow and
newcomers are few, found first.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, CompoundSelect, Select, Subquery, and_, func, literal, select

from skillswap.db import BigId, spelled
from skillswap.domain.boards.periods import Period
from skillswap.domain.points import off_boards
from skillswap.domain.visibility import Reader, visible
from skillswap.models import Follow, PointsPeriod, PointsSkillPeriod, StaffRole, User

NEW_FOR = timedelta(days=60)
MOST = 1_000  # of newcomers who are looked at, the latest; and as far as places are counted
FEW_MOST = 5_000


class Among(StrEnum):
    EVERYONE, FOLLOWED = "everyone", "followed"
    SKILL, NEWCOMERS = "skill", "newcomers"


def counted(now: datetime, reader: Reader) -> ColumnElement[bool]:
    """Condition: this person is on boards, and is there for the reader."""
    return and_(
        User.boards_since <= now,
        User.hides_from_boards.is_(False),
        User.staff_role == spelled(StaffRole.NONE),
        visible(to=reader),
        ~off_boards(User.id, now),
    )


def source(
    period: Period, among: Among, reader_id: int, skill_id: int | None, *, any_points: bool = False
) -> Subquery:
    """Rows of user_id, points and sessions; with `any_points` also those with none.

    The latter for who asks for more than some points: of two such conditions SQLite enters the
    index at either.
    """
    if among is Among.FOLLOWED:
        return _of_few(_followed(reader_id).subquery(), period)
    if among is Among.NEWCOMERS:
        return _of_few(_newcomers(period).subquery(), period)
    table: type[PointsPeriod] | type[PointsSkillPeriod] = PointsPeriod
    only = _in(PointsPeriod, period)
    if among is Among.SKILL:
        table = PointsSkillPeriod
        only = and_(_in(table, period), PointsSkillPeriod.skill_id == skill_id)
    rows = select(table.user_id, table.points, table.sessions).where(only)
    return (rows if any_points else rows.where(table.points > 0)).subquery()


def _of_few(circle: Subquery, period: Period) -> Subquery:
    """The rows of these people, each looked up: an outer join is worked in the order it is in."""
    points = func.coalesce(PointsPeriod.points, 0)
    mine = and_(PointsPeriod.user_id == circle.c.id, _in(PointsPeriod, period))
    return (
        select(
            circle.c.id.label("user_id"),
            points.label("points"),
            func.coalesce(PointsPeriod.sessions, 0).label("sessions"),
        )
        .outerjoin_from(circle, PointsPeriod, mine)
        .where(points > 0)
        .limit(FEW_MOST)
        .subquery()
    )


def _in(table: type[PointsPeriod] | type[PointsSkillPeriod], period: Period) -> ColumnElement[bool]:
    return and_(table.kind == spelled(period.kind), table.number == period.number, table.points > 0)


def _followed(reader_id: int) -> CompoundSelect[int]:
    """Whom the reader follows, and the reader."""
    followed = select(Follow.followee_id.label("id")).where(Follow.follower_id == reader_id)
    return followed.union_all(select(literal(reader_id, BigId)))


def _newcomers(period: Period) -> Select[int]:
    """Who came onto the boards in the 60 days before the end of the period."""
    return (
        select(User.id)
        .where(User.boards_since > period.ends_at - NEW_FOR, User.boards_since <= period.ends_at)
        .order_by(User.boards_since.desc())
        .limit(MOST)
    )
