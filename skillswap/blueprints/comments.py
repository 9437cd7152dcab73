"""What is said below posts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.blueprints.post_pages import counted, shown
from skillswap.db import transaction
from skillswap.domain import comments, likes, posts
from skillswap.errors import Refused
from skillswap.forms.base import Form
from skillswap.forms.comments import CommentEditForm, CommentForm
from skillswap.lib.clock import utcnow
from skillswap.models import Comment
from skillswap.onward import came_from
from skillswap.web import after_post, cursor, me, render, viewer, wants_fragment

bp = Blueprint("comments", __name__)


# -- writing --------------------------------------------------------------------------------------


@bp.post("/posts/<public_id>/comments")
@login_required
def make(public_id: str) -> ResponseReturnValue:
    """Comment on a post, or answer a comment on it."""
    form = CommentForm()
    try:
        with transaction():
            made = comments.make_comment(
                me(),
                public_id,
                body=form.body.data or "",
                parent=form.parent.data or "",
                client_key=form.client_key.data or "",
                now=utcnow(),
            )
    except Refused as error:
        form.refuse(error)
        return _refused(public_id, form)
    if not wants_fragment():
        return redirect(_place_of(public_id, made), 303)
    facts = _line_of(made) | {"parent": form.parent.data, "form": CommentForm.fresh()}
    return after_post("", "posts/_said.html", **facts)


def _refused(public_id: str, form: CommentForm) -> ResponseReturnValue:
    """The form again with what was typed: an answer's where its comment stands."""
    if wants_fragment():
        card, part = posts.card(public_id, me()), "posts/_comment_form.html"
        return render(part, part, status=form.status, card=card, form=form)
    if form.parent.data:
        facts = _thread(form.parent.data, form)
        return render("posts/thread.html", status=form.status, **facts)
    return render("posts/show.html", status=form.status, **shown(public_id, form))


def _place_of(public_id: str, comment: Comment) -> str:
    """Where a comment stands: the newest first on the page of its post, an answer on its own."""
    if comment.parent_id is None:
        return f"{url_for('posts.show', public_id=public_id)}#c-{comment.public_id}"
    return f"{url_for('.show', public_id=comment.public_id)}#c-{comment.public_id}"


def _line_of(comment: Comment) -> dict[str, Any]:
    """One comment or answer as it stands now, and its post with the new number."""
    card, line = comments.line_of(comment.public_id, me())
    return {"card": counted(card), "line": line, "now": utcnow()}


# -- one comment and its answers ------------------------------------------------------------------


@bp.get("/comments/<public_id>")
def show(public_id: str) -> ResponseReturnValue:
    """A comment with all its answers; for htmx the earlier ones, or the form to answer."""
    part = "posts/_reply.html" if request.args.get("form") else "posts/_answers.html"
    return render("posts/thread.html", part, **_thread(public_id))


def _thread(public_id: str, form: Form | None = None) -> dict[str, Any]:
    card, thread = comments.thread_of(public_id, viewer(), cursor())
    return {
        "card": card,
        "thread": thread,
        "form": form or CommentForm.fresh(thread.top.public_id),
        "asked": "form" in request.args,
        "now": utcnow(),
    }


@bp.post("/comments/<public_id>/like")
@login_required
def like(public_id: str) -> ResponseReturnValue:
    """Like it."""
    return _liked(lambda: likes.like_comment(me(), public_id, utcnow()))


@bp.post("/comments/<public_id>/unlike")
@login_required
def unlike(public_id: str) -> ResponseReturnValue:
    """Like it no more."""
    return _liked(lambda: likes.unlike_comment(me(), public_id, utcnow()))


def _liked(verb: Callable[[], Comment]) -> ResponseReturnValue:
    """Back to where it stands; for htmx its bar alone."""
    with transaction():
        comment = verb()
    url = came_from(url_for(".show", public_id=comment.public_id))
    facts = _line_of(comment)
    return after_post(f"{url}#c-{comment.public_id}", "posts/_comment_bar.html", **facts)


# -- my own ---------------------------------------------------------------------------------------


@bp.route("/comments/<public_id>/edit", methods=["GET", "POST"])
@login_required
def edit(public_id: str) -> ResponseReturnValue:
    """Other words for a comment of mine; it says that it was edited."""
    form = CommentEditForm()
    if request.method == "POST":
        try:
            with transaction():
                comment = comments.edit_comment(
                    me(), public_id, body=form.body.data or "", now=utcnow()
                )
        except Refused as error:
            form.refuse(error)
        else:
            url = url_for(".show", public_id=public_id)
            return after_post(url, "posts/_comment.html", **_line_of(comment))
    card, line = comments.own_line(me(), public_id)
    if request.method == "GET":
        form.body.data = line.body
    facts: dict[str, Any] = {"card": card, "line": line, "form": form, "status": form.status}
    return render("posts/edit_comment.html", "posts/_edit_comment.html", **facts)


@bp.post("/comments/<public_id>/delete")
@login_required
def delete(public_id: str) -> ResponseReturnValue:
    """Take a comment of mine back; a stone stays where answers hang on it."""
    with transaction():
        comment, key = comments.delete_comment(me(), public_id, now=utcnow())
    card = posts.card(key, me())
    url = f"{url_for('posts.show', public_id=card.public_id)}#comments"
    thread = comments.listed(comment, card, me())
    facts = {"card": counted(card), "thread": thread, "now": utcnow()}
    return after_post(url, "posts/_deleted.html", **facts)
