"""What do people wish for, and which offers are made? Cards for lists."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain.profiles import RATERS_TO_SHOW, Rating
from skillswap.domain.visibility import visible
from skillswap.domain.wishes.rules import is_offered, is_wished
from skillswap.lib.keyset import AnySelect, Key, Page, page, paginate
from skillswap.models import (
    Exchange,
    HourMask,
    OfferState,
    Skill,
    User,
    UserSkill,
    UserSkillKind,
    Wish,
    WishOffer,
    WishState,
)
from skillswap.models.user import HUES, initials
from skillswap.models.wish import LIFE, is_renewable, offer_state_at, wish_state_at

TAUGHT_SHOWN = 2
MINE_SHOWN = 10
HOURS = (HourMask.hours_0, HourMask.hours_1, HourMask.hours_2)


class Show(StrEnum):
    """Which wishes of others a list holds."""

    TEACH, ALL = "teach", "all"
    LANGUAGES, HOURS = "languages", "hours"


@dataclass(frozen=True, slots=True)
class Face:
    """Somebody as a card shows them."""

    username: str
    name: str
    first_name: str
    initials: str
    hue: int
    avatar_url: str | None


@dataclass(frozen=True, slots=True)
class WishCard:
    """A wish in a list. Of one's own the face is one's own too."""

    public_id: str
    by: Face
    skill: str
    slug: str
    level: int
    body: str
    state: WishState
    ends_at: datetime
    taught: Sequence[str]  # what they teach, that one might like in return
    i_teach: bool
    my_offer: str | None  # the key of one of mine that waits
    offers: int = 0  # that wait for me, of a wish of my own
    renewable: bool = False


@dataclass(frozen=True, slots=True)
class OfferCard:
    """An offer, as either of its two sees it."""

    public_id: str
    wish_id: str
    incoming: bool
    other: Face
    headline: str
    rating: Rating | None
    skill: str
    body: str
    in_return: str
    state: OfferState
    made_at: datetime
    respond_by: datetime
    answer_body: str
    exchange_id: str | None


# -- wishes ---------------------------------------------------------------------------------------

NEWEST = [
    Key(Wish.ends_at, "ends_at"),  # type: ignore[arg-type]  # a mapped column is an expression
    Key(Wish.id, "id"),  # type: ignore[arg-type]
]
FACE = (User.username, User.first_name, User.last_name, User.avatar)
WISH = (
    Wish.id,
    Wish.public_id,
    Wish.learner_id,
    Wish.skill_id,
    Wish.level,
    Wish.body,
    Wish.state,
    Wish.ends_at,
    Skill.name.label("skill"),
    Skill.slug,
)


def others_wishes(reader: User, show: Show, cursor: str | None, now: datetime) -> Page:
    """What other people wish for, the latest first. Two statements, three by the hours."""
    query = (
        select(*WISH, *FACE, _listed(reader).label("i_teach"), _mine(reader, now).label("my_offer"))
        .join(Skill, Skill.id == Wish.skill_id)
        .join(User, User.id == Wish.learner_id)
        .where(is_wished(now), User.id != reader.id, User.learning, visible(to=reader.id))
        .where(*_shown(reader, show))
    )
    if show is Show.HOURS:
        query = query.join(HourMask, HourMask.user_id == User.id)
    found = page(db.session.execute(paginate(query, NEWEST, cursor)).all(), NEWEST)
    taught = _taught({row.learner_id for row in found.rows})
    return Page([_card(row, taught, now) for row in found.rows], found.after)


def _shown(reader: User, show: Show) -> Iterator[ColumnElement[bool]]:
    """What a list holds only. Who has said nothing of hours or languages meets nobody by them."""
    match show:
        case Show.TEACH:
            mine = select(UserSkill.skill_id).where(
                UserSkill.user_id == reader.id, UserSkill.kind == UserSkillKind.OFFERED
            )
            yield Wish.skill_id.in_(mine)
        case Show.LANGUAGES:
            yield User.language_mask.bitwise_and(reader.language_mask) != 0
        case Show.HOURS:
            mine_row = db.session.execute(select(*HOURS).where(HourMask.user_id == reader.id))
            masks = mine_row.first() or (0, 0, 0)
            parts = zip(HOURS, masks, strict=True)
            yield or_(*(part.bitwise_and(mask) != 0 for part, mask in parts))


def _listed(reader: User) -> ColumnElement[bool]:
    return exists().where(
        UserSkill.user_id == reader.id,
        UserSkill.kind == UserSkillKind.OFFERED,
        UserSkill.skill_id == Wish.skill_id,
    )


def _mine(reader: User, now: datetime) -> Any:
    """The key of this reader's offer that waits; there is one at most."""
    return (
        select(WishOffer.public_id)
        .where(WishOffer.wish_id == Wish.id, WishOffer.teacher_id == reader.id, is_offered(now))
        .correlate(Wish)
        .scalar_subquery()
    )


