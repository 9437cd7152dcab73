"""What do pages say of badges: whose are which, how far is the way, who else holds one?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, and_, cast, func, select

from skillswap.db import Instant, db, earlier
from skillswap.domain.badge_words import ICONS, Words, words_of
from skillswap.domain.badges import facts
from skillswap.domain.badges.rules import Facts, Part, PartKind, parts_of
from skillswap.domain.notifications import Face
from skillswap.domain.streaks import streak_of
from skillswap.domain.visibility import Reader, visible
from skillswap.errors import NotFound
from skillswap.lib.keyset import AnySelect, Key, Page, page, paginate
from skillswap.models import BadgeCode, BadgeGrant, Event, Notification, User
from skillswap.models.badge import LOSABLE
from skillswap.models.user import HUES, initials

COUNTED_TO = 1_000
HISTORY_MOST = 12
NEWS_FOR = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Held:
    """A badge somebody holds, or held."""

    code: BadgeCode
    granted_at: datetime
    lost_at: datetime | None = None

    @property
    def words(self) -> Words:
        """Its name and its rule."""
        return words_of(self.code)

    @property
    def icon(self) -> str:
        """Its picture."""
        return ICONS[self.code]


@dataclass(frozen=True, slots=True)
class ShelfCard:
    """A badge as one person sees it: theirs since then, or so far away."""

    code: BadgeCode
    held: Held | None
    parts: Sequence[Part]  # empty for a visitor

    @property
    def words(self) -> Words:
        """Its name and its rule."""
        return words_of(self.code)

    @property
    def icon(self) -> str:
        """Its picture."""
        return ICONS[self.code]

    @property
    def bars(self) -> list[Part]:
        """The parts that one can come nearer to."""
        return [part for part in self.parts if part.kind is not PartKind.NO_REPORT]

    @property
    def way(self) -> tuple[int, int]:
        """How far of how much: the count itself, or how many of several parts are done."""
        if len(self.bars) == 1:
            return self.bars[0].filled, self.bars[0].need
        return sum(part.is_done for part in self.bars), len(self.bars)

    @property
    def blocked_by_report(self) -> bool:
        """Whether a report about this person was upheld, where that matters."""
        return any(part.kind is PartKind.NO_REPORT and not part.is_done for part in self.parts)

    @property
    def asks_for_no_report(self) -> bool:
        """Whether that matters here."""
        return len(self.bars) < len(self.parts)

    @property
    def is_losable(self) -> bool:
        """Whether it is looked at again every Monday."""
        return self.code in LOSABLE


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who holds a badge."""

    face: Face
    since: datetime


@dataclass(frozen=True, slots=True)
class BadgePage:
    """Everything on the page of a badge."""

    card: ShelfCard
    history: Sequence[Held]  # the reader's own, the latest first
    holders_count: int
    people_count: int
    holders: Page

    @property
    def is_share(self) -> bool:
        """Whether both numbers were counted to their end."""
        return self.people_count < COUNTED_TO


def code_of(typed: str) -> BadgeCode:
    """The badge of that name in an address. Raises NotFound."""
    try:
        return BadgeCode(typed)
    except ValueError:
        raise NotFound("badge") from None


def badges_of(person: User) -> list[Held]:
    """What somebody holds, in the order of the page. One statement."""
    rows = db.session.execute(
        select(BadgeGrant.code, BadgeGrant.granted_at).where(
            BadgeGrant.user_id == person.id, BadgeGrant.lost_at.is_(None)
        )
    )
    order = list(BadgeCode)
    return sorted((Held(*row) for row in rows), key=lambda held: order.index(held.code))


def shelf_of(person: User | None, now: datetime) -> list[ShelfCard]:
    """All fourteen: what one holds first, then the nearest. Six statements; none for a visitor."""
    if person is None:
        return [ShelfCard(code, None, ()) for code in BadgeCode]
    held = {one.code: one for one in badges_of(person)}
    known = _known(person, list(BadgeCode), now)
    cards = [ShelfCard(code, held.get(code), parts_of(code, known)) for code in BadgeCode]
    return sorted(cards, key=lambda card: (card.held is None, -_share(card)))


