"""The demo: what its plan promises at any hour, and what stands in the tables afterwards."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from skillswap import create_app
from skillswap.blueprints.accounts import sealer
from skillswap.config import Settings
from skillswap.db import db, transaction
from skillswap.demo import cast, is_loaded, load_demo
from skillswap.demo.free import free_of
from skillswap.demo.load import plan_of
from skillswap.demo.pictures import SCENES
from skillswap.demo.plan import Step, Verb
from skillswap.demo.texts import texts
from skillswap.demo.words import Letter, fits, in_a_sentence
from skillswap.domain import (
    achievements,
    availability,
    conversations,
    doctor,
    exploring,
    feed,
    follows,
    learning_sessions,
    media,
    notifications,
    pitches,
    profiles,
)
from skillswap.domain.hours import is_span, merged
from skillswap.domain.skills import catalogue
from skillswap.lib.clock import local, quarters, utcnow
from skillswap.lib.passwords import check_password
from skillswap.models import (
    Comment,
    Event,
    Exchange,
    ExchangeState,
    LearningSession,
    Notification,
    PartnerConsent,
    Pitch,
    PitchState,
    Post,
    PostImage,
    PostKind,
    PostState,
    SecondStep,
    SessionState,
    Skill,
    StaffRole,
    TrendSpan,
    User,
)
from tests import people
from tests.conftest import Browser

WINTER_NIGHT = datetime(2026, 1, 17, 3, 12, 45, tzinfo=UTC)
CLOCKS_CHANGE = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
SUMMER_NOON = datetime(2026, 7, 3, 12, 0, tzinfo=UTC)
AUTUMN_EVENING = datetime(2026, 10, 25, 21, 44, tzinfo=UTC)
HOURS = [WINTER_NIGHT, CLOCKS_CHANGE, SUMMER_NOON, AUTUMN_EVENING]


@pytest.fixture(params=HOURS, ids=str)
def planned(request: pytest.FixtureRequest) -> tuple[datetime, list[Step]]:
    """The plan for one of those hours."""
    return request.param, list(plan_of(request.param)[1])


def test_the_same_hour_gives_the_same_demo() -> None:
    def told(steps: list[Step]) -> list[tuple[object, ...]]:
        return [
            (step.at, step.verb, step.actor.username, step.words, step.starts) for step in steps
        ]

    once, again = (list(plan_of(SUMMER_NOON)[1]) for _time in range(2))
    assert told(once) == told(again)


def test_all_of_it_has_happened_already(planned: tuple[datetime, list[Step]]) -> None:
    now, steps = planned
    assert all(step.actor.joined_at < step.at <= now for step in steps)


def test_nobody_is_in_two_places_or_on_a_fourth_session_of_a_day(
    planned: tuple[datetime, list[Step]],
) -> None:
    _now, steps = planned
    held: dict[str, Counter[int]] = defaultdict(Counter)
    days: Counter[tuple[str, object]] = Counter()
    called_off = {step.meeting for step in steps if step.verb is Verb.CANCEL}
    for step in steps:
        if step.verb is not Verb.PICK or step.meeting in called_off or step.meeting is None:
            continue
        for person in (step.story.learner, step.story.teacher):
            held[person.username].update(quarters(step.meeting.start, step.meeting.end))
            days[person.username, local(step.meeting.start, person.timezone).date] += 1
    assert max(count for slots in held.values() for count in slots.values()) == 1
    assert max(days.values()) <= 3


def test_no_two_pitches_say_the_same(planned: tuple[datetime, list[Step]]) -> None:
    bodies = [step.words for step in planned[1] if step.verb is Verb.SEND]
    assert len(bodies) > 120
    assert len(bodies) == len(set(bodies))
    assert not [body for body in bodies if "{" in body or "}" in body]


def test_ada_and_ben_meet_tomorrow_and_ada_has_a_call_within_the_quarter_hour(
    planned: tuple[datetime, list[Step]],
) -> None:
    now, steps = planned
    coming = {
        frozenset((step.story.learner.username, step.story.teacher.username)): step.meeting.start
        for step in steps
        if step.verb is Verb.PICK and step.meeting and step.meeting.start > now
    }
    tomorrow = local(now, "Europe/London").date + timedelta(days=1)
    assert local(coming[frozenset(("ada", "ben"))], "Europe/London").date == tomorrow
    soon = coming[frozenset(("ada", "ines-duarte"))] - now
    assert timedelta() < soon <= timedelta(minutes=17)
    picked = {step.meeting for step in steps if step.verb is Verb.PICK}
    (weekly,) = {step.meeting for step in steps if step.meeting and step.meeting.weeks}
    assert (weekly.teacher.username, weekly.weeks, weekly in picked) == ("ben", 2, False)


def test_everybodys_hours_are_some_that_may_be_said_and_stay_the_same() -> None:
    people_of = cast.cast(SUMMER_NOON, random.Random(1)).values()
    free = {person.username: free_of(person, SUMMER_NOON) for person in people_of}
    assert free == {person.username: free_of(person, SUMMER_NOON) for person in people_of}
    assert 170 <= sum(bool(one.week) for one in free.values()) < len(free)
    for one in free.values():
        assert all(is_span(each.start_minute, each.end_minute) for each in one.week)
        assert list(one.week) == merged(one.week)
        assert all(days.last_on >= SUMMER_NOON.date() for _kind, days, _body in one.other_days)
    assert 20 <= sum(bool(one.other_days) for one in free.values()) <= 80


@pytest.mark.parametrize(
    ("slug", "words"),
    [
        ("sourdough", "sourdough"),
        ("python", "Python"),
        ("javascript", "JavaScript"),
        ("cad", "CAD"),
        ("html-and-css", "HTML and CSS"),
        ("cv-writing", "CV writing"),
        ("levantine-arabic", "Levantine Arabic"),
        ("te-reo-maori", "te reo Māori"),
        ("italian-cooking", "Italian cooking"),
        ("3d-printing", "3D printing"),
        ("cross-stitch", "cross-stitch"),
    ],
)
def test_a_skill_keeps_its_capital_within_a_sentence_only_if_it_is_a_name(
    slug: str, words: str
) -> None:
    assert in_a_sentence(slug) == words


def test_a_skill_has_a_capital_where_a_sentence_begins() -> None:
    cast_of = cast.cast(SUMMER_NOON, random.Random(1))
    letter = Letter(cast_of["ben"], cast_of["ada"], "watercolour", "sourdough", SUMMER_NOON)
    text = "Hi {teacher}. {skill} it is. Would {offered} do? {offered} is mine."
    assert letter.fill(text) == "Hi Ada. Watercolour it is. Would sourdough do? Sourdough is mine."


def test_nobody_says_what_is_not_true_of_them() -> None:
    cast_of = cast.cast(SUMMER_NOON, random.Random(1))
    letter = Letter(cast_of["ben"], cast_of["ada"], "watercolour", "", SUMMER_NOON)
    assert not fits("Dear {teacher}, I am sixty-eight and would like to learn.", letter)
    assert not fits("I joined this week.", letter)
    assert not fits("I would like to play it once in July.", letter)  # it is July
    assert fits("I would like to play it once in December.", letter)
    assert fits("I am a complete beginner in {skill}.", letter)


# -- in the tables --------------------------------------------------------------------------------


def person(username: str) -> User:
    """Somebody of the demo."""
    found = db.session.scalar(select(User).where(User.username == username))
    assert found is not None
    return found


@pytest.mark.usefixtures("app")
def test_a_loaded_demo_is_whole_and_agrees_with_itself(now: datetime) -> None:
    for name in list(media.store().names()):  # what other tests of this process have left
        media.store().delete(name)
    with transaction():
        loaded = load_demo(now, "another-password", sealer())

    assert [
        check.line for check in doctor.examine(media.store().names()) if not check.is_well
    ] == []
    assert is_loaded()
    check_the_feed(now)
    check_explore(now)
    assert loaded.people == db.session.scalar(select(func.count()).select_from(User)) == 205
    states = Counter(db.session.scalars(select(Pitch.state)))
    assert set(states) == set(PitchState) - {PitchState.CLARIFYING, PitchState.CLOSED}
    assert states[PitchState.ACCEPTED] >= 55
    exchanges = set(db.session.scalars(select(Exchange.state)))
    assert exchanges == set(ExchangeState) - {ExchangeState.DORMANT}
    sessions = Counter(db.session.scalars(select(LearningSession.state)))
    assert set(sessions) >= {SessionState.COMPLETED, SessionState.SCHEDULED, SessionState.CANCELLED}

    ada, ben = person("ada"), person("ben")
    assert check_password(ada.password_hash, "another-password")
    assert (ada.email, ada.bio_html[:3]) == ("ada@example.org", "<p>")
    assert (person("mo").staff_role, person("root").staff_role) == (
        StaffRole.MODERATOR,
        StaffRole.ADMIN,
    )
    usual = profiles.profile_of("ada", ben, now).usual
    assert usual.shared >= 4
    assert [one.body for one in availability.hours_of(ada, now).different] == [
        "Painting in Cornwall",
        "Studio day",
    ]
    chats = conversations.conversations_of(ada, None, now).rows
    assert (chats[0].name, chats[0].unread) == ("Ben Castellanos", 2)
    assert conversations.request_count(ada) == 1
    assert len(conversations.conversations_of(ben, None, now).rows) >= 2
    follow = follows.facts_of(ben, ada)
    assert follow.i_follow
    assert follow.follows_me
    assert len(pitches.inbox(ada, None, now).rows) == 3
    assert len(pitches.sent(ben, None, now).rows) == 2
    waiting = learning_sessions.to_agree(ada, None, now).rows
    assert {(card.username, card.i_proposed, card.moves(now)) for card in waiting} == {
        ("ben", False, False),
        ("malik-robinson", False, True),
    }
    to_confirm = [
        card
        for card in learning_sessions.past(ada, None, now).rows
        if card.state is SessionState.SCHEDULED and not card.i_answered
    ]
    assert [card.username for card in to_confirm] == ["malik-robinson"]
    first, second = learning_sessions.upcoming(ada, None, now).rows[:2]
    assert (first.username, second.username) == ("ines-duarte", "ben")
    unread = [line.unread for line in notifications.page_of(ada, None, utcnow()).rows]
    assert 1 <= unread.count(True) <= 4  # what is alike stands in one line
    assert False in unread
    late = db.session.scalar(
        select(func.count()).select_from(Notification).where(Notification.created_at > now)
    )
    assert late == 0
    told = select(Event.happened_at).where(Event.kind != "person.joined").order_by(Event.id)
    last = db.session.scalars(told).all()
    assert list(last) == sorted(last)


def check_the_feed(now: datetime) -> None:
    """People write, of each kind and with pictures, and say something to each other; none is
    ahead of its time. Two partners are named, and one waits for ada."""
    rows = db.session.scalars(select(Post).order_by(Post.published_at)).all()
    assert Counter(post.state for post in rows) == {PostState.PUBLISHED: len(rows)}
    kinds = Counter(post.kind for post in rows)
    assert kinds[PostKind.TUTORIAL] >= 18
    assert min(kinds.values()) >= 10
    assert all(now - timedelta(days=90) < post.published_at < now for post in rows)
    assert db.session.scalar(select(func.count()).select_from(PostImage)) >= 10
    comments = db.session.scalars(select(Comment)).all()
    assert sum(one.parent_id is not None for one in comments) >= 15
    assert all(one.created_at <= now for one in comments)
    assert sum(post.partner_consent is PartnerConsent.AGREED for post in rows) >= 2
    (asked,) = achievements.namings_of(person("ada"), now, 9)
    assert asked.author.username == "mei-ling-tsai"
    for username in ("ada", "ben"):
        assert len(feed.following(person(username), None).rows) >= 10
        reasons = [card.reason for card in feed.for_you(person(username), None, now).rows]
        assert len(reasons) - reasons.count(None) >= 5


def check_explore(now: datetime) -> None:
    """Something rises, somebody is missed, several keep a tutorial."""
    found = exploring.explored(person("ada"), "", TrendSpan.WEEK, now)
    assert found.rising
    assert not found.is_past
    assert found.needed
    assert found.tutorials


def test_every_text_of_the_demo_is_by_somebody_and_about_something() -> None:
    names, slugs = set(cast.usernames()), {entry.slug for entry in catalogue()}
    for text in texts():
        assert {text.who, *(said.who for said in text.said)} <= names
        assert set(text.skills) <= slugs, text.title
        assert not text.picture or (text.picture in SCENES and text.alt)
        assert text.title or text.kind is PostKind.GENERAL
        if text.kind is PostKind.TUTORIAL:
            assert 100 <= len(text.body.split()) <= 500, text.title


def test_a_second_load_adds_nothing(app: Flask, now: datetime) -> None:
    with transaction():
        db.session.add(
            User(
                username="ada-elsewhere",
                email="cy@example.org",  # somebody of the demo would have it
                password_hash="x",
                first_name="Ada",
                name_key="ada",
                timezone="UTC",
                birth_year=1990,
                created_at=now,
                last_seen_at=now,
            )
        )
    result = app.test_cli_runner().invoke(args=["demo"])
    assert (result.exit_code, result.output) == (0, "The demo people are here already.\n")
    assert db.session.scalar(select(func.count()).select_from(User)) == 1


def test_whoever_runs_the_demo_gets_the_code_of_its_staff(
    app: Flask, browser: Browser, now: datetime
) -> None:
    mo, _ada = people.mo(), people.ada()
    with transaction():
        db.session.execute(delete(SecondStep))
    run, client = app.test_cli_runner(), browser()
    for _turn in ("given a second step now", "as it stands"):
        digits = run.invoke(args=["demo-code", "mo"]).output.strip()
        client.post("/login", data={"email": mo.email, "password": people.PASSWORD})
        assert client.post("/login/code", data={"code": digits}).status_code == 303
        assert client.get("/moderation").status_code == 200
        client.post("/logout")
    for name in ("ada", "nobody"):
        result = run.invoke(args=["demo-code", name])
        assert (result.exit_code, result.output) == (
            1,
            "Nobody of the demo's staff has this name.\n",
        )


@pytest.mark.usefixtures("app")
def test_a_load_that_fails_leaves_nothing(now: datetime) -> None:
    people.make_person("ines-duarte")  # so that the demo cannot bring in its own
    with pytest.raises(IntegrityError), transaction():
        load_demo(now, "teach-and-learn", sealer())
    assert db.session.scalars(select(User.username)).all() == ["ines-duarte"]
    assert db.session.scalar(select(func.count()).select_from(Skill)) == 0


def test_production_is_refused_with_a_sentence(settings: Settings) -> None:
    production = create_app(
        Settings.from_env(
            {
                "SKILLSWAP_ENV": "production",
                "SECRET_KEY": "k" * 8 + "only-for-tests-and-long-enough-to-be-one",
                "DATABASE_URL": settings.database_url,
                "PUBLIC_URL": "https://skillswap.example",
            }
        )
    )
    for words in (["demo"], ["demo-code", "mo"]):
        result = production.test_cli_runner().invoke(args=words)
        assert result.exit_code == 1
        assert "no place in production" in result.output