def _taught(user_ids: Collection[int]) -> dict[int, list[str]]:
    """The names of what these people teach, by person. One statement."""
    found: dict[int, list[str]] = {user_id: [] for user_id in user_ids}
    rows = db.session.execute(
        select(UserSkill.user_id, Skill.name)
        .join(Skill, Skill.id == UserSkill.skill_id)
        .join(User, User.id == UserSkill.user_id)
        .where(
            UserSkill.user_id.in_(user_ids),
            UserSkill.kind == UserSkillKind.OFFERED,
            User.teaching,
        )
        .order_by(UserSkill.user_id, UserSkill.level.desc(), Skill.name)
    )
    for user_id, name in rows:
        found[user_id].append(name)
    return found


def wishes_of(person: User, now: datetime) -> list[WishCard]:
    """My own: those that are open, then those that lapsed within 60 days. One statement."""
    waiting = (
        select(func.count())
        .where(WishOffer.wish_id == Wish.id, is_offered(now))
        .correlate(Wish)
        .scalar_subquery()
    )
    kept = or_(
        Wish.state == WishState.OPEN,
        (Wish.state == WishState.LAPSED) & (Wish.ends_at > now - LIFE),
    )
    rows = db.session.execute(
        select(*WISH, waiting.label("offers"))
        .join(Skill, Skill.id == Wish.skill_id)
        .where(Wish.learner_id == person.id, kept)
        .order_by(Wish.ends_at.desc(), Wish.id.desc())
        .limit(MINE_SHOWN)
    )
    return [_own_card(row, person, now) for row in rows]


def card_of(wish: Wish, reader: User, now: datetime) -> WishCard:
    """One wish for its page: of one's own, or of somebody else's. Two statements at most."""
    columns = select(*WISH, *FACE, _listed(reader).label("i_teach"))
    waiting = select(func.count()).where(WishOffer.wish_id == wish.id, is_offered(now))
    row = db.session.execute(
        columns.add_columns(
            _mine(reader, now).label("my_offer"), waiting.scalar_subquery().label("offers")
        )
        .join(Skill, Skill.id == Wish.skill_id)
        .join(User, User.id == Wish.learner_id)
        .where(Wish.id == wish.id)
    ).one()
    if wish.learner_id == reader.id:
        return _own_card(row, reader, now)
    return _card(row, _taught([wish.learner_id]), now)


def _card(row: Any, taught: dict[int, list[str]], now: datetime) -> WishCard:
    names = [name for name in taught.get(row.learner_id, ()) if name != row.skill]
    return WishCard(
        public_id=row.public_id,
        by=_face(row, row.learner_id),
        skill=row.skill,
        slug=row.slug,
        level=row.level,
        body=row.body,
        state=wish_state_at(row, now),
        ends_at=row.ends_at,
        taught=names[:TAUGHT_SHOWN],
        i_teach=bool(row.i_teach),
        my_offer=row.my_offer,
    )


def _own_card(row: Any, person: User, now: datetime) -> WishCard:
    state = wish_state_at(row, now)
    return WishCard(
        public_id=row.public_id,
        by=_face_of(person),
        skill=row.skill,
        slug=row.slug,
        level=row.level,
        body=row.body,
        state=state,
        ends_at=row.ends_at,
        taught=(),
        i_teach=False,
        my_offer=None,
        offers=row.offers,
        renewable=is_renewable(row, now),
    )


