"""What is a person told in the app, in which words?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    case,
    delete,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.orm import aliased

from skillswap.db import Instant, Model, db, spelled
from skillswap.domain import deliveries, live
from skillswap.domain.visibility import visible
from skillswap.domain.wording import WORDS
from skillswap.lib.clock import local
from skillswap.lib.i18n import _
from skillswap.lib.keyset import AnySelect, Key, Page, page, paginate
from skillswap.models import (
    Comment,
    CommentState,
    Delivery,
    Event,
    Mute,
    Notification,
    Post,
    PostState,
    User,
)
from skillswap.models.user import HUES, initials

UNREAD_SHOWN = 99  # the bell says "99" for more
Actor, PostAuthor = aliased(User), aliased(User)
BELOW_POSTS = (
    *("post.liked", "post.commented", "comment.liked", "comment.answered"),
    *("post.partner_asked", "post.partner_agreed", "post.partner_unnamed"),
)


def notify(event: Event) -> None:
    """The consequence: one row for each person the event is told to, but for who did it.

    So no line ever has to be worded for its own actor. What leaves the house by email or push is
    planned with it.
    """
    told = [
        Notification(
            user_id=user_id,
            event_id=event.id,
            person_id=_other(event, user_id),
            subject_type=event.subject_type,
            subject_id=event.subject_id,
            created_at=event.happened_at,
            due_at=event.due_at or event.happened_at,
        )
        for user_id in _listeners(event)
    ]
    db.session.add_all(told)
    db.session.flush()
    deliveries.plan(event, told)
    live.tell([one.user_id for one in told if event.due_at is None], "bell")


def _listeners(event: Event) -> list[int]:
    """Whom it is told to: not who did it, nor who has muted them. One statement, or none."""
    to = [user_id for user_id in event.audience if user_id != event.actor_id]
    if event.actor_id is None or not to:
        return to
    deaf = set(
        db.session.scalars(
            select(Mute.muter_id).where(Mute.muted_id == event.actor_id, Mute.muter_id.in_(to))
        )
    )
    return [user_id for user_id in to if user_id not in deaf]


def _other(event: Event, reader_id: int) -> int | None:
    """Who must be there for the reader, or they could not open it; None for what is gone."""
    if event.actor_id is not None or event.facts.get("gone"):
        return event.actor_id
    others = (one for one in event.facts.get("between", ()) if one != reader_id)
    return next(others, None)


@dataclass(frozen=True, slots=True)
class Face:
    """What an avatar and a name need."""

    username: str
    name: str
    initials: str
    hue: int
    avatar_url: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """One notification, worded for its reader."""

    id: int
    actor: Face | None
    text: str  # follows the actor's name
    icon: str
    subject_type: str
    public_id: str
    at: datetime
    unread: bool
    kind: str = ""  # of the event
    others: int = 0  # how many more people did the same


def listed(user_id: int | SQLColumnExpression[int], now: Instant) -> AnySelect:
    """The rows a person can open and is told by now: the query behind the page and the count."""
    return (
        select(
            Notification.id,
            Notification.created_at,
            Notification.read_at,
            Notification.subject_type,
            Notification.subject_id,
            Event.kind,
            Event.facts,
            Event.actor_id,
            Actor.username,
            Actor.first_name,
            Actor.last_name,
            Actor.avatar,
        )
        .join(Event, Event.id == Notification.event_id)
        .outerjoin(Actor, Actor.id == Notification.person_id)
        .where(Notification.user_id == user_id, Notification.due_at <= now)
        .where(Notification.person_id.is_(None) | visible(Actor, to=user_id))
        .where(Event.kind.not_in(BELOW_POSTS) | _post_is_there(user_id))
    )


def _post_is_there(user_id: int | SQLColumnExpression[int]) -> ColumnElement[bool]:
    """Condition on a line about a post or a comment on one: its reader can open that post.

    Its author need not be who did it, so the condition on the actor does not say so.
    """
    commented = select(Comment.post_id).where(
        Comment.id == Notification.subject_id, Comment.state == CommentState.PUBLISHED
    )
    about = case(
        (Notification.subject_type == Post.__tablename__, Notification.subject_id),
        else_=commented.correlate(Notification).scalar_subquery(),
    )
    post = select(Post.id).join(PostAuthor, PostAuthor.id == Post.author_id)
    there = post.where(
        Post.id == about,
        Post.state == spelled(PostState.PUBLISHED),
        visible(PostAuthor, to=user_id),
    )
    return exists(there.correlate(Notification))


def unread_count(user_id: int | SQLColumnExpression[int], now: Instant) -> AnySelect:
    """How many of them are unread, counted to one more than the bell shows."""
    unread = (
        listed(user_id, now)
        .where(Notification.read_at.is_(None))
        .with_only_columns(Notification.id)
        .limit(UNREAD_SHOWN + 1)
    )
    return select(func.count()).select_from(unread.subquery())


def unread_about(
    user_id: int, subject_type: str, subject_id: SQLColumnExpression[int], now: datetime
) -> ColumnElement[bool]:
    """Condition: this person has an unread line about that row. For lists with a "new" dot."""
    return exists(
        select(Notification.id).where(
            Notification.user_id == user_id,
            Notification.subject_type == subject_type,
            Notification.subject_id == subject_id,
            Notification.read_at.is_(None),
            Notification.due_at <= now,
        )
    )


NEWEST = [Key(Notification.id, "id")]  # type: ignore[arg-type]  # a mapped column is an expression


def page_of(reader: User, cursor: str | None, now: datetime, *, unread_only: bool = False) -> Page:
    """A page of worded lines, newest first; what happened again to the same thing is one line."""
    query = listed(reader.id, now)
    if unread_only:
        query = query.where(Notification.read_at.is_(None))
    rows = db.session.execute(paginate(query, NEWEST, cursor)).all()
    found = page(rows, NEWEST)
    return Page(grouped(found.rows, reader), found.after)


def grouped(rows: Sequence[Any], reader: User) -> list[Line]:
    """Rows in their order, those of one kind about one thing on one day as their newest line.

    "Ana and 3 others": by other people they are counted, by the same person they are not. It is
    unread while any of them is. Only the rows given are looked at, a page at most.
    """
    alike: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        day = local(row.created_at, reader.timezone).date
        alike.setdefault((row.kind, row.subject_type, row.subject_id, day), []).append(row)
    return [
        replace(
            _worded(same[0], reader),
            others=len({row.actor_id for row in same}) - 1,
            unread=any(row.read_at is None for row in same),
        )
        for same in alike.values()
    ]


def lines(reader: User, *which: ColumnElement[bool], now: datetime, limit: int) -> list[Line]:
    """Up to `limit` worded lines that the reader can open, newest first: for mail and push."""
    query = listed(reader.id, now).where(*which)
    rows = db.session.execute(query.order_by(Notification.id.desc()).limit(limit))
    return [_worded(row, reader) for row in rows]


def chat_line(other: User, public_id: str, count: int, at: datetime) -> Line:
    """That somebody wrote, so many times, since their reader looked: for mail and push."""
    text = _("sent you a message") if count == 1 else _("sent you %d messages") % count
    face = Face(other.username, other.name, other.initials, other.hue, other.avatar_url)
    return Line(
        id=0,
        actor=face,
        text=text,
        icon="message-circle",
        subject_type="conversations",
        public_id=public_id,
        at=at,
        unread=True,
        kind="chat.message",
    )


def by_day(lines: Iterable[Line], zone: str, now: datetime) -> list[tuple[str, list[Line]]]:
    """Lines in their order, under the day they fell on in that zone: Today, Yesterday, a date."""
    today = local(now, zone).date
    days: list[tuple[str, list[Line]]] = []
    for line in lines:
        there = local(line.at, zone)
        title = {0: _("Today"), 1: _("Yesterday")}.get((today - there.date).days, there.day)
        if there.date.year != today.year and title == there.day:
            title = f"{title} {there.date.year}"
        if not days or days[-1][0] != title:
            days.append((title, []))
        days[-1][1].append(line)
    return days


def _worded(row: Any, reader: User) -> Line:
    icon, words = WORDS[row.kind]
    actor = None
    if row.actor_id is not None:
        actor = Face(
            row.username,
            f"{row.first_name} {row.last_name}".strip(),
            initials(row.first_name, row.last_name),
            row.actor_id % HUES + 1,
            f"/media/{row.avatar}" if row.avatar else None,
        )
    return Line(
        id=row.id,
        actor=actor,
        text=words({**row.facts, "me": reader.id}, reader.timezone),
        icon=icon,
        subject_type=row.subject_type,
        public_id=row.facts.get("public_id", ""),
        at=row.created_at,
        unread=row.read_at is None,
        kind=row.kind,
    )


def read_all(reader: User, now: datetime) -> int:
    """Mark everything read; returns how many lines that were."""
    return _mark(reader, now)


def read_about(reader: User, subject_type: str, public_id: str, now: datetime) -> int:
    """Mark read what is about one thing, since its page is being looked at.

    Found through the public id in the facts of the reader's own events, so nothing is asked of
    the thing itself: a stranger's key marks nothing and tells nothing. With a post goes what is
    about the comments on it. Returns how many.
    """
    own = Notification.subject_type == subject_type
    which = own & (Event.facts["public_id"].as_string() == public_id)
    if subject_type == Post.__tablename__:
        below = Notification.subject_type == Comment.__tablename__
        which |= below & (Event.facts["post"].as_string() == public_id)
    about = exists(select(Event.id).where(Event.id == Notification.event_id, which))
    return _mark(reader, now, about)


def take_back(event_kind: str, subject_type: str, subject_id: int, now: datetime) -> None:
    """Forget what nobody has been told yet of that kind of event about that row."""
    event = select(Event.id).where(
        Event.kind == event_kind,
        Event.subject_type == subject_type,
        Event.subject_id == subject_id,
    )
    _forget(
        select(Notification.id).where(Notification.event_id.in_(event), Notification.due_at > now)
    )


def take_back_from(actor: User, kind: str, subject: Model) -> None:
    """Forget what was told of this person's doing that to that row, unless it has been read."""
    _forget_unread(
        Event.actor_id == actor.id,
        Event.kind == kind,
        Event.subject_type == subject.__tablename__,
        Event.subject_id == subject.id,  # type: ignore[attr-defined]  # every subject has one
    )


