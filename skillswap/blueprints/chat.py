"""Conversations: the list, one thread, writing into it. What arrives live is `live_chat`'s."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.db import transaction
from skillswap.domain import attachments, conversations, media
from skillswap.domain.attachments import NewFile
from skillswap.domain.conversations import Thread
from skillswap.domain.media import store
from skillswap.errors import Refused
from skillswap.forms.base import Form
from skillswap.forms.chat import EditForm, MessageForm, ReadForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.lib.media import MOST_BYTES
from skillswap.web import after_post, cursor, me, notice, render, wants_fragment

bp = Blueprint("chat", __name__)


# -- the list -------------------------------------------------------------------------------------


@bp.get("/chat")
@login_required
def mine() -> ResponseReturnValue:
    """My conversations, or with `?requests=1` what strangers have written."""
    return render("chat/list.html", "chat/_rows.html", **_listed())


def _listed() -> dict[str, Any]:
    """What the list prints; beside a thread it is the same list."""
    requests = request.args.get("requests") == "1"
    asked_list = request.endpoint == "chat.mine"
    return {
        "found": conversations.conversations_of(
            me(), cursor() if asked_list else None, utcnow(), requests=requests
        ),
        "requests": requests,
        "request_count": conversations.request_count(me()),
        "first": cursor() is None or not asked_list,
        "now": utcnow(),
    }


# -- one thread -----------------------------------------------------------------------------------


@bp.get("/chat/<public_id>")
@login_required
def show(public_id: str) -> ResponseReturnValue:
    """A thread: its newest lines, or those around a place. For htmx the further lines alone."""
    thread = conversations.thread_of(me(), public_id, utcnow())
    card = _place("card")
    if card is not None and wants_fragment():
        return _cards(thread, card)
    further = any(_place(name) is not None for name in ("before", "after"))
    part = "chat/_lines.html" if further else "chat/_thread.html"
    return render("chat/thread.html", part, **_shown(thread, whole=not wants_fragment()))


def _cards(thread: Thread, seq: int) -> ResponseReturnValue:
    """What the card at that place is about, as it stands now: after a press, or a change."""
    lines, now = conversations.cards_about(thread, seq), utcnow()
    cards = conversations.card_states(thread, lines, now)
    part = "chat/_arrived.html"
    return render(part, part, thread=thread, lines=lines, cards=cards, now=now)


def _place(name: str) -> int | None:
    value = request.args.get(name, type=int)
    return value if value is not None and 0 <= value < 2**53 else None


def _shown(thread: Thread, *, whole: bool = True, **forms: Form) -> dict[str, Any]:
    """What a thread prints: beside it, on a whole page, the list."""
    words = request.args.get("q", "").strip()[:100] if request.method == "GET" else ""
    places = {} if request.method == "POST" else {n: _place(n) for n in ("before", "after", "at")}
    lines = conversations.lines_of(thread, **places)
    return {
        "thread": thread,
        "slice": lines,
        "cards": conversations.card_states(thread, lines.lines, utcnow()),
        "words": words,
        "matches": conversations.find_in(thread, words) if words else [],
        "form": MessageForm.fresh(),
        **(_listed() if whole else {"now": utcnow()}),
        **forms,
    }


@bp.post("/chat/<public_id>/messages")
@login_required
def send(public_id: str) -> ResponseReturnValue:
    """Write into a thread. For htmx the emptied composer, with the line beside it."""
    form = MessageForm()
    try:
        _count_file(form)
        with transaction():
            message = conversations.send_message(
                me(), public_id, now=utcnow(), file=_file(form), **_typed(form)
            )
    except Refused as error:
        form.refuse(error)
        thread = conversations.thread_of(me(), public_id, utcnow())
        return _refused(thread, form)
    return _sent(public_id, message.seq)


def _typed(form: MessageForm) -> dict[str, Any]:
    return {"body": form.body.data or "", "client_key": form.client_key.data or ""}


def _file(form: MessageForm) -> NewFile | None:
    """What came along, stored; first in its transaction."""
    if not form.has_file:
        return None
    data = form.file.data.read(MOST_BYTES + 1)
    return attachments.keep(data, form.file.data.filename, store())


def _count_file(form: MessageForm) -> None:
    """Count a file before it is looked at, in a transaction of its own."""
    if form.has_file:
        with transaction():
            media.count_upload(me(), utcnow(), field="file")


def _refused(thread: Thread, form: MessageForm) -> ResponseReturnValue:
    shown = _shown(thread, whole=not wants_fragment(), form=form)
    return render("chat/thread.html", "chat/_composer.html", status=form.status, **shown)


def _sent(public_id: str, seq: int) -> ResponseReturnValue:
    """Back to the thread; for htmx the composer and the one line."""
    url = url_for(".show", public_id=public_id)
    if not wants_fragment():
        return redirect(f"{url}#m-{seq}", 303)
    thread, line = conversations.line_of(me(), public_id, seq, utcnow())
    shown: dict[str, Any] = {"thread": thread, "form": MessageForm.fresh(), "now": utcnow()}
    # not after_post: what one writes oneself moves no number of the frame
    return render("chat/thread.html", "chat/_sent.html", line=line, cards={}, **shown)


@bp.route("/chat/with/<username>", methods=["GET", "POST"])
@login_required
def begin(username: str) -> ResponseReturnValue:
    """The thread with somebody; the first message makes it."""
    form = MessageForm() if request.method == "POST" else MessageForm.fresh()
    thread = conversations.thread_with(me(), username, utcnow())
    if request.method == "GET" and thread.id is not None:
        return redirect(url_for(".show", public_id=thread.public_id), 303)
    if request.method == "POST":
        try:
            _count_file(form)
            with transaction():
                _message, public_id = conversations.send_to(
                    me(), username, now=utcnow(), file=_file(form), **_typed(form)
                )
        except Refused as error:
            form.refuse(error)
        else:
            return after_post(url_for(".show", public_id=public_id))
    shown = _shown(thread, whole=not wants_fragment(), form=form)
    return render("chat/thread.html", "chat/_composer.html", status=form.status, **shown)


@bp.post("/chat/<public_id>/read")
@login_required
def read(public_id: str) -> ResponseReturnValue:
    """Note how far I have read: the page does so by itself, and holds a button without a script."""
    with transaction():
        conversations.read_to(me(), public_id, ReadForm().place, utcnow())
    return after_post(url_for(".show", public_id=public_id), "chat/_read.html")


@bp.post("/chat/<public_id>/let-in")
@login_required
def let_in(public_id: str) -> ResponseReturnValue:
    """Let somebody in who has written to me as a stranger."""
    with transaction():
        thread = conversations.let_in(me(), public_id, utcnow())
    notice(_("%s can write to you now.") % thread.other.first_name)
    return after_post(url_for(".show", public_id=public_id))


@bp.post("/chat/<public_id>/put-aside")
@login_required
def put_aside(public_id: str) -> ResponseReturnValue:
    """Take a stranger's message out of my list; they are told nothing."""
    with transaction():
        conversations.put_aside(me(), public_id, utcnow())
    notice(_("Put aside. Nobody is told."))
    return after_post(url_for(".mine", requests=1))