# -- offers ---------------------------------------------------------------------------------------

Other, Returned = aliased(User), aliased(Skill)
LATEST = [Key(WishOffer.id, "id")]  # type: ignore[arg-type]  # a mapped column is an expression


def offers_to(wish: Wish, reader: User, cursor: str | None, now: datetime) -> Page:
    """The offers made to my wish, the latest first. One statement."""
    return _offers(reader, cursor, now, WishOffer.wish_id == wish.id)


def offers_by(teacher: User, cursor: str | None, now: datetime) -> Page:
    """The offers I have made, the latest first. One statement."""
    return _offers(teacher, cursor, now, WishOffer.teacher_id == teacher.id)


def offers_between(wish: Wish, teacher: User, now: datetime) -> Sequence[OfferCard]:
    """What I have offered to this wish, the latest first. One statement."""
    mine = (WishOffer.wish_id == wish.id, WishOffer.teacher_id == teacher.id)
    rows: Sequence[OfferCard] = _offers(teacher, None, now, *mine).rows
    return rows


def offer_card(offer: WishOffer, reader: User, now: datetime) -> OfferCard:
    """One offer for its page. One statement."""
    card: OfferCard = _offers(reader, None, now, WishOffer.id == offer.id).rows[0]
    return card


def _offers(reader: User, cursor: str | None, now: datetime, *which: ColumnElement[bool]) -> Page:
    rows = db.session.execute(paginate(_offer_rows(reader).where(*which), LATEST, cursor)).all()
    found = page(rows, LATEST)
    return Page([_offer(row, reader, now) for row in found.rows], found.after)


def _offer_rows(reader: User) -> AnySelect:
    other_id = case(
        (WishOffer.learner_id == reader.id, WishOffer.teacher_id), else_=WishOffer.learner_id
    )
    return (
        select(
            WishOffer.id,
            WishOffer.public_id,
            WishOffer.learner_id,
            WishOffer.body,
            WishOffer.state,
            WishOffer.made_at,
            WishOffer.respond_by,
            WishOffer.answer_body,
            Wish.public_id.label("wish_id"),
            Skill.name.label("skill"),
            Returned.name.label("in_return"),
            Exchange.public_id.label("exchange_id"),
            Other.id.label("other_id"),
            Other.username,
            Other.first_name,
            Other.last_name,
            Other.avatar,
            Other.headline,
            Other.rating_milli,
            Other.rating_count,
        )
        .join(Wish, Wish.id == WishOffer.wish_id)
        .join(Skill, Skill.id == Wish.skill_id)
        .join(Other, Other.id == other_id)
        .outerjoin(Returned, Returned.id == WishOffer.return_skill_id)
        .outerjoin(Exchange, Exchange.pitch_id == WishOffer.pitch_id)
        .where(visible(Other, to=reader.id))
    )


def _offer(row: Any, reader: User, now: datetime) -> OfferCard:
    rated = row.rating_count >= RATERS_TO_SHOW
    return OfferCard(
        public_id=row.public_id,
        wish_id=row.wish_id,
        incoming=row.learner_id == reader.id,
        other=_face(row, row.other_id),
        headline=row.headline,
        rating=Rating(row.rating_milli / 1_000, row.rating_count) if rated else None,
        skill=row.skill,
        body=row.body,
        in_return=row.in_return or "",
        state=offer_state_at(row, now),
        made_at=row.made_at,
        respond_by=row.respond_by,
        answer_body=row.answer_body,
        exchange_id=row.exchange_id,
    )


# -- faces ----------------------------------------------------------------------------------------


def _face(row: Any, user_id: int) -> Face:
    return Face(
        username=row.username,
        name=f"{row.first_name} {row.last_name}".strip(),
        first_name=row.first_name,
        initials=initials(row.first_name, row.last_name),
        hue=user_id % HUES + 1,
        avatar_url=f"/media/{row.avatar}" if row.avatar else None,
    )


def _face_of(person: User) -> Face:
    return Face(
        person.username,
        person.name,
        person.first_name,
        person.initials,
        person.hue,
        person.avatar_url,
    )
