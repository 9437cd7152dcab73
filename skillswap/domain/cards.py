"""What happened between two people stands in their thread too, as a card."""

from __future__ import annotations

from sqlalchemy import update

from skillswap.db import db
from skillswap.domain import threads
from skillswap.models import Conversation, Event, Message, MessageKind

# a pitch alone opens the thread without listing it: the pitch has its place in the inbox
QUIET = frozenset({"pitch.sent"})


def write(event: Event) -> None:
    """The consequence: the event is the next line in the thread of the two it is between."""
    one_id, other_id = event.facts["between"]
    at, listed = event.happened_at, event.kind not in QUIET
    thread = threads.open_thread(one_id, other_id, at, listed=listed)
    if thread.request_from_id is not None:  # they have to do with each other now
        db.session.execute(
            update(Conversation)
            .where(Conversation.id == thread.id)
            .values(request_from_id=None, requested_at=None)
            .execution_options(synchronize_session=False)
        )
    card = Message(kind=MessageKind.CARD, sender_id=event.actor_id, event_id=event.id)
    threads.append(thread, card, listed=listed, now=at)
