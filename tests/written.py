"""An exchange that two have completed, and what one of them writes about it. Each commits."""

from __future__ import annotations

from datetime import datetime, timedelta

from skillswap.db import transaction
from skillswap.domain import achievements, exchanges, posts
from skillswap.models import Exchange, Post, User
from tests import people, town

DAY = timedelta(days=1)


def completed(teacher: User, learner: User, now: datetime, *, offered: str = "spanish") -> Exchange:
    """The one taught the other watercolour for an hour; they completed it yesterday."""
    found = people.make_exchange(learner, teacher, offered=offered, now=now - 20 * DAY)
    start = people.next_quarter(now - 9 * DAY)
    town.kept_session(teacher, learner, found, start=start, now=now - 12 * DAY)
    for person in (teacher, learner):
        with transaction():
            exchanges.complete_exchange(person, found.public_id, now=now - DAY)
    return found


def begin(person: User, exchange: Exchange, now: datetime) -> Post:
    """The draft."""
    with transaction():
        return achievements.begin_achievement(person, exchange.public_id, now=now)


def publish(person: User, draft: Post, now: datetime, *, named: bool | None = True) -> Post:
    """The draft as it is, posted; by default its partner is asked."""
    with transaction():
        return posts.publish(
            person,
            kind=draft.kind,
            title=draft.title,
            body=draft.body,
            client_key=draft.client_key or "",
            named=named,
            now=now,
        )


def asked(author: User, partner: User, now: datetime, *, offered: str = "spanish") -> Post:
    """A post that waits for its partner's answer."""
    exchange = completed(author, partner, now, offered=offered)
    return publish(author, begin(author, exchange, now), now)


def agree(person: User, post: Post, now: datetime) -> None:
    """Their partner agrees to the words as they are."""
    seen = achievements.naming_of(person, post.public_id, now).seen
    with transaction():
        achievements.agree_to_naming(person, post.public_id, seen=seen, now=now)
