"""What do the filters of browsing leave, what do they count, and what does it cost?"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import insert, select

from skillswap.db import db, transaction
from skillswap.domain import explore, listings, safety
from skillswap.domain.answering import Pace
from skillswap.domain.narrowing import Facet, When
from skillswap.domain.searching import LOOKED_AT, Filters, Sort
from skillswap.lib.clock import utcnow
from skillswap.lib.keyset import Page
from skillswap.lib.languages import mask_of
from skillswap.models import (
    Level,
    PauseKind,
    Skill,
    TeacherListing,
    User,
    UserSkill,
    UserSkillKind,
    UserState,
)
from tests.people import make_exchange, make_hours, make_person, make_pitch, make_skill
from tests.support.steps import steps_counted

pytestmark = pytest.mark.usefixtures("app")
DAY = timedelta(days=1)


@pytest.fixture
def kim() -> User:
    """Learns chess, teaches knitting, lives in London."""
    return make_person("kim", wants=("Chess",), offers=("Knitting",))


def browse(viewer: User | None, **filters: object) -> explore.Found:
    return explore.browse(viewer, Filters(**filters), None, utcnow())  # type: ignore[arg-type]


def names(viewer: User | None, **filters: object) -> set[str]:
    """Who is on the first page."""
    return {card.username for card in browse(viewer, **filters).teachers}


def change(person: User, **values: object) -> None:
    with transaction():
        for name, value in values.items():
            setattr(db.session.merge(person), name, value)


# -- one by one -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sort", "asked"),
    [(Sort.FIT, {}), (Sort.RATING, {"skill": "chess"}), (Sort.NEWEST, {"q": "chess"})],
    ids=str,
)
def test_parts_of_the_day_are_on_the_readers_clock(kim, sort, asked):
    make_hours(make_person("eve", offers=("Chess",)), "Mon 19-21")
    make_hours(make_person("mona", offers=("Chess",)), "Mon 8-10")
    make_hours(make_person("sam", offers=("Chess",)), "Sat 13-15")
    # 10:00 to 12:00 in Seoul is the night in London
    make_hours(make_person("seo", offers=("Chess",), timezone="Asia/Seoul"), "Tue 10-12")
    make_person("mute", offers=("Chess",))
    found = {
        when: names(kim, when=(when,), sort=sort, **asked) for when in When if when is not When.MINE
    }
    assert found == {
        When.MORNINGS: {"mona"},
        When.AFTERNOONS: {"sam"},
        When.EVENINGS: {"eve"},
        When.WEEKENDS: {"sam"},
    }
    both = names(kim, when=(When.MORNINGS, When.EVENINGS), sort=sort, **asked)
    assert both == {"mona", "eve"}


def test_my_hours_are_those_in_which_both_could_meet(kim):
    make_hours(make_person("eve", offers=("Chess",)), "Mon 19-21")
    make_hours(make_person("mona", offers=("Chess",)), "Mon 8-10")
    assert not browse(kim).counts.my_hours
    assert names(kim, when=(When.MINE,)) == set()
    make_hours(kim, "Mon 9-12, 18-22")
    assert browse(kim).counts.my_hours
    assert names(kim, when=(When.MINE,)) == {"eve", "mona"}
    assert names(kim, when=(When.MINE, When.MORNINGS)) == {"mona"}
    counts = browse(kim, when=(When.MINE,)).counts
    assert (counts.whens[When.EVENINGS], counts.whens[When.AFTERNOONS]) == (1, 0)


def test_a_swap_is_with_who_wants_what_i_teach_and_learns(kim):
    make_person("wool", offers=("Chess",), wants=("Knitting",))
    make_person("done", offers=("Chess",), wants=("Knitting",), learning=False)
    make_person("plain", offers=("Chess",))
    assert names(kim, swap=True) == {"wool"}
    assert browse(kim).counts.swaps == 1


def test_a_rating_and_a_pace_count_only_from_three_on(kim):
    rated = {"rating_count": 3, "rating_sum": 14, "rating_milli": 4_667}
    make_person("good", offers=("Chess",), **rated)
    few = {"rating_count": 2, "rating_sum": 10, "rating_milli": 5_000}
    make_person("few", offers=("Chess",), **few)
    make_person("fast", offers=("Chess",), answered_count=3, reply_minutes=1_440)
    make_person("slow", offers=("Chess",), answered_count=3, reply_minutes=1_441)
    make_person("once", offers=("Chess",), answered_count=2, reply_minutes=5)
    assert names(kim, rating=4_500) == {"good"}
    assert names(kim, answers=Pace.DAY) == {"fast"}
    assert names(kim, answers=Pace.THREE_DAYS) == {"fast", "slow"}
    counts = browse(kim).counts
    assert counts.ratings == {3_000: 1, 4_000: 1, 4_500: 1}
    assert counts.paces == {Pace.DAY: 1, Pace.THREE_DAYS: 2, Pace.WEEK: 2}


def test_who_is_verified_is_so_until_that_ends(kim, now):
    assert not browse(kim).counts.any_verified
    vera = make_person("vera", offers=("Chess",), verified_until=now + DAY)
    make_person("paul", offers=("Chess",), verified_until=now - DAY)
    assert names(kim, verified=True) == {"vera"}
    assert browse(kim).counts.any_verified
    marked = {card.username for card in browse(kim).teachers if card.verified}
    assert marked == {"vera"}
    later = now + 2 * DAY
    found = explore.browse(kim, Filters(), None, later)
    assert not any(card.verified for card in found.teachers)
    with transaction():
        assert listings.refresh_due(later, 10) == 1
        assert listings.refresh_due(later, 10) == 0
    rows = select(TeacherListing.is_verified).where(TeacherListing.user_id == vera.id)
    assert set(db.session.scalars(rows)) == {False}
    assert list(listings.drift(later)) == []


# -- against a definition of its own --------------------------------------------------------------


def town() -> None:
    """Thirty teachers who differ in everything that can be filtered by."""
    chance = random.Random(5)
    weeks = ((), ("Mon 8-10",), ("Tue 13-15", "Wed 19-22"), ("Sun 9-12",))
    for number in range(30):
        person = make_person(
            f"pat{number}",
            offers=("Chess", "Chess openings")[: 1 + number % 2],
            wants=("Knitting",) if chance.random() < 0.4 else (),
            language_mask=mask_of(chance.choice((["en"], ["de"], ["en", "de"]))),
            rating_count=3,
            rating_sum=12,
            rating_milli=chance.choice((2_000, 3_500, 4_200, 4_800)),
            answered_count=3,
            reply_minutes=chance.choice((60, 3_000, 9_000, 90_000)),
            verified_until=utcnow() + DAY if chance.random() < 0.3 else None,
        )
        if week := chance.choice(weeks):
            make_hours(person, *week)


ROWS = select(TeacherListing, User).join(User, User.id == TeacherListing.user_id)


def naive(rows: Sequence[tuple[TeacherListing, User]], asked: dict[str, object]) -> set[str]:
    """Whom the filters leave, looked at one by one."""
    holds: dict[str, Callable[[TeacherListing, User, object], bool]] = {
        "level": lambda row, _one, least: row.level >= least,
        "language": lambda _row, one, code: bool(one.language_mask & mask_of([str(code)])),
        "rating": lambda _row, one, least: one.rating_milli >= least,
        "answers": lambda _row, one, pace: (
            one.reply_minutes <= {Pace.DAY: 1_440, Pace.THREE_DAYS: 4_320, Pace.WEEK: 10_080}[pace]
        ),
        "verified": lambda _row, one, _yes: one.verified_until is not None,
        "swap": lambda row, _one, _yes: row.user_id in wanting(),
    }
    return {
        one.username
        for row, one in rows
        if all(holds[name](row, one, value) for name, value in asked.items())
    }


def wanting() -> set[int]:
    """Who wants knitting."""
    lines = select(UserSkill.user_id).join(Skill, Skill.id == UserSkill.skill_id)
    wants = lines.where(Skill.slug == "knitting", UserSkill.kind == UserSkillKind.WANTED)
    return set(db.session.scalars(wants))


OPTIONS: dict[str, tuple[object, ...]] = {
    "level": (None, Level.INTERMEDIATE, Level.EXPERT),
    "language": ("", "de"),
    "rating": (0, 4_000),
    "answers": (None, Pace.THREE_DAYS),
    "swap": (False, True),
    "verified": (False, True),
}


def test_lists_and_counts_are_those_of_a_look_at_each(kim):
    town()
    make_person("lea", offers=("Painting",))
    rows = [(row, one) for row, one in db.session.execute(ROWS) if one.username.startswith("pat")]
    sets = [dict(zip(OPTIONS, values, strict=True)) for values in product(*OPTIONS.values())]
    for chosen in random.Random(3).sample(sets, 12):
        asked = {name: value for name, value in chosen.items() if value}
        found = explore.browse(kim, Filters(q="chess", **chosen), None, utcnow())  # type: ignore[arg-type]
        everybody = naive(rows, asked)
        shown = {card.username for card in found.teachers}
        assert len(shown) == min(20, len(everybody))
        assert shown <= everybody
        assert found.counts.total == len(everybody)
        for name in asked:
            rest = {other: value for other, value in asked.items() if other != name}
            assert found.counts.wider[Facet[name.upper()]] == len(naive(rows, rest))
        least = {**asked, "rating": 4_500}
        assert found.counts.ratings[4_500] == len(naive(rows, least))
        assert found.counts.verified == len(naive(rows, {**asked, "verified": True}))
        assert found.counts.swaps == len(naive(rows, {**asked, "swap": True}))


def test_the_tightest_filter_is_offered_first(kim):
    town()
    filters = Filters(q="chess", rating=4_000, language="de", level=Level.EXPERT)
    found = explore.browse(kim, filters, None, utcnow())
    assert found.counts.total == 0
    assert explore.wider_choices(filters, found.counts) == [
        ("level", found.counts.wider[Facet.LEVEL])
    ]


# -- who is not there -----------------------------------------------------------------------------


def _full(ola: User, kim: User, now: datetime) -> None:
    change(ola, places=1)
    make_exchange(make_person("lea", wants=("Chess",)), ola, "chess")


def _asked_by_many(ola: User, kim: User, now: datetime) -> None:
    change(ola, pitch_cap=1)
    make_pitch(make_person("lea", wants=("Chess",)), ola, "chess")


def _blocked(ola: User, kim: User, now: datetime) -> None:
    with transaction():
        safety.block(db.session.merge(kim), ola.username, now)


def _blocks(ola: User, kim: User, now: datetime) -> None:
    with transaction():
        safety.block(db.session.merge(ola), kim.username, now)


GONE: dict[str, Callable[[User, User, datetime], object]] = {
    "full": _full,
    "asked by many": _asked_by_many,
    "blocked": _blocked,
    "blocks": _blocks,
    "paused": lambda ola, _kim, _now: change(ola, paused=PauseKind.OWN),
    "suspended": lambda ola, _kim, _now: change(ola, state=UserState.SUSPENDED),
    "deleted": lambda ola, _kim, _now: change(ola, state=UserState.DELETED),
}


@pytest.mark.parametrize("how", GONE)
def test_who_cannot_be_asked_is_neither_shown_nor_counted(kim, now, how):
    ola = make_person("ola", offers=("Chess",))
    asked: list[dict[str, object]] = [{}, {"q": "chess"}, {"skill": "chess"}, {"q": "ola"}]
    asked += [{**one, "language": "en"} for one in asked]
    assert all(browse(kim, **one).counts.total == 1 for one in asked)
    GONE[how](ola, kim, now)
    for one, sort in product(asked, (Sort.FIT, Sort.RATING)):
        found = browse(kim, **one, sort=sort)
        assert found.counts.total == found.counts.unfiltered == 0
        assert [card.username for card in found.teachers] == []


# -- beyond what is looked at ---------------------------------------------------------------------


def crowd(skill: Skill, numbers: range) -> None:
    """So many more teachers of one skill, the first of them the best rated; every hundredth speaks
    Welsh. Written at once, as `domain/listings.py` would.
    """
    now = utcnow()
    people = [
        {
            "username": f"deep-{number}",
            "email": f"deep-{number}@example.org",
            "password_hash": "none",
            "first_name": f"Deep{number}",
            "last_name": "",
            "name_key": "deep",
            "timezone": "Europe/London",
            "language_mask": mask_of(["cy" if number % 100 == 99 else "en"]),
            "birth_year": 1990,
            "rating_rank": 900_000 - number % 10_000,
            "created_at": now,
            "last_seen_at": now,
        }
        for number in numbers
    ]
    with transaction():
        db.session.execute(insert(User), people)
        ids = dict(
            db.session.execute(
                select(User.username, User.id).where(User.username.startswith("deep-"))
            ).all()
        )
        rows = [
            {
                "user_id": ids[one["username"]],
                "skill_id": skill.id,
                "rank": one["rating_rank"],
                "level": 1 + number % 3,
                "language_mask": one["language_mask"],
                "hours_0": 255 << number % 40,
                "hours_1": 0,
                "hours_2": 0,
                "rating_milli": 4_000 + number % 1_000,
                "reply_minutes": 60 * (number % 200),
                "leads": True,
            }
            for number, one in zip(numbers, people, strict=True)
        ]
        db.session.execute(insert(TeacherListing), rows)
        lines = [
            {
                "user_id": row["user_id"],
                "kind": UserSkillKind.OFFERED,
                "skill_id": skill.id,
                "level": row["level"],
                "created_at": now,
            }
            for row in rows
        ]
        db.session.execute(insert(UserSkill), lines)


@pytest.mark.parametrize("asked", [{}, {"skill": "deep"}, {"q": "deep"}], ids=str)
def test_a_rare_choice_is_found_page_after_page_to_the_end(kim, asked):
    crowd(make_skill("Deep"), range(2 * LOOKED_AT + 200))
    filters = Filters(language="cy", **asked)  # type: ignore[arg-type]
    found = explore.browse(kim, filters, None, utcnow())
    assert (found.counts.text, found.counts.cut) == (f"{LOOKED_AT // 100}+", True)
    expected = [f"deep-{number}" for number in range(99, 2 * LOOKED_AT + 200, 100)]
    assert read_on(kim, filters, found.teachers) == expected


def test_of_two_skills_nobody_is_passed_over_where_one_is_taught_by_fewer(kim):
    crowd(make_skill("Deep"), range(1_500))
    crowd(make_skill("Deep sea"), range(10_004, 11_500, 5))
    filters = Filters(q="dee", language="cy")
    found = explore.browse(kim, filters, None, utcnow())
    expected = [f"deep-{n + more}" for n in range(99, 1_500, 100) for more in (10_000, 0)]
    assert read_on(kim, filters, found.teachers) == expected


def read_on(viewer: User, filters: Filters, page: Page) -> list[str]:
    """Whom all pages from this one on show, in their order."""
    seen = [card.username for card in page]
    for _turn in range(20):
        if page.after is None:
            break
        page = explore.more_teachers(viewer, filters, page.after, utcnow())
        seen += [card.username for card in page]
    return seen


ASKED: list[dict[str, object]] = [
    {},
    {"skill": "deep"},
    {"skill": "deep", "sort": Sort.FIT},
    {"skill": "deep", "sort": Sort.NEWEST},
    {"skill": "deep", "when": (When.EVENINGS,), "rating": 4_500},
    {"skill": "deep", "language": "pt"},
    {"q": "deep", "level": Level.EXPERT, "answers": Pace.DAY},
]


@pytest.mark.only_on("sqlite")  # counts the steps of its machine
def test_the_work_does_not_follow_how_many_teach_a_skill(kim):
    skill, taken, size = make_skill("Deep"), {}, 0
    make_hours(kim, "Mon-Fri 18-22")
    for more in (1_200, 3_600):
        crowd(skill, range(size, more))
        size = more
        for number, asked in enumerate(ASKED):
            filters = Filters(**asked)  # type: ignore[arg-type]
            explore.browse(kim, filters, None, utcnow())
            with steps_counted() as steps:
                explore.browse(kim, filters, None, utcnow())
            taken[size, number] = steps()
    growth = {str(ASKED[n]): taken[3_600, n] / taken[1_200, n] for n in range(len(ASKED))}
    assert {asked: more for asked, more in growth.items() if more > 1.2} == {}
