"""Which files do people own, how much of them, and which picture does a person show?"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm.attributes import set_committed_value

from skillswap.db import afterwards, db
from skillswap.domain import attempts
from skillswap.domain.attempts import Ration
from skillswap.domain.limits import FILES_EACH, MEGABYTES_EACH, UPLOADS_PER_HOUR
from skillswap.domain.visibility import visible
from skillswap.errors import Away, Full, NotFound, Refused, TooMany
from skillswap.lib.media import MEGABYTES, NotAPicture, TooLarge, new_name, square_webp
from skillswap.lib.storage import Storage
from skillswap.models import Media, MediaKind, User

log = logging.getLogger(__name__)
UPLOADS = Ration("upload", UPLOADS_PER_HOUR, timedelta(hours=1))
MOST_BYTES_EACH = MEGABYTES_EACH * 1024 * 1024


def store() -> Storage:
    """Where this place keeps files; it comes with the database, like the channels of deliveries."""
    kept: Storage = db.session.get_bind().get_execution_options()["files"]
    return kept


def count_upload(person: User, now: datetime, *, field: str = "picture") -> None:
    """Count a try; raises TooMany after twenty in an hour, Full when there is no room for it.

    In a transaction of its own, before the file is looked at: one that cannot be read costs as
    much as one that can.
    """
    check_quota(person, 1, field=field)
    try:
        attempts.spend((UPLOADS, str(person.id)), field=field, now=now)
    except TooMany as error:
        minutes = math.ceil(error.retry_seconds / 60)
        raise TooMany(field, "too_many_uploads", error.retry_seconds, minutes=minutes) from None


def check_quota(person: User, size: int, *, field: str) -> None:
    """Raises Full when so many bytes more would be more than a person may keep here."""
    files, kept = db.session.execute(
        select(func.count(), func.coalesce(func.sum(Media.size), 0)).where(
            Media.owner_id == person.id
        )
    ).one()
    if files >= FILES_EACH or kept + size > MOST_BYTES_EACH:
        raise Full(field, "files_full", megabytes=MEGABYTES_EACH, most=FILES_EACH)


def keep(store: Storage, *files: tuple[str, bytes], field: str) -> None:
    """Store files before their rows; they go again if the transaction fails.

    Call it first in its transaction: it takes a while. Raises Away, and leaves none of them, when
    the disk is full or the storage does not answer.
    """
    if store.is_full():
        log.warning("nothing more is stored: %s is full", store.words)
        raise Away(field, "storage_away")
    for name, data in files:
        try:
            store.put(name, data)
        except OSError as error:
            log.warning("a file could not be stored: %s", error)
            raise Away(field, "storage_away") from None
        afterwards(undone=partial(forget, store, name))


def change_avatar(person: User, data: bytes, store: Storage, now: datetime) -> None:
    """Make a picture from the bytes and show it instead of the one before.

    The file is there before its row and goes away with it if the transaction fails; the one
    before goes once it is kept. Call it first in its transaction: reading the picture takes a
    while. Raises Refused when the bytes are no picture, Away when there is no room for it.
    """
    picture = _read(data)
    name = new_name()
    keep(store, (name, picture), field="picture")
    _show(person, name, store)
    db.session.add(
        Media(
            name=name,
            owner_id=person.id,
            kind=MediaKind.AVATAR,
            size=len(picture),
            created_at=now,
        )
    )
    db.session.flush()


def remove_avatar(person: User, store: Storage) -> None:
    """Show initials again. Harmless where there is no picture."""
    _show(person, None, store)


def find_picture(name: str) -> str:
    """The name again, when there is such a public picture of somebody who may be seen.

    Raises NotFound otherwise: what hangs on a suspended person is not there.
    """
    found = db.session.scalar(
        select(Media.name)
        .join(User, User.id == Media.owner_id)
        .where(User.avatar == Media.name, Media.name == name, visible())
    )
    if found is None:
        raise NotFound("picture")
    return found


def _read(data: bytes) -> bytes:
    try:
        return square_webp(data)
    except TooLarge:
        raise Refused("picture", "image_too_large", megabytes=MEGABYTES) from None
    except NotAPicture:
        raise Refused("picture", "not_an_image") from None


def _show(person: User, name: str | None, store: Storage) -> None:
    """Let the profile name another picture. Of two at once the later one stays.

    Not through the object, whose version would refuse the slower of two clicks.
    """
    mine = User.id == person.id
    old = db.session.scalar(select(User.avatar).where(mine).with_for_update(key_share=True))
    db.session.execute(
        update(User).where(mine).values(avatar=name).execution_options(synchronize_session=False)
    )
    set_committed_value(person, "avatar", name)
    for gone in {*_others(person, name), *([old] if old else [])}:
        db.session.execute(delete(Media).where(Media.name == gone, Media.owner_id == person.id))
        afterwards(kept=partial(forget, store, gone))


def _others(person: User, name: str | None) -> Sequence[str]:
    """Pictures of theirs that the profile does not show: staff took one down, and it is kept for
    as long as that may be wrong. Choosing another one ends it."""
    return db.session.scalars(
        select(Media.name).where(
            Media.owner_id == person.id,
            Media.kind == MediaKind.AVATAR,
            Media.name != (name or ""),
        )
    ).all()


def forget(store: Storage, name: str) -> None:
    """Remove a file that no row needs. If that fails it only takes up room."""
    try:
        store.delete(name)
    except (OSError, KeyError):
        log.warning("the file %s is left over", name)
