"""What have the two written down together, and who wrote last?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from skillswap.db import db
from skillswap.domain import events
from skillswap.domain.exchanges.reading import locked_exchange_of, stands
from skillswap.domain.limits import NOTES_MOST
from skillswap.errors import Refused, Taken, WrongState
from skillswap.lib.markdown import RULES_VERSION, render_markdown
from skillswap.models import Exchange, ExchangeNote, User
from skillswap.models.exchange import ENDED


@dataclass(frozen=True, slots=True)
class Notes:
    """The shared notes as they stand. Version 0: nobody has written any yet."""

    body: str = ""
    body_html: str = ""
    version: int = 0
    writer_id: int | None = None
    written_at: datetime | None = None


def notes_of(exchange: Exchange) -> Notes:
    """The notes of an exchange that one may see. One statement."""
    note = _note(exchange)
    if note is None:
        return Notes()
    return Notes(note.body, note.body_html, note.version, note.writer_id, note.written_at)


def write_notes(
    person: User, public_id: str, *, body: str, version: int, now: datetime
) -> Exchange:
    """Replace the shared notes; `version` is that of the text the writer began with.

    The partner is not told of each change: the page says who wrote last. Raises Taken when the
    other has written meanwhile, Refused when it is too long, WrongState once the exchange has
    ended. The same text again is harmless.
    """
    exchange = locked_exchange_of(person, public_id)
    state = stands(exchange, now)
    if state in ENDED:
        raise WrongState("exchange", state)
    body = body.replace("\r\n", "\n").strip()
    if len(body) > NOTES_MOST:
        raise Refused("body", "too_long", limit=NOTES_MOST)
    note = _note(exchange)
    if body == (note.body if note else ""):
        return exchange
    partner = exchange.partner_of(person).first_name
    if version != (note.version if note else 0):
        raise Taken("body", "notes_changed", partner=partner)
    try:
        with db.session.begin_nested():
            if note is None:
                note = ExchangeNote(exchange_id=exchange.id)
                db.session.add(note)
            note.body, note.body_html = body, render_markdown(body)
            note.rules_version = RULES_VERSION
            note.writer_id, note.written_at = person.id, now
    except (IntegrityError, StaleDataError):  # both pressed save in the same moment
        raise Taken("body", "notes_changed", partner=partner) from None
    events.record("exchange.noted", actor=person, subject=exchange, to=[], now=now)
    return exchange


def _note(exchange: Exchange) -> ExchangeNote | None:
    return db.session.scalar(
        select(ExchangeNote)
        .where(ExchangeNote.exchange_id == exchange.id)
        .execution_options(populate_existing=True)
    )
