"""What staff of the demo say to everybody, and which skills wait for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from skillswap.domain import announcements, skills
from skillswap.models import Audience, Level, User, UserSkillKind

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


def fill(users: Mapping[str, User], now: datetime) -> None:
    """One announcement that stands, and two proposals in the queue."""
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
