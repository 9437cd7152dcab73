"""What staff of the demo say to everybody, what waits for them, and what they have decided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from skillswap.db import db
from skillswap.domain import announcements, cases, reports, skills, strikes
from skillswap.domain.reports import SubjectKind
from skillswap.models import (
    Audience,
    Case,
    Level,
    ReportCategory,
    StrikeOutcome,
    User,
    UserSkillKind,
)

TITLE = "An hour of rest on Sunday"
BODY = (
    "On Sunday from 3:00 to 4:00 UTC the place is looked after and may not answer. "
    "Nothing is lost: *what you have written stays where it is.*"
)
# who proposed what just now: all that happened before has been told by then
PROPOSED = (
    ("ben", "Conversational Spanish"),
    ("hannah-whitcombe", "Bee keeping on balconies"),
)


REPORTED = (
    (
        "cy",
        "hannah-whitcombe",
        ReportCategory.OFF_PURPOSE,
        "She asked me to pay for the second hour.",
    ),
    ("hannah-whitcombe", "cy", ReportCategory.SPAM, "The same text to four of my friends."),
)
SPAM = 5  # which of the rules
WHY = (
    "You wrote the same words to several people. Nobody doubts that you meant well: write to each "
    "of them about what they teach, and they will answer."
)


def fill(users: Mapping[str, User], now: datetime) -> None:
    """One announcement that stands; two proposals and a report in the queue; a word to cy."""
    announcements.publish(
        users["mo"],
        title=TITLE,
        body=BODY,
        audience=Audience.EVERYBODY,
        is_public=False,
        starts_at=now - timedelta(hours=2),
        ends_at=now + timedelta(days=6),
        now=now - timedelta(hours=2),
    )
    for username, name in PROPOSED:
        if username in users:
            person, offered = users[username], UserSkillKind.OFFERED
            level = Level.INTERMEDIATE
            skills.propose_skill(person, offered, name, level=level, note="", now=now)
    _reports(users, now)


def _reports(users: Mapping[str, User], now: datetime) -> None:
    """One that waits, and one that mo has upheld, with a word to cy and nothing else."""
    if not {name for line in REPORTED for name in line[:2]} <= users.keys():
        return
    for by, about, category, body in REPORTED:
        subject = reports.subject_of(users[by], SubjectKind.PERSON, about, now)
        made = reports.make_report(
            users[by], subject, category=category, body=body, also_block=False, now=now
        )
    decided = db.session.get_one(Case, made.case_id)
    cases.claim(users["mo"], decided.public_id, now)
    strikes.uphold(
        users["mo"], decided.public_id, outcome=StrikeOutcome.NOTE, rule=SPAM, words=WHY, now=now
    )
