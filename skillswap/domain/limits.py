"""How much of everything may a person do? The constants of DOMAIN.md §5, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from skillswap.db import db
from skillswap.errors import Refused, TooMany
from skillswap.lib.clock import local
from skillswap.models import Event, LearningSession, SessionState, User, UserState

NEW_FOR = timedelta(days=7)
TRUSTED_FROM_KEPT = 5

BIO_TO_PITCH = 60
RESPOND_DAYS = range(3, 15)
RESPOND_DAYS_DEFAULT = 14
COOL_DOWN = timedelta(days=30)
DISMISSED_FOR = timedelta(days=90)  # somebody is not recommended

HORIZON = timedelta(weeks=8)
PROPOSAL_LIFE = timedelta(days=7)
PROPOSAL_LEAD = timedelta(hours=2)
LATE_CANCEL = timedelta(hours=12)
CONFIRM_WITHIN = timedelta(hours=72)
OPEN_OFFERS = 6  # of one person in one exchange
OPEN_RINGS, RINGS_A_DAY = 5, 3  # that somebody is in; that somebody begins
REASON_MOST = 300
NOTES_MOST = 10_000
PREPARATION_MOST = 1_000

WISHES_OPEN = 5  # of one person
WISHES_PER_DAY = 5
OFFERS_TO_A_WISH = 10  # waiting for an answer

NOTICE_HOURS = range(2, 169)  # what a teacher may ask for before a session
DAILY_SESSIONS = range(1, 9)
PLACES = range(1, 11)
PITCH_CAPS = range(1, 21)
EXCEPTIONS_AHEAD = 40
EXCEPTION_WITHIN = timedelta(days=365)
EXCEPTION_LINE = 80

SKILLS_EACH_WAY = 12
PROPOSED_SKILLS = 10  # of one person, waiting for a moderator
EDUCATION_LINES = 6
EDUCATION_LINE = 120
UPLOADS_PER_HOUR = 20
COMMENTS_AT_ONCE = 30  # within the time below
MARKS_AT_ONCE = 120  # likes and follows together
AT_ONCE = timedelta(minutes=10)
DRAFTS_MOST = 20  # posts begun and not yet posted, of one person
MEGABYTES_EACH, FILES_EACH = 50, 300  # what one person may keep here in files
UNUSED_FOR = timedelta(hours=24)  # then a picture that no post took goes away


@dataclass(frozen=True, slots=True)
class Limits:
    """What one person may do, by standing."""

    open_pitches: int
    pitches_per_day: int
    links_in_pitch: int
    follows_per_day: int
    posts_per_day: int
    comments_per_day: int


NEW = Limits(
    open_pitches=3,
    pitches_per_day=3,
    links_in_pitch=0,
    follows_per_day=30,
    posts_per_day=2,
    comments_per_day=20,
)
MEMBER = Limits(
    open_pitches=5,
    pitches_per_day=8,
    links_in_pitch=2,
    follows_per_day=100,
    posts_per_day=10,
    comments_per_day=60,
)
TRUSTED = Limits(
    open_pitches=8,
    pitches_per_day=12,
    links_in_pitch=2,
    follows_per_day=200,
    posts_per_day=10,
    comments_per_day=60,
)


def limits_of(person: User, now: datetime) -> Limits:
    """The limits of a person's standing: new (under 7 days or nothing kept), member, trusted."""
    if person.created_at + NEW_FOR > now:
        return NEW
    kept = (
        select(LearningSession.id)
        .where(
            LearningSession.state == SessionState.COMPLETED,
            or_(LearningSession.teacher_id == person.id, LearningSession.learner_id == person.id),
        )
        .limit(TRUSTED_FROM_KEPT)
    )
    count = db.session.scalar(select(func.count()).select_from(kept.subquery())) or 0
    if count == 0:
        return NEW
    return TRUSTED if count >= TRUSTED_FROM_KEPT else MEMBER


def restriction(person: User, now: datetime, field: str = "") -> Refused | None:
    """Why this person may not begin anything new just now: staff have limited them."""
    if person.state_at(now) is not UserState.LIMITED:
        return None
    if person.state_until is None:
        return Refused(field, "limited")
    return Refused(field, "limited_until", day=local(person.state_until, person.timezone).day)


def check_free(person: User, now: datetime, field: str = "") -> None:
    """Raises Refused while staff have limited this person; the form says so beside that field."""
    if refusal := restriction(person, now, field):
        raise refusal


def check_pace(person: User, field: str, now: datetime) -> None:
    """Raises TooMany after 120 likes and follows in ten minutes, those taken back counted too."""
    newest = (
        select(Event.happened_at)
        .where(
            Event.actor_id == person.id,
            Event.kind.in_(("post.liked", "comment.liked", "follow.made")),
        )
        .order_by(Event.id.desc())
        .limit(1)
        .offset(MARKS_AT_ONCE - 1)
    )
    first = db.session.scalar(newest)
    if first is not None and first + AT_ONCE > now:
        raise TooMany(field, "too_many_marks", int((first + AT_ONCE - now).total_seconds()) + 1)