def _known(person: User, codes: Sequence[BadgeCode], now: datetime) -> Facts:
    """What is known of one person; a streak is shown week by week, though it is awarded in
    fours."""
    known = facts.read([person.id], codes, now)[person.id]
    if BadgeCode.STEADY_12 not in codes:
        return known
    return replace(known, streak=max(known.streak, streak_of(person, now).longest))


def _share(card: ShelfCard) -> float:
    """How much of the way is done; all of what is held, so that those keep their order."""
    if card.held:
        return 1.0
    return sum(part.filled / part.need for part in card.bars) / len(card.bars)


def badge_page(
    code: BadgeCode, reader: User | None, cursor: str | None, now: datetime
) -> BadgePage:
    """One badge, the reader's own way to it, and who holds it. Seven statements at most."""
    parts: list[Part] = []
    history: list[Held] = []
    if reader is not None:
        parts, history = parts_of(code, _known(reader, [code], now)), _history(reader, code)
    held = next((one for one in history if one.lost_at is None), None)
    holders, people = _counted(code, reader)
    return BadgePage(
        card=ShelfCard(code, held, parts),
        history=history,
        holders_count=holders,
        people_count=people,
        holders=holders_of(code, reader, cursor),
    )


def _history(person: User, code: BadgeCode) -> list[Held]:
    rows = db.session.execute(
        select(BadgeGrant.code, BadgeGrant.granted_at, BadgeGrant.lost_at)
        .where(BadgeGrant.user_id == person.id, BadgeGrant.code == code)
        .order_by(BadgeGrant.id.desc())
        .limit(HISTORY_MOST)
    )
    return [Held(*row) for row in rows]


def _counted(code: BadgeCode, reader: User | None) -> tuple[int, int]:
    """How many hold it, of how many people: as the reader may see them, and counted to 1,000."""
    reader_id = reader.id if reader else None
    holders = (
        select(User.id)
        .join(BadgeGrant, _held_of(code))
        .where(visible(User, to=reader_id))
        .limit(COUNTED_TO)
    )
    people = select(User.id).where(visible(User, to=reader_id)).limit(COUNTED_TO)
    row = db.session.execute(
        select(
            *(
                select(func.count()).select_from(some.subquery()).scalar_subquery()
                for some in (holders, people)
            )
        )
    ).one()
    return row[0], row[1]


def _held_of(code: BadgeCode) -> Any:
    return and_(
        BadgeGrant.user_id == User.id, BadgeGrant.code == code, BadgeGrant.lost_at.is_(None)
    )


NEWEST = [Key(BadgeGrant.granted_at, "granted_at"), Key(BadgeGrant.id, "id")]  # type: ignore[arg-type]


def holders_of(code: BadgeCode, reader: User | None, cursor: str | None) -> Page:
    """Who holds it, the latest first, as far as the reader may see them. One statement."""
    query: AnySelect = (
        select(
            BadgeGrant.id,
            BadgeGrant.granted_at,
            User.id.label("user_id"),
            User.username,
            User.first_name,
            User.last_name,
            User.avatar,
        )
        .join(User, _held_of(code))
        .where(visible(User, to=reader.id if reader else None))
    )
    found = page(db.session.execute(paginate(query, NEWEST, cursor)).all(), NEWEST)
    return Page([_holder(row) for row in found.rows], found.after)


def _holder(row: Any) -> Holder:
    face = Face(
        row.username,
        f"{row.first_name} {row.last_name}".strip(),
        initials(row.first_name, row.last_name),
        row.user_id % HUES + 1,
        f"/media/{row.avatar}" if row.avatar else None,
    )
    return Holder(face, row.granted_at)


def news(user_id: Reader, now: Instant) -> AnySelect:
    """The newest badge a person has earned and not yet read of: "41:mentor_10", by the number of
    its notification. For the frame, which says it once."""
    told = cast(Notification.id, String) + ":" + Event.facts["badge"].as_string()
    return (
        select(told)
        .join(Event, Event.id == Notification.event_id)
        .where(
            Notification.user_id == user_id,
            Notification.subject_type == BadgeGrant.__tablename__,
            Notification.read_at.is_(None),
            Notification.due_at <= now,
            Notification.created_at > earlier(now, NEWS_FOR),
            Event.kind == "badge.earned",
        )
        .order_by(Notification.id.desc())
        .limit(1)
    )
