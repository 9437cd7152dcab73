"""Who is here, by what their skills are about? And of which newcomers does one hear well?

The rule for newcomers is the same for everybody: they joined in the last 60 days, take pitches,
and either answered every pitch they got, at least one, or are rated 4.5 and better by three people
and more. Beyond that nothing lifts anybody: who is shown, and in which order, is drawn each day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select

from skillswap.db import db
from skillswap.domain import matches, teachers
from skillswap.domain.exploring import Area
from skillswap.domain.matches import has_room
from skillswap.domain.profiles import RATERS_TO_SHOW
from skillswap.domain.teachers import BY_RATING, TeacherCard, here
from skillswap.lib.keyset import Page
from skillswap.models import Skill, TeacherListing, User

NEW_FOR = timedelta(days=60)
ANSWERED_FROM = 1
RATED_FROM = 4_500  # thousandths of a star
NEWEST = 2_000  # accounts that are looked at
SHOWN = 3


def people_of(reader: User | None, area: Area | None, cursor: str | None, now: datetime) -> Page:
    """Who teaches something of the area and has room, the best rated first. Two statements."""
    first: frozenset[int] = frozenset()
    which = [here(), has_room()]
    if area:
        query = select(Skill.id).where(Skill.category == area.name)
        first = frozenset(db.session.scalars(query))
        which = [here(), exists().where(TeacherListing.user_id == User.id, _about(first))]
    return _cards(which, reader, cursor, now, first)


def newcomers(reader: User | None, now: datetime) -> Sequence[TeacherCard]:
    """A few new people of whom one hears well, drawn anew each day. Two statements."""
    ids = list(teachers.run(_newcomers_query(now), reader).scalars())
    day = now.astimezone(UTC).date().isoformat()
    drawn = sorted(ids, key=lambda one: sha256(f"{day}:{one}".encode()).digest())[:SHOWN]
    if not drawn:
        return []
    return _cards([here(), User.id.in_(drawn)], reader, None, now).rows


def _newcomers_query(now: datetime) -> Any:
    window = select(User.id).order_by(User.id.desc()).limit(NEWEST).subquery()
    answers = and_(User.answered_count >= ANSWERED_FROM, User.unanswered_count == 0)
    rated = and_(User.rating_count >= RATERS_TO_SHOW, User.rating_milli >= RATED_FROM)
    return (
        select(User.id)
        .where(User.id.in_(select(window.c.id)), User.created_at > now - NEW_FOR)
        .where(here(), has_room(), or_(answers, rated))
    )


def _about(skill_ids: frozenset[int]) -> ColumnElement[bool]:
    return TeacherListing.skill_id.in_(sorted(skill_ids))


def _cards(
    which: Sequence[ColumnElement[bool]],
    reader: User | None,
    cursor: str | None,
    now: datetime,
    first: frozenset[int] = frozenset(),
) -> Page:
    """The cards of these people by their rating; for who is signed in each says why."""
    if reader is None:
        people: Any = select(*teachers.COLUMNS).where(*which)
        query = teachers.page_query(people, BY_RATING, for_reader=False, cursor=cursor)
        return teachers.cards(query, BY_RATING, viewer=None, now=now, first=first)
    people = select(*matches.COLUMNS).where(*which)
    query = matches.page_query(people, BY_RATING, cursor)
    return matches.cards(query, BY_RATING, viewer=reader, skill=None, first=first, now=now)
