"""Why does somebody fit me? Every part of the score, and what I could change about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import String, bindparam, func, select

from skillswap.domain import matching, teachers
from skillswap.domain.free_time import Side, common_minutes
from skillswap.domain.hours import Window
from skillswap.domain.matches import reading
from skillswap.domain.matching import Change, Part, PartKind, Reason, Score
from skillswap.domain.teachers import BY_RATING, VIEWER, offers
from skillswap.domain.usual import PARTS
from skillswap.domain.visibility import visible
from skillswap.errors import NotFound
from skillswap.lib.i18n import _, ngettext
from skillswap.models import Skill, User
from skillswap.models.user import HUES, initials

WORTH_IT = 60  # minutes that more hours of mine would add
PARTS_SHOWN = 2
SLUG = bindparam("slug", type_=String())


@dataclass(frozen=True, slots=True)
class Said:
    """A part of the score in words."""

    name: str
    icon: str
    points: int
    weight: int
    text: str


@dataclass(frozen=True, slots=True)
class Why:
    """The page about one teacher and one reader."""

    username: str
    name: str
    first_name: str
    initials: str
    hue: int
    avatar_url: str | None
    paused: bool
    points: int
    parts: Sequence[Said]
    reasons: Sequence[Reason]  # as the card has them
    caution: str
    changes: Sequence[Change]


NAMES = {
    PartKind.SKILL: _("Skill and level"),
    PartKind.TIME: _("Common free time"),
    PartKind.SWAP: _("Swap"),
    PartKind.LANGUAGE: _("Language"),
    PartKind.RATING: _("Rating"),
    PartKind.ANSWERS: _("Answers"),
    PartKind.ACTIVE: _("Active"),
    PartKind.ROOM: _("Room"),
    PartKind.FAIR: _("Fair turns"),
}


def _query() -> Any:
    asked = (
        select(func.coalesce(Skill.merged_into_id, Skill.id))
        .where(Skill.slug == SLUG)
        .scalar_subquery()
    )
    people = select(*reading.COLUMNS).where(
        User.username == bindparam("username", type_=String()),
        User.teaching,
        visible(to=VIEWER),
        User.id != VIEWER,
        offers(),
    )
    return reading.page_query(people, BY_RATING, limit=1).add_columns(asked.label("asked"))


QUERY = _query()


def why_of(viewer: User, username: str, skill: str, now: datetime) -> Why:
    """How well that teacher fits this person, with every part. One statement.

    `skill`: the slug of what they looked for, or "". Raises NotFound for oneself, and for somebody
    who is not there for the reader or does not teach.
    """
    values = {**reading.values_at(now), "username": username.lower(), "slug": skill}
    row = teachers.run(QUERY, viewer, **values).first()
    if row is None:
        raise NotFound("person")
    mine = reading.my_side(row, viewer)
    found = reading.score_of(row, viewer, mine, row.asked, now)
    return Why(
        username=row.username,
        name=f"{row.first_name} {row.last_name}".strip(),
        first_name=row.first_name,
        initials=initials(row.first_name, row.last_name),
        hue=row.id % HUES + 1,
        avatar_url=f"/media/{row.avatar}" if row.avatar else None,
        paused=row.paused is not None and (row.paused_until is None or row.paused_until > now),
        points=found.points,
        parts=[_said(part, found) for part in found.parts],
        reasons=matching.reasons(found),
        caution=matching.caution(found),
        changes=_changes(found, row, mine, now),
    )


def _said(part: Part, found: Score) -> Said:
    text = matching.sentence(part, found)
    return Said(NAMES[part.kind], matching.ICONS[part.kind], part.points, part.weight, text)


def _changes(found: Score, row: Any, mine: Side, now: datetime) -> Sequence[Change]:
    """What the reader could change, the most rewarding first; hours by what they would bring."""
    theirs = reading.side_of(row, row.week, row.others, row.booked)
    hours = _hours(found, row, mine, theirs, now)
    other = [one for one in matching.changes(found) if not (hours and one.at == "availability")]
    return sorted([*hours, *other], key=lambda one: -one.points)


def _hours(found: Score, row: Any, mine: Side, theirs: Side, now: datetime) -> list[Change]:
    """Parts of the week in which the two would meet, if the reader were free then as well."""
    part = found.part(PartKind.TIME)
    if not theirs.is_known:
        return []
    gains = []
    for words, (days, start, end) in PARTS.items():
        if not start:
            continue  # nobody is asked to give their nights
        more = [Window(day, start, end) for day in days]
        wider = replace(mine, windows=[*mine.windows, *more])
        minutes = common_minutes(wider, theirs, row.notice_hours, now) or 0
        if minutes - part.count >= WORTH_IT:
            gains.append((minutes, words))
    gains.sort(key=lambda one: -one[0])
    made = [_hours_change(found, words, minutes) for minutes, words in gains[:PARTS_SHOWN]]
    return [change for change in made if change.points > 0]


def _hours_change(found: Score, words: str, minutes: int) -> Change:
    part = found.part(PartKind.TIME)
    teacher = replace(found.teacher, common_minutes=minutes)
    points = matching.time_part(found.learner, teacher).points - part.points
    hours = (minutes - part.count) // 60
    text = ngettext(
        "Add {when}: {count} more hour in common", "Add {when}: {count} more hours in common", hours
    )
    icon = matching.ICONS[PartKind.TIME]
    return Change(icon, text.format(when=_(words), count=hours), "availability", points)
