"""Which rings could somebody close? Bounded reads of the rows that lists are searched by.

I teach the second what they want, the second teaches the third, the third teaches me what I want.
The best rated who teach what I want are looked at, then what they want in return, then for each of
these the best rated who teach it and want what I teach: `swap_edges` answers by three short reads.
What is found is checked against blocks and against what was asked before; beginning checks again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, exists, select, union_all

from skillswap.db import db
from skillswap.domain.hour_masks import NO_HOURS, Mask, common_hours
from skillswap.domain.rings import rules
from skillswap.domain.rings.reading import RingFace
from skillswap.domain.rings.rules import Leg, round_key
from skillswap.domain.visibility import visible
from skillswap.lib.keyset import AnySelect
from skillswap.models import (
    HourMask,
    Skill,
    SwapEdge,
    TeacherListing,
    User,
    UserSkill,
    UserSkillKind,
)
from skillswap.models.swap_ring import MEMBERS
from skillswap.models.user import HUES, initials

EACH_WAY = 6  # of what I teach and want
THIRDS_MOST = 60  # who teach what I want, shared by what I want
MIDDLES_MOST = 60  # skills between the second and the third
SECONDS_EACH = 3  # the best rated of each pair of skills
CHECKED, SHOWN, EACH_PERSON = 40, 6, 2
HOURS_COUNTED = 10  # more common hours than that make no ring better


@dataclass(frozen=True, slots=True)
class Place:
    """One of the two others of a ring that could be, and what they would teach the next."""

    person: RingFace
    skill: str
    slug: str


@dataclass(frozen=True, slots=True)
class Possible:
    """A ring its reader could begin: they teach the second, who teaches the third."""

    skill: str  # what the reader teaches
    slug: str
    second: Place
    third: Place
    hours: int  # of a week that the two of a pair share, of the pair with the fewest


@dataclass(frozen=True, slots=True)
class _Try:
    """The same by numbers."""

    teach: int
    second: int
    middle: int
    third: int
    learn: int
    hours: int
    rank: int

    def legs(self, me: int) -> list[Leg]:
        return [
            (me, self.second, self.teach),
            (self.second, self.third, self.middle),
            (self.third, me, self.learn),
        ]

    def key(self, me: int) -> str:
        pairs = [(me, self.teach), (self.second, self.middle), (self.third, self.learn)]
        return round_key(pairs)

    @property
    def others(self) -> frozenset[int]:
        return frozenset((self.second, self.third))


def possible_rings(person: User, now: datetime) -> Sequence[Possible]:
    """The rings this person could begin, those with the most common hours first; at most six.
    At most six statements, each bounded however many people there are."""
    mine = _my_lines(person)
    offers = [row.id for row in mine if row.kind is UserSkillKind.OFFERED]
    wants = [row.id for row in mine if row.kind is UserSkillKind.WANTED][:EACH_WAY]
    if not (offers and wants and person.teaching and person.learning):
        return []
    thirds = _thirds(wants, offers, person.id)
    seconds, middles = _seconds(thirds, offers[:EACH_WAY])
    people = _people(person, thirds, seconds)
    tries = sorted(
        _tries(person, thirds, seconds, people),
        key=lambda one: (-one.hours, -one.rank, one.second, one.third, one.teach, one.learn),
    )
    names = {row.id: row for row in [*mine, *middles]}
    return [_possible(one, people, names) for one in _chosen(person, tries, now)]


# -- what is read ---------------------------------------------------------------------------------


def _my_lines(person: User) -> Sequence[Any]:
    return db.session.execute(
        select(UserSkill.kind, Skill.id, Skill.name, Skill.slug)
        .join(Skill, Skill.id == UserSkill.skill_id)
        .where(UserSkill.user_id == person.id)
        .order_by(UserSkill.level.desc(), Skill.id)
    ).all()


def _thirds(wants: Sequence[int], taught: Sequence[int], me: int) -> Sequence[Any]:
    """(third, what they teach me, what they want): the best rated who teach what I want. Who wants
    what I teach needs no ring."""
    share = THIRDS_MOST // len(wants)
    cuts: list[AnySelect] = [_best_rated(skill_id, share) for skill_id in wants]
    cut = union_all(*cuts).subquery("cut")
    query = (
        select(SwapEdge.user_id, SwapEdge.offer_id, SwapEdge.want_id, SwapEdge.rank)
        .join(cut, (cut.c.user_id == SwapEdge.user_id) & (cut.c.skill_id == SwapEdge.offer_id))
        .where(SwapEdge.user_id != me, SwapEdge.want_id.not_in(taught))
    )
    rows = db.session.execute(query).all()
    return sorted(rows, key=lambda row: (-row.rank, row.user_id, row.offer_id, row.want_id))


def _best_rated(skill_id: int, limit: int) -> AnySelect:
    one = TeacherListing
    cut = select(one.user_id, one.skill_id).where(one.skill_id == skill_id)
    cut = cut.order_by(one.rank.desc(), one.user_id.desc()).limit(limit)
    found: AnySelect = select(*cut.subquery().c)
    return found


def _seconds(
    thirds: Sequence[Any], offers: Sequence[int]
) -> tuple[dict[tuple[int, int], list[int]], Sequence[Any]]:
    """By (what they teach, what they want of me): the best rated of them, by short reads of one
    index; and the rows of what they teach."""
    middles = list(dict.fromkeys(row.want_id for row in thirds))[:MIDDLES_MOST]
    if not middles:
        return {}, []
    wanted = select(Skill.id.label("id")).where(Skill.id.in_(offers)).subquery("wanted")
    places = [f"second_{place}" for place in range(SECONDS_EACH)]
    columns = [_second(wanted.c.id, place).label(name) for place, name in enumerate(places)]
    query: Any = select(
        Skill.id, Skill.name, Skill.slug, wanted.c.id.label("want_id"), *columns
    ).join_from(Skill, wanted, Skill.id != wanted.c.id)
    rows = db.session.execute(query.where(Skill.id.in_(middles))).all()
    found = {
        (row.id, row.want_id): [one for name in places if (one := getattr(row, name)) is not None]
        for row in rows
    }
    return found, rows


def _second(want_id: Any, place: int) -> ScalarSelect[int]:
    edge = SwapEdge
    return (
        select(edge.user_id)
        .where(edge.offer_id == Skill.id, edge.want_id == want_id)
        .order_by(edge.rank.desc(), edge.user_id.desc())
        .limit(1)
        .offset(place)
        .scalar_subquery()
    )


def _people(
    person: User, thirds: Sequence[Any], seconds: dict[tuple[int, int], list[int]]
) -> dict[int, Any]:
    """All of them whom this person may see, with their hours; and this person."""
    ids = {row.user_id for row in thirds} | {one for found in seconds.values() for one in found}
    rows = db.session.execute(
        select(
            User.id,
            User.username,
            User.first_name,
            User.last_name,
            User.avatar,
            User.language_mask,
            User.rating_rank,
            HourMask.hours_0,
            HourMask.hours_1,
            HourMask.hours_2,
            exists().where(TeacherListing.user_id == User.id).label("is_listed"),
        )
        .outerjoin(HourMask, HourMask.user_id == User.id)
        .where(User.id.in_(sorted(ids | {person.id})), visible(to=person.id))
    )
    return {row.id: row for row in rows}


# -- what is made of it ---------------------------------------------------------------------------


def _tries(
    person: User,
    thirds: Sequence[Any],
    seconds: dict[tuple[int, int], list[int]],
    people: dict[int, Any],
) -> Iterator[_Try]:
    """Every ring of what was read in which each two who meet share an hour and a language."""
    me = people.get(person.id)
    if me is None or not me.is_listed:
        return
    meet = _Meeting(people)
    by_middle: dict[int, list[tuple[int, int]]] = {}
    for (middle, teach), found in seconds.items():
        by_middle.setdefault(middle, []).extend((teach, second) for second in found)
    for row in thirds:
        third, learn, middle = row.user_id, row.offer_id, row.want_id
        for teach, second in by_middle.get(middle, ()):
            if len({me.id, second, third}) < MEMBERS or len({teach, middle, learn}) < MEMBERS:
                continue
            pairs = ((me.id, second), (second, third), (third, me.id))
            if hours := min(meet.hours(*pair) for pair in pairs):
                rank = people[second].rating_rank + people[third].rating_rank
                yield _Try(teach, second, middle, third, learn, hours, rank)


class _Meeting:
    """In how many hours of a week two of these people could meet and talk; asked once a pair."""

    def __init__(self, people: dict[int, Any]) -> None:
        self.people = people
        self.known: dict[tuple[int, int], int] = {}

    def hours(self, one_id: int, other_id: int) -> int:
        """None for who is not there, has not said, or speaks another language."""
        pair = (min(one_id, other_id), max(one_id, other_id))
        if pair not in self.known:
            self.known[pair] = self._hours(*(self.people.get(user_id) for user_id in pair))
        return self.known[pair]

    @staticmethod
    def _hours(one: Any, other: Any) -> int:
        if one is None or other is None:
            return 0
        said = one.language_mask and other.language_mask
        if said and not one.language_mask & other.language_mask:
            return 0
        return min(common_hours(_mask(one), _mask(other)), HOURS_COUNTED)


def _mask(row: Any) -> Mask:
    return NO_HOURS if row.hours_0 is None else (row.hours_0, row.hours_1, row.hours_2)


def _chosen(person: User, tries: Sequence[_Try], now: datetime) -> list[_Try]:
    """The first of them that nothing stands in the way of, each person in two at most."""
    looked_at = list(_varied(tries, CHECKED, of_two=3, of_one=8))
    if not looked_at:
        return []
    legs = [leg for one in looked_at for leg in one.legs(person.id)]
    not_free = rules.blocked_or_taken(legs, now)
    tried = rules.tried([one.key(person.id) for one in looked_at], now)
    free = [
        one
        for one in looked_at
        if not_free.isdisjoint(one.legs(person.id)) and one.key(person.id) not in tried
    ]
    return list(_varied(free, SHOWN, of_two=1, of_one=EACH_PERSON))


def _varied(tries: Iterable[_Try], limit: int, *, of_two: int, of_one: int) -> Iterator[_Try]:
    """The first of them, so that no two people fill the list, and no one person does."""
    pairs: Counter[frozenset[int]] = Counter()
    often: Counter[int] = Counter()
    for one in tries:
        if pairs[one.others] < of_two and all(often[other] < of_one for other in one.others):
            pairs[one.others] += 1
            often.update(one.others)
            yield one
            limit -= 1
        if not limit:
            return


def _possible(one: _Try, people: dict[int, Any], names: dict[int, Any]) -> Possible:
    def place(user_id: int, skill_id: int) -> Place:
        row = people[user_id]
        face = RingFace(
            username=row.username,
            name=f"{row.first_name} {row.last_name}".strip(),
            first_name=row.first_name,
            initials=initials(row.first_name, row.last_name),
            hue=row.id % HUES + 1,
            avatar_url=f"/media/{row.avatar}" if row.avatar else None,
        )
        return Place(face, names[skill_id].name, names[skill_id].slug)

    return Possible(
        skill=names[one.teach].name,
        slug=names[one.teach].slug,
        second=place(one.second, one.middle),
        third=place(one.third, one.learn),
        hours=one.hours,
    )
