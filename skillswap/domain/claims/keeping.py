"""How does a document get into the storage, and out of it for good?

It is made anew or looked at, then sealed, and only then stored. Its row is erased once the file
is: so a date that is shown is true.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import select, update

from skillswap.db import afterwards, db
from skillswap.domain import media
from skillswap.domain.claims.rules import FILES_MOST
from skillswap.errors import Away, Refused
from skillswap.lib.media import MEGABYTES, MOST_BYTES, NotAPicture, TooLarge, fitted_webp
from skillswap.lib.text import Unprintable, clean_line
from skillswap.lib.vault import Vault
from skillswap.models import Claim, ClaimFile

log = logging.getLogger(__name__)
FIELD = "files"
TITLE_MOST = 120
PDF, WEBP = "application/pdf", "image/webp"
Sent = Sequence[tuple[bytes, str]]  # the bytes of a file, and what its owner calls it


def vault() -> Vault | None:
    """Where this place keeps documents; None when no key was given."""
    kept: Vault | None = db.session.get_bind().get_execution_options().get("vault")
    return kept


def are_taken() -> bool:
    """Whether documents can be taken in here at all."""
    return vault() is not None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file that is stored; it goes away again if its row is not kept."""

    name: str
    title: str
    mime: str
    size: int
    key_mark: str


def keep(files: Sent) -> list[Sealed]:
    """Store what was sent, sealed. Call it before the first write of the transaction.

    Raises Refused for too many, none, or one that is neither a picture nor a PDF or is too large,
    Away without a key or room.
    """
    box = vault()
    if box is None:
        raise Away(FIELD, "documents_off")
    if not files:
        raise Refused(FIELD, "documents_needed")
    if len(files) > FILES_MOST:
        raise Refused(FIELD, "documents_most", most=FILES_MOST)
    read = [(*_read(data), _title(typed)) for data, typed in files]
    kept = []
    for data, mime, title in read:
        name = box.new_name()
        media.keep(box.storage, (name, box.seal(name, data)), field=FIELD)
        kept.append(Sealed(name, title, mime, len(data), box.mark))
    return kept


def _read(data: bytes) -> tuple[bytes, str]:
    """What is kept of it: a picture is made anew, a PDF stays as it is and is never shown."""
    if len(data) > MOST_BYTES:
        raise Refused(FIELD, "file_too_large", megabytes=MEGABYTES)
    if data.startswith(b"%PDF-"):
        return data, PDF
    try:
        return fitted_webp(data), WEBP
    except TooLarge:
        raise Refused(FIELD, "image_too_large", megabytes=MEGABYTES) from None
    except NotAPicture:
        raise Refused(FIELD, "not_an_attachment") from None


def _title(typed: str) -> str:
    try:
        return clean_line(typed.rsplit("/", 1)[-1].rsplit("\\", 1)[-1])[:TITLE_MOST]
    except Unprintable:
        return ""


def add(claim: Claim, files: Sequence[Sealed], erase_by: datetime, now: datetime) -> None:
    """The rows of stored files."""
    db.session.add_all(
        ClaimFile(
            claim_id=claim.id,
            name=file.name,
            title=file.title,
            mime=file.mime,
            size=file.size,
            key_mark=file.key_mark,
            created_at=now,
            erase_by=erase_by,
        )
        for file in files
    )
    db.session.flush()


def erase_at(claim: Claim, at: datetime) -> None:
    """Let the files of a claim go then; what is due by the end of the transaction goes with it."""
    db.session.execute(
        update(ClaimFile)
        .where(ClaimFile.claim_id == claim.id, ClaimFile.name.is_not(None))
        .values(erase_by=at)
        .execution_options(synchronize_session=False)
    )


def erase_now(claim: Claim, now: datetime) -> None:
    """Let them go at once. Until the storage says so, the sweep tries again and again."""
    erase_at(claim, now)
    waiting = select(ClaimFile.name).where(
        ClaimFile.claim_id == claim.id, ClaimFile.name.is_not(None)
    )
    for name in db.session.scalars(waiting).all():
        if name is not None:
            afterwards(kept=partial(media.forget, media.store(), name))
