"""When many make the same badge somebody's in the same instant, is it theirs once?"""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from sqlalchemy import func, select

from skillswap.db import db
from skillswap.domain import badge_checks, badges
from skillswap.models import BadgeCode, BadgeGrant, Event, PostKind
from tests import people
from tests.race.racing import TRIALS, races, winners

RACERS = 16
SOME = max(TRIALS // 5, 4)  # RACE_TRIALS=500 is a hundred of these


def held() -> list[tuple[int, str]]:
    db.session.rollback()
    rows = select(BadgeGrant.user_id, BadgeGrant.code).where(BadgeGrant.lost_at.is_(None))
    return [tuple(row) for row in db.session.execute(rows)]


def come(kind: str, subject: str, subject_id: int, *audience: int, at: datetime) -> int:
    """What follows for badges from such an event; how many were given."""
    event = Event(
        kind=kind,
        subject_type=subject,
        subject_id=subject_id,
        audience=list(audience),
        facts={},
        happened_at=at,
    )
    return len(list(badges.check(event)))


def test_sixteen_likes_make_one_author(app, now):
    ada = people.make_person("ada")
    posts = [people.make_post(ada, kind=PostKind.TUTORIAL, now=now) for _ in range(5)]
    for post in posts:
        post.like_count = 5
    db.session.commit()
    ids = [post.id for post in posts]
    liked = [
        lambda number=number: come("post.liked", "posts", ids[number % 5], at=now)
        for number in range(RACERS)
    ]
    for answers in islice(races(app, liked), SOME):
        assert sorted(winners(answers)) == [0] * (RACERS - 1) + [1]
        assert held() == [(ada.id, BadgeCode.AUTHOR)]


def test_sweeps_and_events_on_a_monday_take_and_give_once(app, now):
    ada = people.make_person("ada", answered_count=10, reply_minutes=60)
    monday = badges.next_monday(now)
    db.session.add(BadgeGrant(user_id=ada.id, code=BadgeCode.RELIABLE, granted_at=now))
    badges.watch([ada.id], now)
    db.session.commit()

    def declined() -> int:
        return come("pitch.declined", "pitches", 1, ada.id, at=monday)

    verbs = [lambda: badge_checks.check_due(monday, 9), declined] * (RACERS // 2)
    for answers in islice(races(app, verbs), SOME):
        assert len(winners(answers)) == RACERS
        assert held() == [(ada.id, BadgeCode.FAST_RESPONDER)]
        rows = db.session.scalar(select(func.count(BadgeGrant.id)))
        lost = select(func.count()).where(Event.kind == "badge.lost")
        assert (rows, db.session.scalar(lost)) == (2, 1)
