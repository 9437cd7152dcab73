"""A whole town in any size: who follows, writes, pitches and talks. The same each time."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import insert, select

from bench import population
from skillswap.db import Model, db, transaction
from skillswap.domain import listings, name_words
from skillswap.lib.markdown import RULES_VERSION
from skillswap.models import (
    AvailabilityWindow,
    Conversation,
    ConversationMember,
    Exchange,
    ExchangeLeg,
    Follow,
    Message,
    Pitch,
    PitchState,
    Post,
    PostKind,
    PostSkill,
    PostState,
    UserSkill,
    UserSkillKind,
)

BATCH = 5_000
FOLLOWED = 10  # by everybody; readers follow more
READERS = 20  # the same number in every size, each with the same amount of their own
READS, CHATS, WAITING, ACTIVE = 60, 12, 8, 3
EVENING, NIGHT = 18 * 60, 22 * 60
FINAL = (PitchState.DECLINED, PitchState.WITHDRAWN, PitchState.EXPIRED)

Row = dict[str, Any]


def fill(count: int, now: datetime) -> list[int]:
    """Make the town; returns the ids of the readers, spread over it."""
    ids = population.people(count, now)
    chance = random.Random(count)
    readers = ids[:: max(1, len(ids) // READERS)][:READERS]
    put(AvailabilityWindow, windows(ids, chance))
    put(Follow, follows(ids, readers, chance, now))
    publish(ids, chance, now)
    pitch(ids, readers, chance, now)
    talk(ids, readers, chance, now)
    derive(now)
    return readers


def put(table: type[Model], rows: Iterable[Row]) -> None:
    """Insert rows in batches, each kept at once."""
    left = iter(rows)
    while some := list(islice(left, BATCH)):
        with transaction():
            db.session.execute(insert(table), some)


def windows(ids: Sequence[int], chance: random.Random) -> Iterator[Row]:
    """Seven of ten say when they are free: some evenings, and some a weekend day."""
    for user_id in ids:
        if chance.random() < 0.3:
            continue
        for weekday in sorted(chance.sample(range(5), chance.randint(1, 3))):
            yield {
                "user_id": user_id,
                "weekday": weekday,
                "start_minute": EVENING,
                "end_minute": NIGHT,
            }
        if chance.random() < 0.5:
            yield {"user_id": user_id, "weekday": 5, "start_minute": 540, "end_minute": 1_020}


def follows(
    ids: Sequence[int], readers: Sequence[int], chance: random.Random, now: datetime
) -> Iterator[Row]:
    """Everybody follows some, and few are followed by many."""
    heavy = set(readers)
    for user_id in ids:
        many = READS if user_id in heavy else FOLLOWED
        chosen = {ids[int(len(ids) * chance.random() ** 2)] for _ in range(many)} - {user_id}
        for other in sorted(chosen):
            yield {"follower_id": user_id, "followee_id": other, "created_at": now}


def publish(ids: Sequence[int], chance: random.Random, now: datetime) -> None:
    """A post of everybody, about a skill they teach."""
    taught = dict(
        db.session.execute(
            select(UserSkill.user_id, UserSkill.skill_id).where(
                UserSkill.kind == UserSkillKind.OFFERED
            )
        ).all()
    )
    db.session.rollback()

    def posts() -> Iterator[Row]:
        for user_id in ids:
            at = now - timedelta(minutes=chance.randint(1, 60 * 24 * 365))
            yield {
                "author_id": user_id,
                "kind": chance.choice((PostKind.TUTORIAL, PostKind.GENERAL)),
                "state": PostState.PUBLISHED,
                "title": f"What I learned in week {user_id % 52}",
                "body": population.BIO,
                "body_html": f"<p>{population.BIO}</p>",
                "lead_html": f"<p>{population.BIO}</p>",
                "rules_version": RULES_VERSION,
                "created_at": at,
                "published_at": at,
            }

    put(Post, posts())
    made = db.session.execute(
        select(Post.id, Post.author_id, Post.published_at).order_by(Post.id)
    ).all()
    db.session.rollback()
    put(
        PostSkill,
        (
            {"post_id": post_id, "skill_id": taught[author], "place": 0, "published_at": at}
            for post_id, author, at in made
            if author in taught
        ),
    )


def pitch(ids: Sequence[int], readers: Sequence[int], chance: random.Random, now: datetime) -> None:
    """Everybody once pitched somebody; readers have some waiting, and some exchanges."""
    lines = db.session.execute(
        select(UserSkill.user_id, UserSkill.skill_id).where(UserSkill.kind == UserSkillKind.OFFERED)
    ).all()
    skill_of = dict(lines)
    db.session.rollback()

    def row(learner: int, teacher: int, state: PitchState) -> Row:
        sent = now - timedelta(days=chance.randint(1, 10))
        done = None if state is PitchState.PENDING else sent + timedelta(hours=9)
        return {
            "learner_id": learner,
            "teacher_id": teacher,
            "skill_id": skill_of[teacher],
            "body": population.BIO,
            "state": state,
            "sent_at": sent,
            "respond_by": now + timedelta(days=4),
            "answered_at": done,
            "first_answered_at": done,
        }

    def pitches() -> Iterator[Row]:
        for place, learner in enumerate(ids):
            teacher = ids[(place * 7 + 3) % len(ids)]
            if learner != teacher and teacher in skill_of:
                yield row(learner, teacher, chance.choice(FINAL))
        for reader in readers:
            near = [one for one in ids[1 : 4 * WAITING] if one != reader and one in skill_of]
            states = [PitchState.PENDING] * WAITING + [PitchState.ACCEPTED] * ACTIVE
            for other, state in zip(near, states, strict=False):
                yield row(reader, other, state)
                if reader in skill_of:
                    yield row(other, reader, state)

    put(Pitch, pitches())
    accepted = db.session.execute(
        select(Pitch.id, Pitch.learner_id, Pitch.teacher_id, Pitch.skill_id).where(
            Pitch.state == PitchState.ACCEPTED
        )
    ).all()
    db.session.rollback()
    put(
        Exchange,
        (
            {
                "pitch_id": one.id,
                "learner_id": one.learner_id,
                "teacher_id": one.teacher_id,
                "opened_at": now,
                "quiet_since": now,
            }
            for one in accepted
        ),
    )
    opened = dict(db.session.execute(select(Exchange.pitch_id, Exchange.id)).all())
    db.session.rollback()
    put(
        ExchangeLeg,
        (
            {
                "exchange_id": opened[one.id],
                "position": 1,
                "skill_id": one.skill_id,
                "teacher_id": one.teacher_id,
                "learner_id": one.learner_id,
            }
            for one in accepted
        ),
    )


def talk(ids: Sequence[int], readers: Sequence[int], chance: random.Random, now: datetime) -> None:
    """Every other person talks with the next; readers with some more. Six lines each."""
    pairs = {(ids[n], ids[n + 1]) for n in range(0, len(ids) - 1, 2)}
    for reader in readers:
        others = chance.sample(ids, CHATS)
        pairs |= {(min(reader, one), max(reader, one)) for one in others if one != reader}
    put(
        Conversation,
        (
            {"low_id": low, "high_id": high, "last_seq": 6, "created_at": now, "let_in_at": now}
            for low, high in sorted(pairs)
        ),
    )
    made = db.session.execute(select(Conversation.id, Conversation.low_id, Conversation.high_id))
    threads = [tuple(one) for one in made]
    db.session.rollback()
    put(
        ConversationMember,
        (
            {
                "conversation_id": key,
                "user_id": one,
                "last_read_seq": 4,
                "last_message_at": now - timedelta(minutes=key % 9_999),
            }
            for key, low, high in threads
            for one in (low, high)
        ),
    )
    put(
        Message,
        (
            {
                "conversation_id": key,
                "seq": seq,
                "sender_id": (low, high)[seq % 2],
                "body": "See you on Thursday then.",
                "created_at": now - timedelta(minutes=key % 9_999 + 6 - seq),
            }
            for key, low, high in threads
            for seq in range(1, 7)
        ),
    )


def derive(now: datetime) -> None:
    """What lists are searched by, by the same code that rebuilds it."""
    last: int | None = 0
    while last is not None:
        with transaction():
            last = listings.reindex(last, now)
        db.session.expunge_all()
    last = 0
    while last is not None:
        with transaction():
            last = name_words.reindex(last)
        db.session.expunge_all()
