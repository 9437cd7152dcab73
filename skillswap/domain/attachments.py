"""Which file goes along with a message, and who may fetch it?

Pictures are made anew, without anything hidden in them; a PDF is kept as it is and only ever handed
out as a download.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import or_, select

from skillswap.db import afterwards, db
from skillswap.domain import media
from skillswap.domain.visibility import visible
from skillswap.errors import NotFound, Refused
from skillswap.lib.media import (
    MEGABYTES,
    MOST_BYTES,
    NotAPicture,
    TooLarge,
    fitted_webp,
    new_name,
)
from skillswap.lib.storage import Storage
from skillswap.lib.text import Unprintable, clean_line
from skillswap.models import Conversation, Media, MediaKind, User

TITLE_MOST = 120
PDF, WEBP = "application/pdf", "image/webp"


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that is stored, and goes away again if its message is not kept."""

    name: str
    title: str
    mime: str
    size: int
    discard: Callable[[], None]  # for one that nobody needs after all


def keep(data: bytes, title: str, store: Storage) -> NewFile:
    """Store what somebody attached. Call it first in its transaction: it takes a while.

    Raises Refused when it is neither a picture nor a PDF or is too large, Away without room.
    """
    if len(data) > MOST_BYTES:
        raise Refused("file", "file_too_large", megabytes=MEGABYTES)
    mime = PDF if data.startswith(b"%PDF-") else WEBP
    kept = data if mime == PDF else _picture(data)
    name = new_name(".pdf" if mime == PDF else ".webp")
    media.keep(store, (name, kept), field="file")
    return NewFile(name, _title(title), mime, len(kept), partial(media.forget, store, name))


def _picture(data: bytes) -> bytes:
    try:
        return fitted_webp(data)
    except TooLarge:
        raise Refused("file", "image_too_large", megabytes=MEGABYTES) from None
    except NotAPicture:
        raise Refused("file", "not_an_attachment") from None


def _title(typed: str) -> str:
    """The file's own name, as far as it can be shown."""
    try:
        return clean_line(typed.rsplit("/", 1)[-1].rsplit("\\", 1)[-1])[:TITLE_MOST]
    except Unprintable:
        return ""


def add(file: NewFile, person: User, conversation_id: int, now: datetime) -> Media:
    """The row of a stored file, in its conversation."""
    row = Media(
        name=file.name,
        owner_id=person.id,
        kind=MediaKind.CHAT,
        size=file.size,
        mime=file.mime,
        title=file.title,
        conversation_id=conversation_id,
        created_at=now,
    )
    db.session.add(row)
    db.session.flush()
    return row


def remove(media_id: int, store: Storage) -> None:
    """Take a file away with the message it belonged to."""
    row = db.session.get_one(Media, media_id)
    name = row.name
    db.session.delete(row)
    db.session.flush()
    afterwards(kept=lambda: media.forget(store, name))


def file_for(reader: User | None, name: str) -> Media:
    """An attachment for either of the two of its conversation. Raises NotFound for others."""
    if reader is None:
        raise NotFound("file")
    other = or_(
        (Conversation.low_id == reader.id) & (User.id == Conversation.high_id),
        (Conversation.high_id == reader.id) & (User.id == Conversation.low_id),
    )
    found = db.session.scalar(
        select(Media)
        .join(Conversation, Conversation.id == Media.conversation_id)
        .join(User, other)
        .where(Media.name == name, Media.kind == MediaKind.CHAT, visible(User, to=reader.id))
    )
    if found is None:
        raise NotFound("file")
    return found
