"""Whom to follow, and which tutorials to start with?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, func, literal, null, select, union_all
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain.feed.sources import MUTED, heard
from skillswap.domain.posts.cards import face
from skillswap.domain.teachers import VIEWER, Mine, skill_of_mine
from skillswap.domain.visibility import visible
from skillswap.lib.i18n import _
from skillswap.models import Follow, Post, PostKind, PostSkill, Skill, TeacherListing, User
from skillswap.models.skill import UserSkillKind

SHOWN = 3
# how far each source is looked into
WANTS_MOST, TEACHERS = 6, 20
FOLLOWED, OF_EACH, BEST, NEWEST = 40, 200, 12, 200


@dataclass(frozen=True, slots=True)
class Suggested:
    """Somebody to follow, and why."""

    username: str
    name: str
    initials: str
    hue: int
    avatar_url: str | None
    line: str


@dataclass(frozen=True, slots=True)
class Tutorial:
    """A tutorial as a link."""

    public_id: str
    title: str
    author: str
    skill: str  # the one the reader wants to learn, or ""


@dataclass(slots=True)
class _Found:
    row: Any
    teaches: str = ""
    friends: list[str] = field(default_factory=list)


def _people_query() -> Any:
    """(user_id, skill, friend's id): teachers of what I want, whom those I follow follow, the
    best rated; each source looked into a little.
    """
    teachers = union_all(*(_best_teaching(place) for place in range(WANTS_MOST))).subquery()
    mine = (
        select(Follow.followee_id)
        .where(Follow.follower_id == VIEWER)
        .order_by(Follow.created_at.desc(), Follow.followee_id)
        .limit(FOLLOWED)
        .subquery()
    )
    friends = (
        select(Follow.followee_id, null().label("name"), Follow.follower_id)
        .where(Follow.follower_id.in_(select(mine.c.followee_id)))
        .limit(OF_EACH)
        .subquery()
    )
    best = (
        select(User.id, null().label("name"), literal(0, BigInteger).label("friend_id"))
        .where(User.teaching, User.paused.is_(None), visible(to=VIEWER))
        .order_by(User.rating_rank.desc(), User.last_seen_at.desc(), User.id.desc())
        .limit(BEST)
        .subquery()
    )
    return union_all(select(teachers), select(friends), select(best)).subquery("found")


def _best_teaching(place: int) -> Any:
    """The best rated teachers of the skill wanted in that place, by the lists' own index."""
    row = TeacherListing
    best = (
        select(row.user_id, row.skill_id)
        .where(row.skill_id == skill_of_mine(UserSkillKind.WANTED, place))
        .order_by(row.rank.desc(), row.user_id.desc())
        .limit(TEACHERS)
        .subquery()
    )
    return select(
        best.c.user_id.label("id"), Skill.name, literal(0, BigInteger).label("friend_id")
    ).join(Skill, Skill.id == best.c.skill_id)


def _suggested_query() -> Any:
    found = _people_query()
    user_id, skill, friend_id = found.c
    friend = aliased(User)
    known = select(Follow.followee_id).where(Follow.follower_id == VIEWER)
    columns = (User.id, User.username, User.first_name, User.last_name, User.avatar)
    return (
        select(
            *(column.label(f"user_{column.key}") for column in columns),
            User.rating_rank,
            User.headline,
            skill.label("skill"),
            func.coalesce(friend.first_name, "").label("friend"),
        )
        .join(User, User.id == user_id)
        .outerjoin(friend, (friend.id == friend_id) & visible(friend, to=VIEWER))
        .where(
            User.id != VIEWER,
            User.id.not_in(known),
            User.id.not_in(MUTED),
            visible(to=VIEWER),
        )
        .order_by(User.id, skill, friend_id)
    )


_PEOPLE = _suggested_query()


def people_to_follow(person: User, most: int = SHOWN) -> list[Suggested]:
    """Not those they follow already or have muted: who teaches what they want, whom those they
    follow follow, and then the best rated. One statement.
    """
    found: dict[int, _Found] = {}
    for row in db.session.execute(_PEOPLE, {"viewer_id": person.id}):
        one = found.setdefault(row.user_id, _Found(row))
        if row.skill and person.learning:
            one.teaches = one.teaches or row.skill
        if row.friend:
            one.friends.append(row.friend)
    ranked = sorted(found.values(), key=_rank, reverse=True)
    return [_suggested(one) for one in ranked[:most]]


def _rank(one: _Found) -> tuple[int, int, int]:
    row = one.row
    return 2 * bool(one.teaches) + min(len(one.friends), 5), row.rating_rank, row.user_id


def _suggested(one: _Found) -> Suggested:
    if one.teaches:
        line = _("Teaches {skill}").format(skill=one.teaches)
    elif len(one.friends) > 1:
        sentence = _("Followed by {name} and {more} more")
        line = sentence.format(name=one.friends[0], more=len(one.friends) - 1)
    elif one.friends:
        line = _("Followed by {name}").format(name=one.friends[0])
    else:
        line = one.row.headline
    shown = face(one.row, "user_")
    return Suggested(shown.username, shown.name, shown.initials, shown.hue, shown.avatar_url, line)


def _tutorials_query() -> Any:
    """The newest posts that are tutorials: about what I want first, then the most liked."""
    newest = (
        select(Post.id)
        .where(heard(), Post.author_id != VIEWER)
        .order_by(Post.published_at.desc(), Post.id.desc())
        .limit(NEWEST)
        .subquery()
    )
    wanted = (
        select(func.min(Skill.name))
        .join(PostSkill, PostSkill.skill_id == Skill.id)
        .join(Mine, Mine.skill_id == Skill.id)
        .where(
            PostSkill.post_id == Post.id,
            Mine.user_id == VIEWER,
            Mine.kind == UserSkillKind.WANTED,
        )
        .correlate(Post)
        .scalar_subquery()
        .label("skill")
    )
    return (
        select(Post.public_id, Post.title, User.first_name, User.last_name, wanted)
        .join(User, User.id == Post.author_id)
        .where(Post.id.in_(select(newest.c.id)), Post.kind == PostKind.TUTORIAL)
        .order_by(wanted.element.is_(None), Post.like_count.desc(), Post.id.desc())
        .limit(SHOWN)
    )


_TUTORIALS = _tutorials_query()


def tutorials_to_start(person: User) -> Sequence[Tutorial]:
    """A few of the latest tutorials: about what this person wants first. One statement."""
    return [
        Tutorial(
            row.public_id, row.title, f"{row.first_name} {row.last_name}".strip(), row.skill or ""
        )
        for row in db.session.execute(_TUTORIALS, {"viewer_id": person.id})
    ]
