"""What may a post hold? The rules of its words and skills, in the order in which they say no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from skillswap.db import db
from skillswap.domain import email_links, skills
from skillswap.domain.limits import check_free, limits_of
from skillswap.errors import Refused, TooMany
from skillswap.lib.clock import relative
from skillswap.lib.markdown import render_markdown, render_post
from skillswap.lib.text import Unprintable, clean_body, clean_line
from skillswap.models import Post, PostKind, Skill, SkillState, User
from skillswap.models.post import BODY_MOST, SKILLS_MOST, TITLE_MOST

TITLE_LEAST = 3
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody says in a post, cleaned."""

    kind: PostKind
    title: str
    body: str
    skills: Sequence[Skill]  # in the order they were chosen


def checked(person: User, *, kind: PostKind, title: str, body: str, skills: Sequence[str]) -> Words:
    """The words of a post that others will read. Raises Refused by the first rule."""
    words = kept(person, kind=kind, title=title, body=body, skills=skills)
    tutorial = kind is PostKind.TUTORIAL
    if tutorial and not words.title:
        raise Refused("title", "title_needed")
    if 0 < len(words.title) < TITLE_LEAST:
        raise Refused("title", "title_short", limit=TITLE_LEAST)
    if not words.body:
        raise Refused("body", "post_empty")
    if tutorial and not words.skills:
        raise Refused("skill", "tutorial_skill")
    return words


def kept(person: User, *, kind: PostKind, title: str, body: str, skills: Sequence[str]) -> Words:
    """The words as a draft holds them: little need be there. Raises Refused for what cannot be."""
    return Words(kind, title_of(title), body_of(body), chosen(person, skills))


def title_of(title: str) -> str:
    """A title, cleaned; may be empty. Raises Refused."""
    try:
        title = clean_line(title)
    except Unprintable:
        raise Refused("title", "control_characters") from None
    if len(title) > TITLE_MOST:
        raise Refused("title", "too_long", limit=TITLE_MOST)
    return title


def body_of(body: str) -> str:
    """A text, cleaned; may be empty. Raises Refused."""
    try:
        body = clean_body(body)
    except Unprintable:
        raise Refused("body", "control_characters") from None
    if len(body) > BODY_MOST:
        raise Refused("body", "too_long", limit=f"{BODY_MOST:,}")
    return body


def known(slugs: Sequence[str]) -> list[Skill]:
    """The skills of the catalogue with these slugs, in their order. One statement, or none."""
    few = [slug for slug in slugs if "\x00" not in slug][: 2 * SKILLS_MOST]
    if not few:
        return []
    rows = db.session.scalars(
        select(Skill).where(Skill.slug.in_(few), Skill.state == SkillState.ACTIVE)
    )
    return sorted(rows, key=lambda skill: few.index(skill.slug))


def chosen(person: User, typed: Sequence[str]) -> list[Skill]:
    """The skills of the catalogue by names, aliases or slugs, each once. Raises Refused."""
    found: dict[int, Skill] = {}
    by_slug = {skill.slug: skill for skill in known(typed)}
    for name in typed[: 2 * SKILLS_MOST]:
        skill = by_slug.get(name) or skills.find_skill(person, name)
        if skill is None:
            raise Refused("skill", "post_skill_unknown")
        if skill.state is not SkillState.ACTIVE:  # nobody else could find it by this skill
            raise Refused("skill", "post_skill_waits", skill=skill.name)
        found[skill.id] = skill
    if len(found) > SKILLS_MOST:
        raise Refused("skill", "post_skills_most", limit=SKILLS_MOST)
    return list(found.values())


def look(title: str, body: str) -> tuple[str, str]:
    """How a title and a text will read: the title, and the text as HTML. Raises Refused."""
    return title_of(title), render_markdown(body_of(body))


def prepare(body: str) -> None:
    """Make a text's markup, which is remembered, before any row is locked. Raises Refused."""
    render_post(body_of(body))


def check_may_publish(person: User, now: datetime) -> None:
    """Raises Refused while staff have limited this person, or their address is not confirmed."""
    check_free(person, now, "body")
    if email_links.is_unconfirmed(person):
        raise Refused("body", "unconfirmed_post", email=person.email)


def check_quota(person: User, now: datetime) -> None:
    """Raises TooMany when the day's posts are used up; deleted ones count for their day too."""
    today = select(func.count(), func.min(Post.published_at)).where(
        Post.author_id == person.id, Post.published_at > now - DAY
    )
    made, oldest = db.session.execute(today).one()
    limit = limits_of(person, now).posts_per_day
    if oldest is not None and made >= limit:
        next_at = oldest + DAY
        seconds = int((next_at - now).total_seconds()) + 1
        raise TooMany("body", "posts_today", seconds, limit=limit, when=relative(next_at, now))
