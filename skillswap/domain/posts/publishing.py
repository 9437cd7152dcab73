"""How does a post reach others, and how does it go?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from skillswap.domain import consents, events
from skillswap.domain.posts import checking
from skillswap.domain.posts.checking import Words
from skillswap.domain.posts.keeping import (
    KEY_MOST,
    Chosen,
    clear_words,
    follow_state,
    fresh,
    locked,
    pictures_of,
    set_pictures,
    set_words,
    skills_of,
    written_with,
)
from skillswap.errors import NotFound, Taken, WrongState
from skillswap.models import Post, PostKind, PostState, User


def publish(
    person: User,
    *,
    kind: PostKind,
    title: str,
    body: str,
    now: datetime,
    skills: Sequence[str] = (),
    pictures: Chosen = (),
    client_key: str = "",
    named: bool | None = None,
) -> Post:
    """Post it. A draft with that `client_key` becomes the post; a second click finds it posted.

    `skills` are names or slugs of the catalogue; `named` is whether to ask the partner of its
    exchange for their name, None as the draft has it. Raises Refused by the first rule that says
    no, TooMany when the day's posts are used up.
    """
    checking.prepare(body)
    post = written_with(person, client_key)
    if post is not None and post.state is not PostState.DRAFT:
        if _says(post, title, body):
            return post
        # gone back to a form whose post is there already, or gone: this is another one
        client_key = sha256(f"{client_key}\n{title}\n{body}".encode()).hexdigest()[:KEY_MOST]
        post = written_with(person, client_key)
        if post is not None and post.state is not PostState.DRAFT:
            return post
    checking.check_may_publish(person, now)
    words = checking.checked(person, kind=kind, title=title, body=body, skills=skills)
    checking.check_quota(person, now)
    post = post or fresh(person, client_key, now)
    post.move_to(PostState.PUBLISHED)
    post.published_at, post.edited_at = now, None
    _write(post, words, pictures)
    consents.wish(post, named=named)
    _record("post.published", person, post, now)
    return post


def edit(
    person: User,
    public_id: str,
    *,
    kind: PostKind,
    title: str,
    body: str,
    version: int,
    now: datetime,
    skills: Sequence[str] = (),
    pictures: Chosen = (),
    named: bool | None = None,
) -> Post:
    """Put other words into a post; it says that it was edited. The same again is harmless.

    `version` is that of the text the editor began with. Raises Taken when it has been changed
    meanwhile, Refused by the first rule that says no, WrongState for a draft or a hidden post,
    NotFound for others' posts and deleted ones.
    """
    checking.prepare(body)
    post = locked(person, public_id)
    if post.state is PostState.DELETED:
        raise NotFound("post")
    if post.state is not PostState.PUBLISHED:
        raise WrongState("post", post.state)
    words = checking.checked(person, kind=kind, title=title, body=body, skills=skills)
    same = _stands(post, words, pictures)
    if same and not consents.would_change(post, named=named):
        return post
    if version != post.version:
        raise Taken("body", "post_changed")
    if not same:
        post.edited_at = now
        _write(post, words, pictures)
    consents.wish(post, named=named)
    _record("post.edited", person, post, now)
    return post


def delete(person: User, public_id: str, *, now: datetime) -> Post:
    """Take a post or a draft away for good: its row stays, without words and pictures.

    Harmless when repeated. Raises NotFound for others'.
    """
    post = locked(person, public_id)
    if post.state is PostState.DELETED:
        return post
    was_read = post.state is not PostState.DRAFT
    post.move_to(PostState.DELETED)
    clear_words(post)
    set_pictures(post, ())
    follow_state(post)
    if was_read:
        events.record(
            "post.deleted", actor=person, subject=post, to=[], now=now, gone=True, kind=post.kind
        )
    return post


def _write(post: Post, words: Words, pictures: Chosen) -> None:
    set_words(post, words)
    set_pictures(post, pictures)


def _record(kind: str, person: User, post: Post, now: datetime) -> None:
    events.record(
        kind, actor=person, subject=post, to=[], now=now, title=post.title, kind=post.kind
    )


def _says(post: Post, title: str, body: str) -> bool:
    """Whether that is what the post says already."""
    said = (post.title, post.body)
    return said == (checking.title_of(title), checking.body_of(body))


def _stands(post: Post, words: Words, pictures: Chosen) -> bool:
    """Whether nothing of it is different."""
    return (
        (post.kind, post.title, post.body) == (words.kind, words.title, words.body)
        and [skill.id for skill in skills_of(post)] == [skill.id for skill in words.skills]
        and pictures_of(post) == list(pictures)
    )
