"""What else might this person want to read, and why does it stand there?

A post stands as if it were so many hours younger for every reason there is to show it, so the
newest still comes first among equals and nothing good stays for ever. That place in time is a
number of the post's own, so pages do not shift while others write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, case, literal, select, union_all
from sqlalchemy.orm import aliased

from skillswap.db import EPOCH, db
from skillswap.domain.feed.sources import (
    BEFORE_AT,
    FLOOR,
    LAST_ID,
    MUTED,
    Rows,
    about,
    by,
    for_engine,
    heard,
    newest_of_each,
    older,
)
from skillswap.domain.posts import PostCard, cards_of
from skillswap.domain.teachers import VIEWER
from skillswap.domain.visibility import visible
from skillswap.lib.i18n import _
from skillswap.lib.keyset import PAGE_SIZE, AnySelect, Page, decode, encode
from skillswap.models import (
    Follow,
    LearningSession,
    Post,
    PostKind,
    PostLike,
    SessionState,
    SkillFollow,
    User,
    UserSkill,
    UserSkillKind,
)

WITHIN = timedelta(days=180)  # older posts are found on profiles and skill pages
POPULAR_WITHIN, POPULAR_FROM = timedelta(days=7), 5
# how far each kind of source is looked into, so that the work is bounded
OF_A_SKILL, OF_A_PARTNER, OF_A_LIKER, NEWEST = 10, 5, 2, 120
SESSIONS, TOPICS, LIKERS = 60, 30, 150


class Why(IntEnum):
    """What brings a post here; the first of several is printed."""

    TAUGHT_ME, I_TAUGHT, WANTED, OFFERED, TOPIC, LIKED, POPULAR, TUTORIAL, NEW = range(1, 10)


# so many hours younger; a post has as many reasons as there are
HOURS: Mapping[Why, int] = {
    Why.TAUGHT_ME: 60,
    Why.I_TAUGHT: 48,
    Why.WANTED: 48,
    Why.OFFERED: 20,
    Why.TOPIC: 20,
    Why.LIKED: 24,
    Why.POPULAR: 24,
    Why.TUTORIAL: 12,
    Why.NEW: 0,
}


# -- the statement: every source looked into a little, made once -----------------------------------


def _row(query: AnySelect, why: Any) -> AnySelect:
    """(post id, published_at, the source's id) with why."""
    return query.add_columns(why.label("why"))


def _constant(why: Why) -> ColumnElement[int]:
    return literal(int(why), Integer)


def _about_mine(*, lateral: bool) -> Sequence[AnySelect]:
    """About the skills I list, and the skills I have followed last."""
    offered = UserSkill.kind == UserSkillKind.OFFERED
    why = case((offered, _constant(Why.OFFERED)), else_=_constant(Why.WANTED))
    lines = (
        select(UserSkill.skill_id.label("id"), why.label("why"))
        .where(UserSkill.user_id == VIEWER)
        .cte("lines")
    )
    topics = (
        select(SkillFollow.skill_id.label("id"))
        .where(SkillFollow.user_id == VIEWER)
        .order_by(SkillFollow.created_at.desc(), SkillFollow.skill_id)
        .limit(TOPICS)
        .cte("topics")
    )
    mine = newest_of_each(lines, about(lines.c.id), OF_A_SKILL, lateral=lateral)
    followed = newest_of_each(topics, about(topics.c.id), OF_A_SKILL, lateral=lateral)
    return _row(mine, lines.c.why), _row(followed, _constant(Why.TOPIC))


def _by_partners(mine: Any, theirs: Any, why: Why, *, lateral: bool) -> AnySelect:
    """By those I had sessions with last, on one side of them."""
    met = (
        select(theirs.label("id"))
        .where(mine == VIEWER, LearningSession.state == SessionState.COMPLETED)
        .order_by(LearningSession.starts_at.desc())
        .limit(SESSIONS)
        .subquery()
    )
    people = (
        select(User.id.label("id"))
        .where(User.id.in_(select(met.c.id)), User.id.not_in(MUTED), visible(to=VIEWER))
        .cte(f"partners_{why}")
    )
    posts = newest_of_each(people, by(people.c.id), OF_A_PARTNER, lateral=lateral)
    return _row(posts, _constant(why))


def _liked(*, lateral: bool) -> AnySelect:
    """What those like whom I have followed last."""
    latest = (
        select(Follow.followee_id.label("id"))
        .where(Follow.follower_id == VIEWER)
        .order_by(Follow.created_at.desc(), Follow.followee_id)
        .limit(LIKERS)
        .subquery()
    )
    likers = (
        select(User.id.label("id"))
        .where(User.id.in_(select(latest.c.id)), User.id.not_in(MUTED), visible(to=VIEWER))
        .cte("likers")
    )
    query = select(PostLike.post_id.label("id"), PostLike.created_at).where(
        PostLike.user_id == likers.c.id, PostLike.created_at <= BEFORE_AT
    )
    likes = Rows(query, PostLike.post_id, PostLike.created_at)
    liked = newest_of_each(likers, likes, OF_A_LIKER, lateral=lateral).subquery()
    posts = (
        select(Post.id, Post.published_at, liked.c.source_id)
        .join(liked, liked.c.id == Post.id)
        .where(older(Post.published_at, Post.id), Post.published_at >= FLOOR, heard())
    )
    return _row(posts, _constant(Why.LIKED))


def _newest() -> AnySelect:
    """Whatever has been written last."""
    rows = (
        select(Post.id, Post.published_at, Post.author_id.label("source_id"))
        .where(
            older(Post.published_at, Post.id),
            Post.published_at >= FLOOR,
            Post.author_id != VIEWER,
            heard(),
        )
        .order_by(Post.published_at.desc(), Post.id.desc())
        .limit(NEWEST)
        .subquery()
    )
    return _row(select(rows), _constant(Why.NEW))


@for_engine
def _candidates(lateral: bool) -> AnySelect:
    """(id, published_at, source_id, why) of everything that might be shown, with its facts."""
    learner, teacher = LearningSession.learner_id, LearningSession.teacher_id
    found = union_all(
        *_about_mine(lateral=lateral),
        _by_partners(learner, teacher, Why.TAUGHT_ME, lateral=lateral),
        _by_partners(teacher, learner, Why.I_TAUGHT, lateral=lateral),
        _liked(lateral=lateral),
        _newest(),
    ).subquery("found")
    liker = aliased(User)
    return (
        select(found, Post.kind, Post.like_count, liker.first_name, liker.last_name)
        .join(Post, Post.id == found.c.id)
        .outerjoin(liker, and_(liker.id == found.c.source_id, found.c.why == int(Why.LIKED)))
        .where(Post.author_id != VIEWER)
        .order_by(found.c.id, found.c.why, found.c.source_id)
    )


# -- the order -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Candidate:
    """A post that might be shown, and everything that speaks for it."""

    id: int
    at: datetime
    whys: dict[Why, list[Any]] = field(default_factory=dict)  # the rows that say so

    @property
    def key(self) -> tuple[datetime, int]:
        """Its place, the latest first."""
        return self.at + timedelta(hours=sum(HOURS[why] for why in self.whys)), self.id


def for_you(person: User, cursor: str | None, now: datetime) -> Page:
    """Posts with the reason why each is shown, best first. Three statements.

    All pages of one visit look at what there was when it began, so nothing comes twice while
    others write.
    """
    began, last = _place_of(cursor, now)
    ranked = sorted(_gathered(person, began), key=lambda one: one.key, reverse=True)
    left = [one for one in ranked if last is None or one.key < last]
    shown = left[:PAGE_SIZE]
    cards = {card.id: card for card in cards_of([one.id for one in shown], person)}
    more = encode([began, *shown[-1].key]) if len(left) > len(shown) else None
    rows = [
        replace(cards[one.id], reason=_sentence(one, cards[one.id]))
        for one in shown
        if one.id in cards
    ]
    return Page(rows, more)


def _place_of(cursor: str | None, now: datetime) -> tuple[datetime, tuple[datetime, int] | None]:
    """When the visit began and the key of the last post shown; anew for a forged cursor."""
    match decode(cursor, 3) if cursor else None:
        case [datetime() as began, datetime() as at, int() as key] if began <= now:
            return began, (at, key)
    return now, None


def _gathered(person: User, began: datetime) -> list[_Candidate]:
    """What the sources hold, each post once. One statement."""
    looked = {
        "viewer_id": person.id,
        "before_at": began,
        "before_id": LAST_ID,
        "floor": max(began - WITHIN, EPOCH),
    }
    found: dict[int, _Candidate] = {}
    for row in db.session.execute(_candidates(), looked):
        one = found.setdefault(row.id, _Candidate(row.id, row.published_at))
        why = Why(row.why)
        if (why is Why.WANTED and not person.learning) or (
            why is Why.OFFERED and not person.teaching
        ):
            why = Why.NEW
        one.whys.setdefault(why, []).append(row)
        if row.kind is PostKind.TUTORIAL:
            one.whys.setdefault(Why.TUTORIAL, [])
        if row.like_count >= POPULAR_FROM and row.published_at > began - POPULAR_WITHIN:
            one.whys.setdefault(Why.POPULAR, [])
    return list(found.values())


# -- the words -------------------------------------------------------------------------------------


def _sentence(one: _Candidate, card: PostCard) -> str | None:
    """The strongest reason, in words; None where it is simply new."""
    why = min(one.whys)
    sources = {row.source_id for row in one.whys[why]}
    skill = next((skill.name for skill in card.skills if skill.id in sources), "")
    about = card.skills[0].name if card.skills else ""
    liker = next((f"{row.first_name} {row.last_name}".strip() for row in one.whys[why]), "")
    words = {
        Why.TAUGHT_ME: _("Here because {author} taught you"),
        Why.I_TAUGHT: _("Here because you taught {author}"),
        Why.WANTED: _("Here because you want to learn {skill}"),
        Why.OFFERED: _("Here because you teach {skill}"),
        Why.TOPIC: _("Here because you follow {skill}"),
        Why.LIKED: _("Here because {liker}, whom you follow, likes it"),
        Why.POPULAR: _("Popular this week"),
        Why.TUTORIAL: _("A new tutorial about {about}") if about else "",
    }
    sentence = words.get(why, "")
    return sentence.format(author=card.author.name, skill=skill, liker=liker, about=about) or None
