"""What of a conversation arrives by the socket: lines, read marks, who is typing.

Nothing is decided here: what is shown is read again as the person who looks, and written by POST.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import g, render_template, request

from skillswap.db import transaction
from skillswap.domain import conversations, frame, live
from skillswap.domain.conversations import MessageLine, Thread
from skillswap.errors import NotFound
from skillswap.lib.clock import utcnow
from skillswap.live import CATCH_UP, FRAMES, PARTS
from skillswap.web import me

Told = dict[str, Any]
AT_ONCE = 50  # lines in one answer to somebody who was away


def _place() -> str:
    """The path of the page that is open behind the socket."""
    return urlsplit(request.headers.get("HX-Current-URL", "")).path


def _shows_list() -> bool:
    """Whether the conversations stand on that page."""
    return _place().startswith("/chat")


def _looks_at(public_id: str) -> bool:
    return _place() == f"/chat/{public_id}"


def message(event: Told) -> str:
    """A new line, or one that has changed, on the page of its thread, elsewhere the count; and the
    row of the list."""
    if not _shows_list():
        return _counts()
    public_id = event["conversation"]
    thread, line = conversations.line_of(me(), public_id, event["seq"], utcnow())
    beside = _row(thread, line, moves=line.is_as_written)
    return (_lines(thread, [line]) if _looks_at(public_id) else _counts()) + beside


def _lines(thread: Thread, lines: Sequence[MessageLine]) -> str:
    now = utcnow()
    return render_template(
        "chat/_arrived.html",
        thread=thread,
        lines=lines,
        cards=conversations.card_states(thread, lines, now),
        now=now,
    )


def _row(thread: Thread, line: MessageLine, *, moves: bool) -> str:
    """The thread's row in the list: a new line moves it to the top."""
    now = utcnow()
    row = conversations.row_beside(thread, line, now)
    if row is None:
        return ""
    here = _looks_at(thread.public_id)
    return render_template("chat/_row_arrived.html", row=row, here=here, moves=moves, now=now)


def _list() -> str:
    """All rows of the list in their order, for whoever was away."""
    if not _shows_list():
        return ""
    found = conversations.conversations_of(me(), None, utcnow())
    current = _place().removeprefix("/chat").strip("/") or None
    return render_template(
        "chat/_list_arrived.html", found=found, requests=False, current=current, now=utcnow()
    )


def _counts() -> str:
    """The number beside Chat as it stands now."""
    g.signed_in = frame.counted(g.signed_in.sign_in.token_hash, utcnow())
    return render_template("_counts_beside.html", bell=False, entries=True) if g.signed_in else ""


def read(event: Told) -> str:
    """How far the other has read; for another page of one's own, that the count has changed."""
    if event["reader"] == me().id:
        return _read_here(event["conversation"]) + _counts()
    if not _looks_at(event["conversation"]):
        return ""
    thread = conversations.thread_of(me(), event["conversation"], utcnow())
    return render_template("chat/_read_to.html", thread=thread)


def _read_here(public_id: str) -> str:
    """The row of what one has read oneself, without its number."""
    if not _shows_list():
        return ""
    return _row(*conversations.line_of(me(), public_id, None, utcnow()), moves=False)


def typing(event: Told) -> str:
    """The other is writing just now."""
    if not _looks_at(event["conversation"]):
        return ""
    thread = conversations.thread_of(me(), event["conversation"], utcnow())
    return render_template("chat/_typing.html", thread=thread)


def said_typing(public_id: Any) -> None:
    """The page says that its person is writing: the other of the two hears of it, nobody else."""
    if not isinstance(public_id, str):
        raise NotFound("conversation")
    thread = conversations.thread_of(me(), public_id, utcnow())
    if thread.may_write and not thread.is_request:
        with transaction():
            live.tell([thread.other.id], "typing", conversation=public_id)


def newer(after: dict[str, int]) -> Iterator[str]:
    """What was written while the page was away, thread by thread, in order."""
    for public_id, seq in after.items():
        while True:
            try:
                thread, lines = conversations.lines_after(me(), public_id, seq, utcnow(), AT_ONCE)
            except NotFound:
                break
            if lines and _looks_at(public_id):
                yield _lines(thread, lines)
            if len(lines) < AT_ONCE:
                yield render_template("chat/_read_to.html", thread=thread)
                break
            seq = lines[-1].seq
    if g.missed:  # the numbers come with the bell
        yield _list()


PARTS |= {"message": message, "read": read, "typing": typing}
FRAMES["typing"] = said_typing
CATCH_UP.append(newer)
