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

from sqlalchemy import ColumnElement, Integer, and_, case, func, literal, select, union_all
from sqlalchemy.orm import aliased

from skillswap.db import EPOCH, UtcDateTime, db
from skillswap.domain.feed.sources import (
    FLOOR,
    LAST_ID,
    MUTED,
    about_each,
    by_each,
    heard,
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


def _about_mine() -> Sequence[AnySelect]:
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
    return (
        _row(about_each(lines, OF_A_SKILL), lines.c.why),
        _row(about_each(topics, OF_A_SKILL), _constant(Why.TOPIC)),
    )


def _by_partners(mine: Any, theirs: Any, why: Why) -> AnySelect:
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
    return _row(by_each(people, OF_A_PARTNER), _constant(why))


def _liked() -> AnySelect:
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
    nth = aliased(PostLike)
    last = (
        select(nth.created_at)
        .where(nth.user_id == likers.c.id, nth.created_at >= FLOOR)
        .order_by(nth.created_at.desc())
        .limit(1)
        .offset(OF_A_LIKER - 1)
        .correlate(likers)
        .scalar_subquery()
    )
    since = func.coalesce(last, FLOOR, type_=UtcDateTime())
    liked = (
        select(Post.id, Post.published_at, likers.c.id.label("source_id"))
        .select_from(likers)
        .join(PostLike, and_(PostLike.user_id == likers.c.id, PostLike.created_at >= since))
        .join(Post, Post.id == PostLike.post_id)
        .where(older(Post.published_at, Post.id), Post.published_at >= FLOOR, heard())
    )
    return _row(liked, _constant(Why.LIKED))


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


def _candidates() -> AnySelect:
    found = union_all(
        *_about_mine(),
        _by_partners(LearningSession.learner_id, LearningSession.teacher_id, Why.TAUGHT_ME),
        _by_partners(LearningSession.teacher_id, LearningSession.learner_id, Why.I_TAUGHT),
        _liked(),
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


_CANDIDATES = _candidates()


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
    for row in db.session.execute(_CANDIDATES, looked):
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
