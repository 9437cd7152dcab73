"""Who of the demo likes, keeps and follows what? Rows by the thousand, so not verb by verb."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Table, bindparam, insert, select, update

from skillswap.db import db
from skillswap.demo.cast import LEADS, Person
from skillswap.demo.plan import DAY, HOUR, MINUTE
from skillswap.models import (
    Bookmark,
    Comment,
    CommentLike,
    Follow,
    Post,
    PostKind,
    PostLike,
    Skill,
    SkillFollow,
    User,
)

READERS = {PostKind.TUTORIAL: 46, PostKind.ACHIEVEMENT: 34, PostKind.GENERAL: 24}
KEPT = {"ada": 4, "ben": 5, "cy": 2, "mo": 1}
FOLLOWS = {
    "ada": (
        "eleanor-pryce hannah-whitcombe camila-rojas gustavo-pimentel priya-raman owen-prosser"
    ),
    "ben": (
        "owen-prosser francoise-delacourt salma-farouk eleanor-pryce hannah-whitcombe linnea-ford"
        " mirela-hoxha"
    ),
    "cy": "kateryna-shevchuk peter-szabo mei-ling-tsai ben mikael-bergstrom",
    "mo": "marisol-arrieta nour-khalil mei-ling-tsai",
    "root": "marama-tuhoro",
}
MORE_SKILLS = {"ada": ("watercolour",), "ben": ("sourdough",), "cy": ("javascript",)}


class Likings:
    """Adds them to posts that are there, with dice of its own."""

    def __init__(
        self, people: Mapping[str, Person], users: Mapping[str, User], now: datetime
    ) -> None:
        self.people, self.users = people, users
        self.now = now.replace(microsecond=0)
        self.dice = random.Random("likes of the demo")
        self.crowd = [name for name in people if name not in LEADS]

    def fill(self, made: Sequence[Post]) -> None:
        """All of it, about these posts."""
        self._likes(made)
        self._comment_likes(made)
        self._kept(made)
        self._follow(made)
        self._follow_skills()

    def _likes(self, made: Sequence[Post]) -> None:
        rows = []
        of_leads = {self.users[name].id for name in LEADS}
        for post in made:
            share = max(self.dice.random() ** 1.5, 0.6 if post.author_id in of_leads else 0)
            many = round(READERS[post.kind] * share)
            some = self.dice.sample(self.crowd, many)
            leads = [name for name in LEADS[:3] if self.dice.random() < 0.4]
            rows += list(self._each(post, [*some, *leads]))
        db.session.execute(insert(PostLike), rows)
        counted = Counter(int(str(row["post_id"])) for row in rows)
        _count(Post, counted)

    def _each(self, post: Post, names: Sequence[str]) -> Iterator[dict[str, object]]:
        """A row for everybody who was here and did not write it, at some time since."""
        at = post.published_at or self.now
        for name in names:
            if self.people[name].joined_at < at and self.users[name].id != post.author_id:
                soon = min(self.now - MINUTE - at, 3 * DAY) * self.dice.random() ** 2
                moment = (at + soon).replace(microsecond=0)
                user_id = self.users[name].id
                yield {"post_id": post.id, "user_id": user_id, "created_at": moment}

    def _comment_likes(self, made: Sequence[Post]) -> None:
        ids = [post.id for post in made]
        said = db.session.execute(
            select(Comment.id, Comment.author_id, Comment.created_at)
            .where(Comment.post_id.in_(ids))
            .order_by(Comment.id)
        ).all()
        rows = []
        for one in said:
            for name in self.dice.sample(self.crowd, self.dice.choice((0, 0, 1, 2, 3, 6))):
                if self.people[name].joined_at < one.created_at and (
                    self.users[name].id != one.author_id
                ):
                    at = min(one.created_at + HOUR, self.now - MINUTE)
                    rows.append(
                        {"comment_id": one.id, "user_id": self.users[name].id, "created_at": at}
                    )
        db.session.execute(insert(CommentLike), rows)
        counted = Counter(row["comment_id"] for row in rows)
        _count(Comment, counted)

    def _kept(self, made: Sequence[Post]) -> None:
        rows = []
        lessons = [post for post in made if post.kind is PostKind.TUTORIAL]
        for name, many in KEPT.items():
            for post in self.dice.sample(lessons, many):
                rows += list(self._each(post, [name]))
        db.session.execute(insert(Bookmark), rows)

    def _follow(self, made: Sequence[Post]) -> None:
        """Everybody follows a few of those who write; the leads whom they would."""
        rows = db.session.execute(select(Follow.follower_id, Follow.followee_id))
        there = {(row.follower_id, row.followee_id) for row in rows}
        writers = sorted({post.author_id for post in made})
        pairs = {
            (self.users[name].id, other)
            for name in self.crowd
            for other in self.dice.sample(writers, self.dice.choice((0, 1, 2, 3, 5)))
        }
        for name, others in FOLLOWS.items():
            pairs |= {(self.users[name].id, self.users[other].id) for other in others.split()}
        joined = {self.users[name].id: one.joined_at for name, one in self.people.items()}
        db.session.execute(
            insert(Follow),
            [
                {
                    "follower_id": one,
                    "followee_id": other,
                    "created_at": self._between(max(joined[one], joined[other])),
                }
                for one, other in sorted(pairs)
                if one != other and (one, other) not in there
            ],
        )

    def _between(self, joined: datetime) -> datetime:
        span = (self.now - joined) * self.dice.random()
        return (joined + span).replace(microsecond=0)

    def _follow_skills(self) -> None:
        """What they want to learn, and the leads also what they teach."""
        ids = {row.slug: row.id for row in db.session.execute(select(Skill.slug, Skill.id))}
        rows = []
        for name, one in self.people.items():
            slugs = [*one.wanted, *MORE_SKILLS.get(name, ())]
            if name in LEADS or self.dice.random() < 0.5:
                rows += [
                    {
                        "user_id": self.users[name].id,
                        "skill_id": ids[slug],
                        "created_at": self._between(one.joined_at),
                    }
                    for slug in dict.fromkeys(slugs)
                ]
        db.session.execute(insert(SkillFollow), rows)


def _count(table: type[Post | Comment], counted: Mapping[int, int]) -> None:
    """Write how many like each."""
    rows = table.__table__
    assert isinstance(rows, Table)  # noqa: S101 - a class of the models has one
    statement = update(rows).where(rows.c.id == bindparam("key")).values(like_count=bindparam("n"))
    db.session.connection().execute(
        statement, [{"key": key, "n": many} for key, many in counted.items()]
    )
