"""What needs a person first? The head of Home, and the steps of somebody who has just come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, exists, select

from skillswap.db import db
from skillswap.domain import announcements, learning_sessions, ratings
from skillswap.domain.announcements import Note
from skillswap.domain.learning_sessions import SessionCard
from skillswap.domain.limits import BIO_TO_PITCH
from skillswap.domain.popular import taught_skills
from skillswap.domain.ratings import ToRate
from skillswap.domain.teachers import VIEWER, SkillRef, TeacherCard, some_teachers
from skillswap.models import Announcement, AvailabilityWindow, Pitch, User, UserSkill, UserSkillKind

ITEMS_SHOWN = 4
WELCOME_TEACHERS, WELCOME_SKILLS = 3, 6
# hours and a picture are never needed: they are asked for while somebody is new, not for ever
EXTRAS_ASKED_FOR = timedelta(days=14)


class StepKind(StrEnum):
    ABOUT, SKILLS, PITCH = "about", "skills", "pitch"
    HOURS, PICTURE = "hours", "picture"


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first steps, and whether it is done."""

    kind: StepKind
    done: bool


@dataclass(frozen=True, slots=True)
class Home:
    """The head of the page: what is announced, the next session, what waits, the first steps.

    The feed follows.
    """

    notes: Sequence[Note]
    next_session: SessionCard | None
    to_rate: Sequence[ToRate]
    steps: Sequence[Step]  # none once they are done

    @property
    def steps_done(self) -> int:
        """How many of the steps."""
        return sum(step.done for step in self.steps)

    @property
    def first_open(self) -> StepKind | None:
        """The step to take now."""
        return next((step.kind for step in self.steps if not step.done), None)


def home_of(person: User, now: datetime) -> Home:
    """The head of a person's Home. Three statements, and one more when something is announced."""
    marks = _marks(person, now)
    ahead = learning_sessions.upcoming(person, None, now).rows
    return Home(
        notes=announcements.for_person(person, now) if marks.announced else [],
        next_session=ahead[0] if ahead else None,
        to_rate=ratings.to_rate(person, now, ITEMS_SHOWN),
        steps=_steps(person, marks, now),
    )


@dataclass(frozen=True, slots=True)
class _Marks:
    """What the tables know of somebody's first steps, and whether something is announced."""

    offers: bool
    wants: bool
    pitched: bool
    hours: bool
    announced: bool


def _lists(kind: UserSkillKind) -> ColumnElement[bool]:
    return exists().where(UserSkill.user_id == VIEWER, UserSkill.kind == kind)


# made once: building it takes longer than running it
_MARKS = select(
    _lists(UserSkillKind.OFFERED),
    _lists(UserSkillKind.WANTED),
    exists().where(Pitch.learner_id == VIEWER),
    exists().where(AvailabilityWindow.user_id == VIEWER),
    exists(select(Announcement.id).where(announcements.FOR_READER)),
)


def _marks(person: User, now: datetime) -> _Marks:
    """One statement. A list counts while its switch is on: what one taught once is no offer."""
    reader = announcements.reader_of(person, now)
    offers, wants, *others = db.session.execute(_MARKS, reader).one()
    return _Marks(offers and person.teaching, wants and person.learning, *others)


def _steps(person: User, marks: _Marks, now: datetime) -> list[Step]:
    """The first steps in their order; empty once those that matter are done."""
    steps = [
        Step(StepKind.ABOUT, len(person.bio.strip()) >= BIO_TO_PITCH),
        Step(StepKind.SKILLS, marks.offers or marks.wants),
    ]
    if person.learning:
        steps.append(Step(StepKind.PITCH, marks.pitched))
    extras = [
        Step(StepKind.HOURS, marks.hours),
        Step(StepKind.PICTURE, person.avatar is not None),
    ]
    is_new = person.created_at + EXTRAS_ASKED_FOR > now
    if all(step.done for step in (*steps, *extras)[: None if is_new else len(steps)]):
        return []
    return [*steps, *extras]


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a visitor sees of the people here."""

    teachers: Sequence[TeacherCard]
    popular: Sequence[SkillRef]


def welcome(now: datetime) -> Welcome:
    """A few people who teach, and what most teach. Two statements."""
    return Welcome(some_teachers(WELCOME_TEACHERS, now).rows, taught_skills(WELCOME_SKILLS))