# -- my own messages ------------------------------------------------------------------------------


@bp.route("/messages/<public_id>/edit", methods=["GET", "POST"])
@login_required
def edit(public_id: str) -> ResponseReturnValue:
    """Other words for a message of mine, within fifteen minutes."""
    form = EditForm()
    if request.method == "POST":
        try:
            with transaction():
                message, thread_id = conversations.edit_message(
                    me(), public_id, body=form.body.data or "", now=utcnow()
                )
        except Refused as error:
            form.refuse(error)
        else:
            return _changed(thread_id, message.seq)
    thread, line = conversations.own_line(me(), public_id, utcnow())
    if request.method == "GET":
        form.body.data = line.body
    shown = {"thread": thread, "line": line, "form": form, "now": utcnow()}
    return render("chat/edit.html", "chat/_edit.html", status=form.status, **shown)


@bp.post("/messages/<public_id>/delete")
@login_required
def delete(public_id: str) -> ResponseReturnValue:
    """Take a message of mine back; a stone stays."""
    with transaction():
        message, thread_id = conversations.delete_message(
            me(), public_id, store=store(), now=utcnow()
        )
    return _changed(thread_id, message.seq)


def _changed(public_id: str, seq: int) -> ResponseReturnValue:
    """Back to the thread; for htmx the line as it is now."""
    url = f"{url_for('.show', public_id=public_id)}?at={seq}"
    if not wants_fragment():
        return redirect(f"{url}#m-{seq}", 303)
    thread, line = conversations.line_of(me(), public_id, seq, utcnow())
    return after_post(url, "chat/_line.html", thread=thread, line=line, cards={}, now=utcnow())
