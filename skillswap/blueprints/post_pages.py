"""The page of a post, and what a reader does with it: like it, save it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.addresses import absolute
from skillswap.blueprints.posts import bp
from skillswap.db import transaction
from skillswap.domain import bookmarks, comments, follows, likes, posts, profiles, reliability
from skillswap.domain.posts import PostCard
from skillswap.domain.posts.neighbours import more_by
from skillswap.forms.base import Form
from skillswap.forms.comments import CommentForm
from skillswap.lib.clock import utcnow
from skillswap.lib.text import beginning_of
from skillswap.onward import came_from
from skillswap.web import after_post, cursor, me, render, viewer

DESCRIBED = 155  # characters that a search engine shows


@bp.get("/<public_id>")
def show(public_id: str) -> ResponseReturnValue:
    """A post with all its words and what was said below it; for htmx the further comments."""
    return render("posts/show.html", "posts/_comments.html", **shown(public_id))


def shown(public_id: str, form: Form | None = None) -> dict[str, Any]:
    """What the page prints. Eleven statements at most."""
    reader, now = viewer(), utcnow()
    card = counted(posts.card(public_id, reader))
    return {
        "card": card,
        "words": beginning_of(card.html, DESCRIBED),
        "found": comments.comments_of(card, reader, cursor()),
        "form": form or CommentForm.fresh(),
        "more": more_by(card, reader),
        "absolute": absolute,
        "now": now,
        **_author(card),
    }


def _author(card: PostCard) -> dict[str, Any]:
    """Who wrote it, for somebody else."""
    if card.mine:
        return {"profile": None}
    now = utcnow()
    profile = profiles.profile_of(card.author.username, viewer(), now)
    return {
        "profile": profile,
        "person": profile.person,
        "kept": reliability.shown(profile.person, now),
        "follow": follows.facts_of(profile.person, viewer()) if viewer() else None,
    }


def counted(card: PostCard) -> PostCard:
    """The card with the number of comments that are there for this reader."""
    return replace(card, comment_count=comments.count_of(card, viewer()))


# -- like and save --------------------------------------------------------------------------------


@bp.post("/<public_id>/like")
@login_required
def like(public_id: str) -> ResponseReturnValue:
    """Like it."""
    return _done(public_id, lambda: likes.like_post(me(), public_id, utcnow()))


@bp.post("/<public_id>/unlike")
@login_required
def unlike(public_id: str) -> ResponseReturnValue:
    """Like it no more."""
    return _done(public_id, lambda: likes.unlike_post(me(), public_id, utcnow()))


@bp.post("/<public_id>/bookmark")
@login_required
def bookmark(public_id: str) -> ResponseReturnValue:
    """Save it for later."""
    return _done(public_id, lambda: bookmarks.bookmark(me(), public_id, utcnow()))


@bp.post("/<public_id>/unbookmark")
@login_required
def unbookmark(public_id: str) -> ResponseReturnValue:
    """Save it no more."""
    return _done(public_id, lambda: bookmarks.unbookmark(me(), public_id))


def _done(public_id: str, verb: Callable[[], object]) -> ResponseReturnValue:
    """Back to where the card stands; for htmx its bar alone."""
    with transaction():
        verb()
    url = came_from(url_for(".show", public_id=public_id))
    card = posts.card(public_id, me())
    return after_post(f"{url}#post-{public_id}", "posts/_bar.html", card=card)