def take_back_comment(actor: User, public_id: str) -> None:
    """The same for what was told of a comment of theirs."""
    _forget_unread(
        Event.actor_id == actor.id,
        Event.kind.in_(("post.commented", "comment.answered")),
        Event.facts["comment"].as_string() == public_id,
    )


def _forget_unread(*which: ColumnElement[bool]) -> None:
    events = select(Event.id).where(*which)
    unread = (Notification.event_id.in_(events), Notification.read_at.is_(None))
    told = db.session.scalars(select(Notification.user_id).where(*unread)).all()
    if told:
        _forget(select(Notification.id).where(*unread))
        live.tell(told, "bell")


def _forget(which: Select[Any]) -> None:
    for statement in (
        delete(Delivery).where(Delivery.notification_id.in_(which)),
        delete(Notification).where(Notification.id.in_(which)),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))


def was_told(user_id: int, actor: User, kind: str, subject: Model) -> bool:
    """Whether somebody was told already that this person did that to that row."""
    told = (
        select(Notification.id)
        .join(Event, Event.id == Notification.event_id)
        .where(
            Notification.user_id == user_id,
            Event.actor_id == actor.id,
            Event.kind == kind,
            Event.subject_type == subject.__tablename__,
            Event.subject_id == subject.id,  # type: ignore[attr-defined]  # every subject has one
        )
    )
    return bool(db.session.scalar(select(exists(told))))


def _mark(reader: User, now: datetime, *which: ColumnElement[bool]) -> int:
    mine = (Notification.user_id == reader.id, Notification.read_at.is_(None))
    done = db.session.execute(
        update(Notification)
        .where(*mine, *which, Notification.due_at <= now)
        .values(read_at=now)
        .execution_options(synchronize_session=False)
    )
    marked = int(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE has one
    if marked:
        live.tell([reader.id], "bell")
    return marked
