"""How are the rows of a post written? What is made of its words, and what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update

from skillswap.db import db
from skillswap.domain import pictures
from skillswap.domain.posts.checking import Words
from skillswap.domain.visibility import visible
from skillswap.errors import NotFound
from skillswap.lib.markdown import RULES_VERSION, render_post
from skillswap.models import PartnerConsent, Post, PostKind, PostSkill, PostState, Skill, User

KEY_MOST = 40
Chosen = Sequence[tuple[str, str]]  # names of pictures, and the words for who cannot see them


def find_mine(person: User, public_id: str) -> Post:
    """A post or draft of this person's own. Raises NotFound for others' and deleted ones."""
    post = db.session.scalar(
        select(Post).where(
            Post.public_id == public_id,
            Post.author_id == person.id,
            Post.state != PostState.DELETED,
        )
    )
    if post is None:
        raise NotFound("post")
    return post


def locked(person: User, public_id: str) -> Post:
    """Their own post, deleted or not, with nobody else writing it. Raises NotFound."""
    post = db.session.scalar(
        select(Post)
        .where(Post.public_id == public_id, Post.author_id == person.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if post is None:
        raise NotFound("post")
    return post


def written_with(person: User, key: str) -> Post | None:
    """What this form has written already. Locks: two clicks come one after the other."""
    db.session.execute(select(User.id).where(User.id == person.id).with_for_update(key_share=True))
    if not key:
        return None
    return db.session.scalar(
        select(Post)
        .where(Post.author_id == person.id, Post.client_key == key[:KEY_MOST])
        .execution_options(populate_existing=True)
    )


def partner_to_name(person: User, key: str) -> User | None:
    """Who can be asked for their name on the post of that form: the partner of its exchange, if
    they are there and have not said no. One statement, or none."""
    if not key:
        return None
    asked = or_(Post.partner_consent.is_(None), Post.partner_consent != PartnerConsent.REFUSED)
    return db.session.scalar(
        select(User)
        .join(Post, Post.partner_id == User.id)
        .where(Post.author_id == person.id, Post.client_key == key, asked, visible(to=person.id))
    )


def fresh(person: User, key: str, now: datetime) -> Post:
    """An empty draft of theirs, not yet in the table."""
    return Post(
        author_id=person.id,
        kind=PostKind.GENERAL,
        state=PostState.DRAFT,
        title="",
        body="",
        rules_version=RULES_VERSION,
        client_key=key[:KEY_MOST] or None,
        created_at=now,
    )


def set_words(post: Post, words: Words) -> None:
    """Put these words, and what is made of them, into the post and its skills."""
    post.kind, post.title = words.kind, words.title
    if words.body != post.body or post.rules_version < RULES_VERSION or not post.body_html:
        post.body = words.body
        made = render_post(words.body)
        post.body_html, post.lead_html, post.is_long = made.html, made.lead, made.is_long
        post.word_count, post.rules_version = made.words, RULES_VERSION
    db.session.add(post)
    db.session.flush()
    _set_skills(post, words)


def clear_words(post: Post) -> None:
    """Leave the row and forget what it said."""
    post.title = post.body = post.body_html = post.lead_html = ""
    post.is_long, post.word_count = False, 0
    post.partner_id = post.partner_consent = post.partner_by = None
    db.session.flush()


def set_pictures(post: Post, chosen: Chosen) -> None:
    """Show these pictures, in this order; those left out are forgotten."""
    pictures.attach(post, chosen)


def pictures_of(post: Post) -> list[tuple[str, str]]:
    """Names and words of its pictures, in their order. One statement."""
    return [(one.name, one.alt) for one in pictures.of([post.id])[post.id]]


def skills_of(post: Post) -> Sequence[Skill]:
    """The skills it is about, in the order they were chosen. One statement."""
    return db.session.scalars(
        select(Skill)
        .join(PostSkill, PostSkill.skill_id == Skill.id)
        .where(PostSkill.post_id == post.id)
        .order_by(PostSkill.place)
    ).all()


def _set_skills(post: Post, words: Words) -> None:
    db.session.execute(delete(PostSkill).where(PostSkill.post_id == post.id))
    rows = [
        {"post_id": post.id, "skill_id": skill.id, "place": place, "published_at": _findable(post)}
        for place, skill in enumerate(words.skills)
    ]
    if rows:
        db.session.execute(insert(PostSkill), rows)


def follow_state(post: Post) -> None:
    """Let its skills lead to the post while it is published, and only then."""
    db.session.execute(
        update(PostSkill)
        .where(PostSkill.post_id == post.id)
        .values(published_at=_findable(post))
        .execution_options(synchronize_session=False)
    )


def _findable(post: Post) -> datetime | None:
    return post.published_at if post.state is PostState.PUBLISHED else None
