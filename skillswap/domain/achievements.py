"""What may somebody write about an exchange that is completed, and what does its partner say?

The draft is made of facts and calls the partner "my partner". Whether their name stands beside it
is theirs to say (`consents.py`): they agree to the words they have read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager

from skillswap.db import db
from skillswap.domain import consents, events, exchanges, posts
from skillswap.domain.exchanges import LegLine
from skillswap.domain.posts import readable
from skillswap.errors import NotFound, Taken, WrongState
from skillswap.lib.clock import local
from skillswap.lib.i18n import _, ngettext
from skillswap.models import (
    Exchange,
    ExchangeLeg,
    ExchangeState,
    PartnerConsent,
    Post,
    PostKind,
    PostState,
    User,
)
from skillswap.models.post import IS_ASKED

WRITTEN = (PostState.DRAFT, PostState.PUBLISHED, PostState.HIDDEN)


# -- the draft ------------------------------------------------------------------------------------


def begin_achievement(person: User, exchange_public_id: str, *, now: datetime) -> Post:
    """The draft about a completed exchange, or what this person has written about it already.

    One of each for an exchange. Raises NotFound for others, WrongState before it is completed.
    """
    exchange = exchanges.exchange_of(person, exchange_public_id)
    exchanges.lock_people(person.id)
    if (post := written_about(person, exchange)) is not None:
        return post
    state = exchanges.stands(exchange, now)
    if state is not ExchangeState.COMPLETED:
        raise WrongState("exchange", state)
    legs = [leg for leg in exchanges.leg_lines([exchange.id], person, now)[exchange.id] if leg.kept]
    return posts.start(
        person,
        kind=PostKind.ACHIEVEMENT,
        title=title_of(legs),
        body=body_of(legs, local(exchange.opened_at, person.timezone).short_day),
        skills=_slugs(exchange, legs),
        exchange=exchange,
        partner=exchange.partner_of(person),
        now=now,
    )


def _slugs(exchange: Exchange, legs: Sequence[LegLine]) -> list[str]:
    by_id: dict[int, ExchangeLeg] = {leg.id: leg for leg in exchange.legs}
    return [by_id[leg.id].skill.slug for leg in legs]


def written_about(person: User, exchange: Exchange) -> Post | None:
    """What this person has written about that exchange, or begun to. One statement."""
    return db.session.scalar(
        select(Post).where(
            Post.exchange_id == exchange.id,
            Post.author_id == person.id,
            Post.state.in_(WRITTEN),
        )
    )


def title_of(legs: Sequence[LegLine]) -> str:
    """What the draft is headed by."""
    names = [leg.skill for leg in legs]
    if len(names) == 2:
        return _("{learned} for {taught}: our exchange is complete").format(
            learned=names[0], taught=names[1]
        )
    return _("{skill}: our exchange is complete").format(skill=names[0] if names else _("Done"))


def body_of(legs: Sequence[LegLine], since: str) -> str:
    """A few plain sentences to go on from, without the partner's name."""
    told = [
        _("Since {day} my partner and I have met for {what}.").format(day=since, what=_all(legs))
    ]
    ways = {leg.i_teach for leg in legs}
    if ways == {False}:
        told.append(_("I came to learn, and I go on by myself with a list of what to practise."))
        told.append(_("Thank you to my partner for the time and the patience."))
    elif ways == {True}:
        told.append(
            _("I taught, and found out how much better one knows a thing by explaining it.")
        )
        told.append(_("Thank you to my partner for every question."))
    else:
        told.append(_("Each of us was the beginner for half of the way, which I recommend."))
        told.append(_("Thank you to my partner for both halves."))
    return "\n\n".join((" ".join(told[:2]), told[2]))


def _all(legs: Sequence[LegLine]) -> str:
    """ "3 sessions of Piano (2.5 hours) and 1 session of Spanish (1 hour)"."""
    said = [
        ngettext(
            "{count} session of **{skill}**", "{count} sessions of **{skill}**", leg.kept
        ).format(count=leg.kept, skill=leg.skill)
        + f" ({hours_of(leg.minutes)})"
        for leg in legs
    ]
    return _(" and ").join(said)


def hours_of(minutes: int) -> str:
    """ "45 minutes", "1 hour", "2.25 hours"."""
    if minutes < 60:
        return _("{count} minutes").format(count=minutes)
    return ngettext("{count} hour", "{count} hours", 1 if minutes == 60 else 2).format(
        count=f"{minutes / 60:.2f}".rstrip("0").rstrip(".")
    )


