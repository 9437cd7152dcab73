"""How is a message sent, mended, taken back and read?"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, String, bindparam, func, select, update
from sqlalchemy.exc import IntegrityError

from skillswap.db import UtcDateTime, afterwards, db
from skillswap.domain import attachments, email_links, live, threads
from skillswap.domain.attachments import NewFile
from skillswap.domain.conversations import telling
from skillswap.domain.conversations.reading import Thread, thread_of, thread_with
from skillswap.domain.conversations.standing import Standing
from skillswap.domain.limits import limits_of
from skillswap.domain.threads import THREAD
from skillswap.errors import NotFound, Refused, TooMany, WrongState
from skillswap.lib.storage import Storage
from skillswap.lib.text import Unprintable, clean_body
from skillswap.models import Conversation, ConversationMember, Message, MessageKind, User
from skillswap.models.conversation import EDIT_WITHIN, MESSAGE_MOST

BURST, BURST_WITHIN = 20, timedelta(seconds=10)
DAY = timedelta(days=1)
# put together once: that takes longer than running them
SENDER = bindparam("sender", type_=BigInteger())
_BY_KEY = select(Message).where(
    Message.conversation_id == THREAD,
    Message.sender_id == SENDER,
    Message.client_key == bindparam("key", type_=String()),
)
_LATELY = select(func.count()).select_from(
    select(Message.seq)
    .where(
        Message.conversation_id == THREAD,
        Message.seq > bindparam("after", type_=BigInteger()),
        Message.sender_id == SENDER,
        Message.kind == MessageKind.TEXT,
        Message.created_at > bindparam("since", type_=UtcDateTime()),
    )
    .limit(BURST)
    .subquery()
)


def send_message(
    person: User,
    public_id: str,
    *,
    body: str,
    client_key: str,
    now: datetime,
    file: NewFile | None = None,
) -> Message:
    """Write into a thread. The same `client_key` again is the same message.

    Raises Refused for what cannot be sent, TooMany after 20 within 10 seconds or while one's
    request waits, WrongState while staff look at the thread, NotFound for strangers.
    """
    thread = thread_of(person, public_id, now)
    return _send(person, thread, body, client_key, file, now)


def send_to(
    person: User,
    username: str,
    *,
    body: str,
    client_key: str,
    now: datetime,
    file: NewFile | None = None,
) -> tuple[Message, str]:
    """The same to a person by name, beginning the thread where there is none.

    Returns the message and the public id of its conversation.
    """
    thread = thread_with(person, username, now)
    if thread.id is None:
        body = _checked(person, thread, body, file, now)
        threads.open_thread(person.id, thread.other.id, now, listed=True)
        thread = thread_with(person, username, now)
    return _send(person, thread, body, client_key, file, now), thread.public_id


def _send(
    person: User,
    thread: Thread,
    body: str,
    client_key: str,
    file: NewFile | None,
    now: datetime,
) -> Message:
    sent = _sent_before(person, thread, client_key)
    if sent is not None and body.strip() in (sent.body, ""):
        if file is not None:
            afterwards(kept=file.discard)
        return sent
    if sent is not None:
        client_key = ""  # its answer was lost, and other words are sent since
    body = _checked(person, thread, body, file, now)
    conversation = db.session.get_one(Conversation, thread.id)
    if thread.standing is Standing.REQUEST:
        conversation.request_from_id, conversation.requested_at = person.id, now
    elif thread.standing is Standing.ASKED:
        conversation.let_in_at = now
    message = Message(
        kind=MessageKind.TEXT,
        sender_id=person.id,
        body=body,
        client_key=client_key[:40] or None,
        media_id=attachments.add(file, person, conversation.id, now).id if file else None,
    )
    try:
        threads.append(conversation, message, listed=True, now=now)
    except IntegrityError:
        if sent := _sent_before(person, thread, client_key):
            return sent
        raise
    if thread.standing is not Standing.REQUEST:  # a stranger wakes nobody
        telling.plan(message, thread.other.id, now)
    return message


def _sent_before(person: User, thread: Thread, client_key: str) -> Message | None:
    """What this key has sent already: a second click, a retry after a lost answer."""
    if not client_key:
        return None
    asked = {"thread": thread.id, "sender": person.id, "key": client_key[:40]}
    return db.session.scalar(_BY_KEY, asked)


def _checked(person: User, thread: Thread, body: str, file: NewFile | None, now: datetime) -> str:
    """The words as they are kept, when this person may send them."""
    if thread.standing is Standing.FROZEN:
        raise WrongState("conversation", "frozen")
    if thread.standing is Standing.WAITING:
        raise TooMany(
            "body", "request_waits", int(DAY.total_seconds()), name=thread.other.first_name
        )
    if email_links.is_unconfirmed(person):
        raise Refused("body", "unconfirmed_chat", email=person.email)
    try:
        body = clean_body(body)
    except Unprintable:
        raise Refused("body", "control_characters") from None
    if not body and file is None:
        raise Refused("body", "message_empty")
    if len(body) > MESSAGE_MOST:
        raise Refused("body", "too_long", limit=MESSAGE_MOST)
    _check_pace(person, thread, now)
    return body


def _check_pace(person: User, thread: Thread, now: datetime) -> None:
    """Twenty messages in ten seconds, and few new people a day."""
    if thread.id is not None:
        near = {"after": thread.last_seq - 4 * BURST, "since": now - BURST_WITHIN}
        lately = db.session.scalar(_LATELY, near | {"thread": thread.id, "sender": person.id})
        if (lately or 0) >= BURST:
            raise TooMany("body", "messages_too_fast", int(BURST_WITHIN.total_seconds()))
    if thread.standing is Standing.REQUEST:
        asked = db.session.scalar(
            select(func.count()).where(
                Conversation.request_from_id == person.id, Conversation.requested_at > now - DAY
            )
        )
        limit = limits_of(person, now).pitches_per_day
        if (asked or 0) >= limit:
            raise TooMany("body", "requests_today", int(DAY.total_seconds()), limit=limit)


# -- one's own words, afterwards ------------------------------------------------------------------


def edit_message(person: User, public_id: str, *, body: str, now: datetime) -> tuple[Message, str]:
    """Put other words, for fifteen minutes; it says that it was edited.

    Returns the message and the public id of its conversation. Raises WrongState afterwards and
    for one that is deleted, NotFound for others' messages.
    """
    message, thread = _own(person, public_id, now)
    if now >= message.created_at + EDIT_WITHIN:
        raise WrongState("message", "settled")
    body = _checked_again(body, message)
    if body != message.body:
        message.body, message.edited_at = body, now
        db.session.flush()
        _tell(thread, message)
    return message, thread.public_id


def _checked_again(body: str, message: Message) -> str:
    try:
        body = clean_body(body)
    except Unprintable:
        raise Refused("body", "control_characters") from None
    if not body and message.media_id is None:
        raise Refused("body", "message_empty")
    if len(body) > MESSAGE_MOST:
        raise Refused("body", "too_long", limit=MESSAGE_MOST)
    return body


def delete_message(
    person: User, public_id: str, *, store: Storage, now: datetime
) -> tuple[Message, str]:
    """Take one's words and file back: a stone stays where they stood. Harmless when repeated."""
    message, thread = _own(person, public_id, now, deleted=True)
    if message.deleted_at is None:
        media_id = message.media_id
        message.body, message.deleted_at, message.media_id = "", now, None
        db.session.flush()
        if media_id is not None:
            attachments.remove(media_id, store)
        _tell(thread, message)
    return message, thread.public_id


