"""What is there to read: who and what comes in, in which order, why, and for how much work."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from skillswap.db import db, new_public_id, transaction
from skillswap.domain import feed, follows, safety
from skillswap.lib.clock import utcnow
from skillswap.lib.keyset import Page
from skillswap.models import (
    Follow,
    LearningSession,
    Post,
    PostKind,
    PostLike,
    PostSkill,
    PostState,
    SessionState,
    Skill,
    SkillFollow,
    User,
    UserState,
)
from tests.conftest import empty_tables
from tests.crowd import make_crowd
from tests.people import make_exchange, make_person, make_post, make_session, make_skill

TABS = ("following", "for_you")
HOUR = timedelta(hours=1)


def read(tab: str, person: User, cursor: str | None, now: datetime) -> Page:
    if tab == "following":
        return feed.following(person, cursor)
    return feed.for_you(person, cursor, now)


def titles(tab: str, person: User) -> list[str]:
    return [card.title for card in read(tab, person, None, utcnow())]


def reasons(person: User) -> dict[str, str | None]:
    return {card.title: card.reason for card in feed.for_you(person, None, utcnow())}


def add(*rows: Any) -> None:
    with transaction():
        db.session.add_all(rows)


def follow(person: User, other: User, now: datetime) -> None:
    with transaction():
        follows.follow(person, other.username, now)


def follow_skill(person: User, name: str, now: datetime) -> None:
    add(SkillFollow(user_id=person.id, skill_id=make_skill(name).id, created_at=now))


def post_many(authors: list[int], times: list[datetime], skills: list[list[int]]) -> list[int]:
    """Published posts, written at once; returns their ids in the order of `times`."""
    keys = [new_public_id() for _ in times]
    rows = [
        {
            "public_id": key,
            "author_id": author,
            "state": PostState.PUBLISHED,
            "body": "x",
            "body_html": "<p>x</p>",
            "lead_html": "<p>x</p>",
            "rules_version": 1,
            "created_at": at,
            "published_at": at,
        }
        for key, author, at in zip(keys, authors, times, strict=True)
    ]
    if not rows:
        return []
    with transaction():
        db.session.execute(insert(Post), rows)
        found = {key: one for one, key in db.session.execute(select(Post.id, Post.public_id))}
        ids = [found[key] for key in keys]
        about = [
            {"post_id": one, "skill_id": skill, "place": place, "published_at": at}
            for one, at, listed in zip(ids, times, skills, strict=True)
            for place, skill in enumerate(listed)
        ]
        if about:
            db.session.execute(insert(PostSkill), about)
    return ids


# -- following -------------------------------------------------------------------------------------


def test_following_shows_people_and_skills_followed_and_ones_own_in_the_order_of_time(
    ada: User, ben: User, cy: User, now: datetime
) -> None:
    follow(ben, ada, now)
    follow_skill(ben, "Piano", now)
    make_post(ada, title="of Ada", now=now - 3 * HOUR)
    make_post(cy, title="about piano", skills=("Chess", "Piano"), now=now - HOUR)
    make_post(cy, title="about chess", skills=("Chess",), now=now - HOUR)
    make_post(ben, title="my own", now=now - 2 * HOUR)
    make_post(ada, title="of Ada about piano", skills=("Piano",), now=now)
    assert titles("following", ben) == ["of Ada about piano", "about piano", "my own", "of Ada"]


def test_who_follows_nobody_has_nothing_there(ada: User, ben: User) -> None:
    make_post(ada)
    assert titles("following", ben) == []


@pytest.mark.parametrize("tab", TABS)
def test_what_is_hidden_muted_blocked_or_suspended_is_in_no_tab(
    ada: User, ben: User, cy: User, now: datetime, tab: str
) -> None:
    follow_skill(ben, "Piano", now)
    others = {name: make_person(name) for name in ("dee", "eli", "fay", "gus")}
    for other in (ada, cy, *others.values()):
        follow(ben, other, now)
        make_post(other, title=other.username, skills=("Piano",), now=now)
    hidden = make_post(ada, title="hidden", skills=("Piano",), now=now)
    deleted = make_post(ada, title="deleted", skills=("Piano",), now=now)
    with transaction():
        safety.mute(ben, "cy", now)
        safety.block(ben, "dee", now)
        safety.block(others["eli"], "ben", now)
        others["fay"].state = UserState.SUSPENDED
        db.session.get_one(Post, hidden.id).state = PostState.HIDDEN
        db.session.get_one(Post, deleted.id).state = PostState.DELETED
    assert sorted(titles(tab, ben)) == ["ada", "gus"]


# -- for you ---------------------------------------------------------------------------------------


def test_each_card_says_the_strongest_reason_why_it_is_there(
    ada: User, ben: User, cy: User, now: datetime
) -> None:
    old = now - timedelta(days=3)
    met = make_session(ben, make_exchange(ben, ada))
    with transaction():
        db.session.get_one(LearningSession, met.id).state = SessionState.COMPLETED
    dee = make_person("dee", first_name="Dee")
    follow(ben, cy, now)
    follow_skill(ben, "Chess", now)
    make_post(ada, title="teacher", skills=("Watercolour",), now=old)
    make_post(dee, title="wanted", skills=("Watercolour", "Spanish"), now=old)
    make_post(dee, title="taught", skills=("Spanish",), now=old)
    make_post(dee, title="followed", skills=("Chess",), now=old)
    liked = make_post(dee, title="liked", now=old)
    add(PostLike(post_id=liked.id, user_id=cy.id, created_at=now))
    popular = make_post(dee, title="popular", now=old)
    with transaction():
        db.session.get_one(Post, popular.id).like_count = 5
    make_post(dee, title="tutorial", kind=PostKind.TUTORIAL, skills=("Knots",), now=old)
    make_post(dee, title="new", now=old)
    make_post(ben, title="my own", now=now)

    assert reasons(ben) == {
        "teacher": "Here because Ada Example taught you",
        "wanted": "Here because you want to learn Watercolour",
        "taught": "Here because you teach Spanish",
        "followed": "Here because you follow Chess",
        "liked": "Here because Cy Example, whom you follow, likes it",
        "popular": "Popular this week",
        "tutorial": "A new tutorial about Knots",
        "new": None,
    }
    assert reasons(ada)["my own"] == "Here because you taught Ben Example"


def test_a_reason_makes_a_post_younger_by_hours_and_not_for_ever(
    ada: User, ben: User, now: datetime
) -> None:
    make_post(ada, title="wanted, a day old", skills=("Watercolour",), now=now - 24 * HOUR)
    make_post(ada, title="new", now=now - HOUR)
    make_post(ada, title="wanted, a week old", skills=("Watercolour",), now=now - 170 * HOUR)
    assert titles("for_you", ben) == ["wanted, a day old", "new", "wanted, a week old"]


def test_a_side_that_is_switched_off_is_no_reason(ada: User, ben: User) -> None:
    make_post(ada, title="wanted", skills=("Watercolour",))
    with transaction():
        db.session.get_one(User, ben.id).learning = False
    assert reasons(db.session.get_one(User, ben.id)) == {"wanted": None}


@pytest.mark.parametrize("tab", TABS)
def test_a_forged_cursor_starts_anew(ada: User, ben: User, now: datetime, tab: str) -> None:
    follow(ben, ada, now)
    make_post(ada, title="here", now=now)
    for forged in ("x", "WzEsMl0", "W3sidCI6MX0sMSwyXQ", "W3sidCI6MX0sInEiXQ"):
        assert [card.title for card in read(tab, ben, forged, utcnow())] == ["here"]


def test_later_pages_show_what_there_was_when_the_visit_began(
    ada: User, ben: User, now: datetime
) -> None:
    for number in range(25):  # a tutorial counts as younger, so what is new stands behind it
        at = now - number * timedelta(minutes=1)
        make_post(ada, title=str(number), kind=PostKind.TUTORIAL, now=at)
    first = feed.for_you(ben, None, now)
    make_post(ada, title="since then", now=now + timedelta(minutes=1))
    rest = feed.for_you(ben, first.after, now + timedelta(minutes=2))
    assert [card.title for card in (*first, *rest)] == [str(number) for number in range(25)]
    assert rest.after is None


# -- what to start with ----------------------------------------------------------------------------


def test_tutorials_to_start_with_are_about_what_i_want_and_by_people_i_see(
    ada: User, ben: User, cy: User, now: datetime
) -> None:
    dee, eli = make_person("dee"), make_person("eli")
    for author, skill in ((ada, "Watercolour"), (cy, "Chess"), (dee, "Chess"), (eli, "Chess")):
        kind = PostKind.TUTORIAL
        make_post(author, title=author.username, kind=kind, skills=(skill,), now=now)
    make_post(cy, title="no tutorial", skills=("Watercolour",), now=now)
    with transaction():
        safety.mute(ben, "dee", now)
        safety.block(eli, "ben", now)
    found = feed.tutorials_to_start(ben)
    assert [(one.title, one.skill) for one in found] == [("ada", "Watercolour"), ("cy", "")]


def test_following_is_what_a_plain_look_at_every_post_gives(app: object, now: datetime) -> None:
    make_crowd(70)
    crowd = list(db.session.scalars(select(User.id).where(User.username.startswith("crowd-"))))
    skills = list(db.session.scalars(select(Skill.id)))
    reader, chance = make_person("rea"), random.Random(11)
    people, topics = set(crowd[:45]), set(skills[:30])
    add(*(Follow(follower_id=reader.id, followee_id=one, created_at=now) for one in people))
    add(*(SkillFollow(user_id=reader.id, skill_id=one, created_at=now) for one in topics))
    # first one person alone, then a post about many skills at once, then all mixed and many alike
    authors = [crowd[0]] * 50 + [crowd[69]] * 10 + chance.choices(crowd, k=240)
    about = [[]] * 50 + [skills[n * 3 : n * 3 + 5] for n in range(10)]
    about += [chance.sample(skills, chance.randint(0, 3)) for _ in range(240)]
    ages = [*range(60), *(60 * chance.randint(2, 30) for _ in range(240))]
    times = [now - age * timedelta(seconds=1) for age in ages]
    ids = post_many(authors, times, about)
    rows = zip(times, ids, authors, about, strict=True)
    wanted = sorted(
        ((at, one) for at, one, author, of in rows if author in people or topics & set(of)),
        reverse=True,
    )
    found = feed.following(reader, None)
    shown = list(found)
    while found.after:
        found = feed.following(reader, found.after)
        shown += found
    assert [card.id for card in shown] == [one for _at, one in wanted]


# -- pages that stay put ---------------------------------------------------------------------------

STEPS = st.lists(st.sampled_from(("post", "delete", "page", "like")), max_size=12)


@pytest.mark.parametrize("tab", TABS)
@given(
    ages=st.lists(st.integers(0, 5), max_size=70),
    steps=STEPS,
    chance=st.randoms(use_true_random=False),
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_comes_twice_and_nothing_is_missed_while_others_post_and_delete(
    app: object, tab: str, ages: list[int], steps: list[str], chance: random.Random
) -> None:
    empty_tables()
    now = utcnow()
    reader, *authors = (make_person(name) for name in ("rea", "ada", "ben", "cy"))
    for other in authors[:2]:
        follow(reader, other, now)
    follow_skill(reader, "Piano", now)
    piano = make_skill("Piano").id

    def write(at: list[datetime]) -> list[int]:
        """Of whom I follow, or about what I follow: all of it belongs into either tab."""
        drawn = [chance.choice(authors) for _ in at]
        about = [[piano] if one is authors[2] or chance.random() < 0.3 else [] for one in drawn]
        return post_many([one.id for one in drawn], at, about)

    there = set(write([now - age * timedelta(minutes=1) for age in ages]))
    before, later = frozenset(there), now + timedelta(minutes=2)
    shown: list[Any] = []
    found = read(tab, reader, None, now)
    shown += found
    for step in steps:
        if step == "post":
            write([now + timedelta(minutes=1)])
        elif step == "delete" and there:
            gone = chance.choice(sorted(there))
            there.discard(gone)
            with transaction():
                db.session.get_one(Post, gone).state = PostState.DELETED
        elif step == "like" and there:
            key = {"post_id": chance.choice(sorted(there)), "user_id": authors[0].id}
            if db.session.get(PostLike, key) is None and tab == "following":
                add(PostLike(**key, created_at=now))
        elif step == "page" and found.after:
            found = read(tab, reader, found.after, later)
            shown += found
    while found.after:
        found = read(tab, reader, found.after, later)
        shown += found
    ids = [card.id for card in shown]
    assert len(ids) == len(set(ids))
    assert there <= set(ids) <= before
    if tab == "following":
        assert [(card.at, card.id) for card in shown] == sorted(
            ((card.at, card.id) for card in shown), reverse=True
        )


# -- for how much work -----------------------------------------------------------------------------


@pytest.mark.parametrize(("tab", "most"), [("following", 4), ("for_you", 3)])
def test_the_statements_do_not_grow_with_whom_one_follows(
    queries: list[str], now: datetime, tab: str, most: int
) -> None:
    make_crowd(60)
    crowd = list(db.session.scalars(select(User.id).where(User.username.startswith("crowd-"))))
    skills = list(db.session.scalars(select(Skill.id)))
    post_many(crowd, [now - HOUR] * 60, [[skills[n % 40]] for n in range(60)])
    reader = make_person("rea", wants=("Craft 1",))
    for many in (0, 2, 20, 60):
        with transaction():
            db.session.execute(Follow.__table__.delete())  # type: ignore[attr-defined]
            db.session.add_all(
                Follow(follower_id=reader.id, followee_id=one, created_at=now)
                for one in crowd[:many]
            )
        queries.clear()
        cards = read(tab, reader, None, now)
        assert len(queries) <= most
        assert len(cards) == min(20, many) or tab == "for_you"


@contextmanager
def steps_counted() -> Iterator[Callable[[], int]]:
    """How many steps SQLite's machine takes, to the next hundred."""
    raw: Any = db.session.connection().connection.driver_connection
    taken = [0]

    def tick() -> None:
        taken[0] += 100

    raw.set_progress_handler(tick, 100)
    yield lambda: taken[0]
    raw.set_progress_handler(None, 0)