# -- the partner's word ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Naming:
    """What somebody is asked, or has said, about their name on a post of their partner."""

    public_id: str
    title: str
    author: User
    state: PartnerConsent | None  # by the clock; none: nobody asks any more
    by: datetime | None  # until when they are asked
    seen: str  # which words these are


def _about(person: User) -> Select[Post]:
    """The published posts that could name this person, with their authors."""
    return (
        select(Post)
        .join(Post.author)
        .where(Post.partner_id == person.id, readable(person))
        .options(contains_eager(Post.author))
        .execution_options(populate_existing=True)
    )


def naming_of(person: User, public_id: str, now: datetime) -> Naming:
    """How it stands for the partner of a post. Raises NotFound for anybody else."""
    post = db.session.scalar(_about(person).where(Post.public_id == public_id))
    if post is None:
        raise NotFound("post")
    return _naming(post, now)


def namings_of(person: User, now: datetime, limit: int) -> list[Naming]:
    """Who asks to name this person, the one with the least time first. One statement."""
    waiting = _about(person).where(IS_ASKED, Post.partner_by > now)
    rows = db.session.scalars(waiting.order_by(Post.partner_by, Post.id).limit(limit))
    return [_naming(post, now) for post in rows]


def _naming(post: Post, now: datetime) -> Naming:
    state = consents.stands(post, now)
    asked = state is PartnerConsent.ASKED
    return Naming(
        post.public_id,
        post.title,
        post.author,
        state,
        post.partner_by if asked else None,
        _key(post),
    )


def _key(post: Post) -> str:
    """Which words these are: those since the last edit."""
    at = post.edited_at or post.published_at
    return at.isoformat() if at else ""


def agree_to_naming(person: User, public_id: str, *, seen: str, now: datetime) -> Post:
    """Say yes: from now on the name stands there, until the words change or it is taken back.

    Raises Taken when the words are not those that were read, WrongState when nobody asks.
    """
    post = _locked(person, public_id)
    _check(post, PartnerConsent.ASKED, now)
    if seen != _key(post):
        raise Taken("", "words_changed", author=post.author.first_name)
    consents.say(post, PartnerConsent.AGREED)
    events.record(
        "post.partner_agreed",
        actor=person,
        subject=post,
        to=[post.author],
        now=now,
        title=post.title,
        kind=post.kind,
    )
    return post


def refuse_naming(person: User, public_id: str, *, now: datetime) -> Post:
    """Say no: the post stays as it is, without a name, and nobody asks again.

    Raises WrongState when nobody asks.
    """
    post = _locked(person, public_id)
    _check(post, PartnerConsent.ASKED, now)
    _unname(post, now)
    return post


def withdraw_naming(person: User, public_id: str, *, now: datetime) -> Post:
    """Take a yes back: the name leaves at once. Raises WrongState when it does not stand there."""
    post = _locked(person, public_id)
    _check(post, PartnerConsent.AGREED, now)
    _unname(post, now)
    return post


def _locked(person: User, public_id: str) -> Post:
    query = _about(person).where(Post.public_id == public_id)
    post = db.session.scalar(query.with_for_update(of=Post))
    if post is None:
        raise NotFound("post")
    return post


def _check(post: Post, expected: PartnerConsent, now: datetime) -> None:
    state = consents.stands(post, now)
    if state is not expected:
        raise WrongState("naming", state or "none")


def _unname(post: Post, now: datetime) -> None:
    """The author reads the same words after a no, a silence and a yes taken back."""
    consents.say(post, PartnerConsent.REFUSED)
    if post.state is PostState.PUBLISHED:
        events.record(
            "post.partner_unnamed",
            actor=None,
            subject=post,
            to=[post.author],
            now=now,
            title=post.title,
            kind=post.kind,
        )


def lapse_due(now: datetime, limit: int) -> int:
    """Write the no of those who were silent for 14 days, and tell the author; returns how many."""
    due = db.session.scalars(
        select(Post)
        .join(Post.author)
        .where(IS_ASKED, Post.partner_by <= now)
        .options(contains_eager(Post.author))
        .order_by(Post.id)
        .limit(limit)
        .with_for_update(of=Post, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for post in due:
        _unname(post, now)
    return len(due)
