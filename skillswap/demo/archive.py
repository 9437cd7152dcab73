"""How do the older posts of the demo come in? As rows: nobody is told of them any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from skillswap.db import db
from skillswap.demo.cast import Person
from skillswap.demo.pictures import drawn
from skillswap.demo.texts import Text
from skillswap.domain import media, pictures
from skillswap.lib.markdown import RULES_VERSION, render_post
from skillswap.models import Comment, Post, PostImage, PostSkill, PostState, Skill, User

Row = dict[str, Any]


def insert_old(
    texts: Sequence[Text], people: Mapping[str, Person], users: Mapping[str, User], now: datetime
) -> list[Post]:
    """These posts with all that is said to them by who was here; returns them in their order."""
    ids = list(
        db.session.scalars(
            insert(Post).returning(Post.id, sort_by_parameter_order=True),
            [_post(text, users, now) for text in texts],
        )
    )
    made = dict(zip(ids, texts, strict=True))
    _insert_skills(made, now)
    _insert_pictures(made, users, now)
    _insert_comments(made, people, users, now)
    found = db.session.scalars(select(Post).where(Post.id.in_(ids)).order_by(Post.id))
    return list(found.all())


def _post(text: Text, users: Mapping[str, User], now: datetime) -> Row:
    rendered, at = render_post(text.body), now - text.age
    return {
        "author_id": users[text.who].id,
        "kind": text.kind,
        "state": PostState.PUBLISHED,
        "title": text.title,
        "body": text.body,
        "body_html": rendered.html,
        "lead_html": rendered.lead,
        "is_long": rendered.is_long,
        "word_count": rendered.words,
        "rules_version": RULES_VERSION,
        "created_at": at,
        "published_at": at,
    }


def _insert_skills(made: Mapping[int, Text], now: datetime) -> None:
    skills = {row.slug: row.id for row in db.session.execute(select(Skill.slug, Skill.id))}
    rows = [
        {
            "post_id": post_id,
            "skill_id": skills[slug],
            "place": place,
            "published_at": now - text.age,
        }
        for post_id, text in made.items()
        for place, slug in enumerate(text.skills)
    ]
    db.session.execute(insert(PostSkill), rows)


def _insert_pictures(made: Mapping[int, Text], users: Mapping[str, User], now: datetime) -> None:
    rows = []
    for post_id, text in made.items():
        if text.picture:
            at = now - text.age
            kept = pictures.add(users[text.who], drawn(text.picture), media.store(), at)
            row = {"post_id": post_id, "place": 1, "media_id": kept.id, "alt": text.alt}
            rows.append(row)
    db.session.execute(insert(PostImage), rows)


def _insert_comments(
    made: Mapping[int, Text], people: Mapping[str, Person], users: Mapping[str, User], now: datetime
) -> None:
    """First what is said to the posts, then the answers to that."""
    tops: list[Row] = []
    answers: list[tuple[int, Row]] = []  # with the number of what they answer
    for post_id, text in made.items():
        for said in text.said:
            at = now - text.age + said.after
            if people[said.who].joined_at >= at:
                continue
            row = {
                "post_id": post_id,
                "author_id": users[said.who].id,
                "body": said.body,
                "created_at": at,
            }
            if said.answers:
                answers.append((len(tops) - 1, row))
            else:
                tops.append(row)
    ids = db.session.scalars(
        insert(Comment).returning(Comment.id, sort_by_parameter_order=True), tops
    ).all()
    db.session.execute(insert(Comment), [row | {"parent_id": ids[nth]} for nth, row in answers])
    for row in (*tops, *(row for _nth, row in answers)):
        counted = db.session.get_one(Post, row["post_id"])
        counted.comment_count = (counted.comment_count or 0) + 1
    db.session.flush()