@pytest.mark.only_on("sqlite")  # counts the steps of its machine
def test_the_work_follows_whom_one_follows_and_not_how_much_they_have_written(
    app: object, now: datetime
) -> None:
    make_crowd(2_000)
    crowd = list(db.session.scalars(select(User.id).where(User.username.startswith("crowd-"))))
    skills = list(db.session.scalars(select(Skill.id)))
    heavy, light = make_person("heavy", wants=("Craft 1", "Craft 2")), make_person("light")
    with transaction():
        db.session.execute(
            insert(Follow),
            [
                {"follower_id": who.id, "followee_id": one, "created_at": now}
                for who, some in ((heavy, crowd), (light, crowd[:5]))
                for one in some
            ],
        )
    chance, sizes, taken = random.Random(7), (3_000, 12_000), {}
    for count in sizes:
        post_many(
            [chance.choice(crowd) for _ in range(count)],
            [now - chance.randint(1, 100_000) * timedelta(minutes=1) for _ in range(count)],
            [[chance.choice(skills)] for _ in range(count)],
        )
        for who in (heavy, light):
            for tab in TABS:
                with steps_counted() as steps:
                    read(tab, who, None, now)
                    taken[who.username, tab, count] = steps()
    for who in ("heavy", "light"):
        for tab in TABS:
            few, many = (taken[who, tab, count] for count in sizes)
            assert many < 1.5 * few + 2_000, taken
    assert taken["heavy", "following", sizes[1]] < 150_000, taken
    assert taken["light", "following", sizes[1]] < 20_000, taken
    assert taken["heavy", "for_you", sizes[1]] < 160_000, taken
