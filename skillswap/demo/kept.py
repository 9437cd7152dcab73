"""Which tutorials of the demo do several people keep? And what was done about skills long ago."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import insert, select

from skillswap.db import db
from skillswap.demo.cast import LEADS, Person
from skillswap.domain import trends
from skillswap.models import Bookmark, Post, PostKind, User

SEED = 20_260_105
MOST = 9  # who keep the same one
MINUTE = timedelta(minutes=1)


def keep_tutorials(
    made: Sequence[Post], people: Mapping[str, Person], users: Mapping[str, User], now: datetime
) -> None:
    """A few people keep each, some of them many."""
    dice = random.Random(SEED)
    crowd = sorted(people.keys() - set(LEADS))
    kept = select(Bookmark.post_id, Bookmark.user_id)
    there = {tuple(row) for row in db.session.execute(kept)}
    rows = []
    for post in made:
        if post.kind is not PostKind.TUTORIAL or post.published_at is None:
            continue
        for name in dice.sample(crowd, round(MOST * dice.random() ** 2)):
            user, at = users[name], post.published_at
            known = (post.id, user.id) in there or user.id == post.author_id
            if known or people[name].joined_at >= at:
                continue
            at = (at + (now - MINUTE - at) * dice.random()).replace(microsecond=0)
            rows.append({"post_id": post.id, "user_id": user.id, "created_at": at})
    if rows:
        db.session.execute(insert(Bookmark), rows)


def remember_skills(now: datetime) -> None:
    """What was done about skills, day by day, and which of them rise."""
    trends.keep_touched(now)
    trends.remember(now)
    trends.refresh_due(now, 10_000)