def _own(
    person: User, public_id: str, now: datetime, *, deleted: bool = False
) -> tuple[Message, Thread]:
    """A message of one's own, locked, in a thread that is there for this person."""
    found = db.session.execute(
        select(Message, Conversation.public_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Message.public_id == public_id,
            Message.sender_id == person.id,
            Message.kind == MessageKind.TEXT,
        )
        .with_for_update(of=Message, key_share=True)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFound("message")
    thread = thread_of(person, found[1], now)
    if thread.standing is Standing.FROZEN:
        raise WrongState("conversation", "frozen")
    if found[0].deleted_at is not None and not deleted:
        raise WrongState("message", "deleted")
    return found[0], thread


def _tell(thread: Thread, message: Message) -> None:
    both = (thread.reader_id, thread.other.id)
    live.tell(both, "message", conversation=thread.public_id, seq=message.seq)


# -- reading, and requests ------------------------------------------------------------------------


def read_to(person: User, public_id: str, seq: int, now: datetime) -> bool:
    """Note how far this person has read; never back. True when that is news to anybody."""
    thread = thread_of(person, public_id, now)
    seq = min(seq, thread.last_seq)
    mine = ConversationMember
    moved = db.session.execute(
        update(mine)
        .where(
            mine.conversation_id == thread.id, mine.user_id == person.id, mine.last_read_seq < seq
        )
        .values(last_read_seq=seq)
        .execution_options(synchronize_session=False)
    )
    if not moved.rowcount:  # type: ignore[attr-defined]  # an UPDATE has one
        return False
    both = (person.id, thread.other.id)
    live.tell(both, "read", conversation=public_id, reader=person.id, seq=seq)
    return True


def freeze(person: User, other: User, now: datetime) -> None:
    """Let nobody write in the thread of these two, if there is one, until staff have looked."""
    conversation = db.session.scalar(
        select(Conversation).where(threads.between(person.id, other.id)).with_for_update()
    )
    if conversation is not None:
        conversation.frozen_at = now
        db.session.flush()
        both = (person.id, other.id)
        live.tell(both, "changed", subject=f"conversations/{conversation.public_id}")


def thaw(one_id: int, other_id: int) -> None:
    """Let the two write again, where staff have looked. Harmless where they may."""
    conversation = db.session.scalar(
        select(Conversation).where(threads.between(one_id, other_id)).with_for_update()
    )
    if conversation is not None and conversation.frozen_at is not None:
        conversation.frozen_at = None
        db.session.flush()
        subject = f"conversations/{conversation.public_id}"
        live.tell((one_id, other_id), "changed", subject=subject)


def let_in(person: User, public_id: str, now: datetime) -> Thread:
    """Let somebody in whose message waits under Requests. Harmless when they are in already."""
    thread = thread_of(person, public_id, now)
    if thread.standing is Standing.ASKED:
        conversation = db.session.get_one(Conversation, thread.id)
        conversation.let_in_at = now
        db.session.flush()
        both = (person.id, thread.other.id)
        live.tell(both, "changed", subject=f"conversations/{public_id}")
    return thread


def put_aside(person: User, public_id: str, now: datetime) -> Thread:
    """Take a request out of the list, without a word to who sent it. Harmless when repeated.

    Raises WrongState for what is no request.
    """
    thread = thread_of(person, public_id, now)
    if thread.standing is not Standing.ASKED:
        raise WrongState("conversation", "no_request")
    db.session.execute(
        update(ConversationMember)
        .where(
            ConversationMember.conversation_id == thread.id,
            ConversationMember.user_id == person.id,
        )
        .values(hidden_at=now, last_read_seq=thread.last_seq)
        .execution_options(synchronize_session=False)
    )
    return thread
