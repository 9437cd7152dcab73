"""What does each badge ask for, who is told, when is one lost, and who sees who holds it?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from skillswap.db import db, transaction
from skillswap.domain import (
    badge_checks,
    badges,
    events,
    frame,
    learning_sessions,
    likes,
    notifications,
    pitches,
    safety,
    sweep,
)
from skillswap.domain.badge_words import ICONS, words_of
from skillswap.domain.badges import Facts, is_earned, parts_of
from skillswap.domain.rating_totals import Total
from skillswap.domain.reliability import Reliability
from skillswap.errors import NotFound
from skillswap.models import (
    BadgeCheck,
    BadgeCode,
    BadgeGrant,
    Event,
    OutcomeAnswer,
    PostKind,
    RingState,
    StreakAward,
    SwapRing,
    SwapRingMember,
)
from tests import people

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
B = BadgeCode
MENTOR = {
    "kept_lately": 10,
    "taught_lately": 10,
    "learners_lately": 5,
    "record": Reliability(19, 1, 2),
    "stars": Total(5, 4_600, 4_400),
}
# a badge, the least that earns it, and what of that one less does not
LEAST = [
    (B.FIRST_LESSON, {"learned": 1}, {"learned": 0}),
    (B.FIRST_CLASS, {"taught": 1}, {"taught": 0}),
    (B.FAIR_SWAP, {"swaps": 1}, {"swaps": 0}),
    (B.CLEAR_PITCH, {"accepted": 3}, {"accepted": 2}),
    (B.GOOD_NEIGHBOUR, {"rated": 10}, {"rated": 9}),
    (B.RING_MAKER, {"rings": 1}, {"rings": 0}),
    (B.POLYMATH, {"skills_taught": 3, "skills_learned": 3}, {"skills_learned": 2}),
    (B.POLYMATH, {"skills_taught": 3, "skills_learned": 3}, {"skills_taught": 2}),
    (B.LONG_HAUL, {"haul": (8, 8)}, {"haul": (7, 9)}),
    (B.LONG_HAUL, {"haul": (8, 8)}, {"haul": (9, 7)}),
    (B.MENTOR_10, {"learners": 10}, {"learners": 9}),
    (B.STEADY_12, {"streak": 12}, {"streak": 8}),
    (B.AUTHOR, {"tutorials": 5}, {"tutorials": 4}),
    (B.FAST_RESPONDER, {"answered": 9, "unanswered": 1, "reply_minutes": 1_440}, {"answered": 8}),
    (B.FAST_RESPONDER, {"answered": 10, "reply_minutes": 1_440}, {"reply_minutes": 1_441}),
    (B.FAST_RESPONDER, {"answered": 10, "reply_minutes": 60}, {"unanswered": 2}),
    (B.RELIABLE, {"record": Reliability(10, 0, 0)}, {"record": Reliability(9, 0, 0)}),
    (B.RELIABLE, {"record": Reliability(19, 1, 2)}, {"record": Reliability(18, 1, 2)}),
    (B.TOP_MENTOR, MENTOR, {"taught_lately": 9}),
    (B.TOP_MENTOR, MENTOR, {"learners_lately": 4}),
    (B.TOP_MENTOR, MENTOR, {"record": Reliability(18, 1, 2)}),
    (B.TOP_MENTOR, MENTOR, {"stars": Total(4, 5_000, 4_400)}),
    (B.TOP_MENTOR, MENTOR, {"stars": Total(5, 4_599, 4_400)}),
    (B.TOP_MENTOR, MENTOR, {"upheld": 1}),
]


@pytest.mark.parametrize(("code", "least", "less"), LEAST)
def test_what_is_just_enough_earns_it_and_one_less_does_not(code, least, less):
    assert is_earned(code, Facts(**least))
    assert not is_earned(code, Facts(**least | less))
    nearly = [part for part in parts_of(code, Facts(**least | less)) if not part.is_done]
    assert nearly
    assert all(part.filled < max(part.need, 1) for part in nearly)


def test_each_of_the_fourteen_has_a_rule_words_and_a_picture_and_needs_something():
    assert len(BadgeCode) == len(ICONS) == 14
    for code in BadgeCode:
        assert not is_earned(code, Facts())
        assert all(words_of(code))
    assert {code for code, *_rest in LEAST} == set(BadgeCode)


# -- what follows from events ---------------------------------------------------------------------


def codes(person) -> list[str]:
    return [held.code for held in badges.badges_of(person)]


def told(person) -> list[str]:
    rows = notifications.page_of(person, None, person.created_at + 900 * DAY).rows
    return [line.text for line in rows if line.kind.startswith("badge.")]


@pytest.fixture
def kept(ada, ben, now) -> str:
    """A session of ben with ada that both say took place."""
    exchange = people.make_exchange(ben, ada, offered="spanish", now=now - 8 * DAY)
    start = people.next_quarter(now - DAY)
    key = people.make_session(ada, exchange, start=start, now=now - 3 * DAY).public_id
    for person in (ada, ben):
        with transaction():
            answer = OutcomeAnswer.HAPPENED
            learning_sessions.give_outcome(person, key, answer=answer, now=now)
    return key


def test_a_kept_session_gives_each_of_the_two_the_badge_of_their_side_at_once(ada, ben, kept, now):
    assert codes(ada) == [B.FIRST_CLASS]
    assert codes(ben) == [B.FIRST_LESSON]
    assert told(ada) == ["You earned a badge: First class"]
    assert told(ben) == ["You earned a badge: First lesson"]
    [line] = notifications.lines(ben, Event.kind == "badge.earned", now=now, limit=9)
    assert (line.subject_type, line.public_id) == ("badge_grants", "first_lesson")
    assert list(badges.drift()) == []


def test_an_event_that_is_worked_again_gives_nothing(ada, ben, kept):
    past = db.session.scalars(select(Event).order_by(Event.id)).all()
    for _ in range(10):
        for event in past:
            if event.kind in badges.granting.AFTER:
                with transaction():
                    assert list(badges.check(event)) == []
    assert db.session.scalar(select(func.count(BadgeGrant.id))) == 2


def test_three_pitches_that_were_accepted_and_no_fourth_badge(ada, ben, cy, now):
    for teacher, skill in ((ada, "watercolour"), (ada, "piano"), (cy, "javascript")):
        assert codes(ben) == []
        with transaction():
            key = people.make_pitch(ben, teacher, skill, now=now).public_id
            pitches.accept_pitch(teacher, key, now=now)
    assert codes(ben) == [B.CLEAR_PITCH]
    assert codes(ada) == codes(cy) == []


def test_likes_of_the_fifth_tutorial_make_an_author_even_if_two_come_at_once(ada, now):
    fans = [people.make_person(f"fan{number}") for number in range(5)]
    posts = [people.make_post(ada, kind=PostKind.TUTORIAL, now=now) for _ in range(5)]
    for fan in fans:
        with transaction():
            for post in posts:
                likes.like_post(fan, post.public_id, now)
    assert codes(ada) == [B.AUTHOR]
    with transaction():  # as if the last two had not seen each other
        db.session.execute(BadgeGrant.__table__.delete())
    assert [code for code in badges.drift() if "author" in code] == []  # the sweep will look
    with transaction():
        badge_checks.check_due(now, 99)
    assert codes(ada) == [B.AUTHOR]
    assert db.session.scalar(select(func.count(BadgeCheck.id))) == 0


def test_twelve_weeks_and_a_ring_count_by_their_events(ada, ben, cy, now):
    piano = people.make_skill("Piano").id
    with transaction():
        db.session.add(StreakAward(user_id=ada.id, week=7, weeks=12, reached_at=now))
        ring = SwapRing(
            starter_id=ada.id,
            round_key="x",
            state=RingState.ACCEPTED,
            started_at=now,
            respond_by=now,
        )
        db.session.add(ring)
        db.session.flush()
        db.session.add_all(
            SwapRingMember(ring_id=ring.id, position=place, user_id=person.id, skill_id=piano)
            for place, person in enumerate((ada, ben, cy))
        )
        db.session.flush()
        both = {
            "streak.reached": ("streak_awards", ada.id, [ada.id]),
            "ring.accepted": ("swap_rings", ring.id, [ada.id, ben.id, cy.id]),
        }
        for kind, (table, subject_id, audience) in both.items():
            event = Event(
                kind=kind,
                subject_type=table,
                subject_id=subject_id,
                audience=audience,
                facts={},
                happened_at=now,
            )
            assert len(list(badges.check(event))) == len(audience)
    assert codes(ada) == [B.RING_MAKER, B.STEADY_12]
    assert codes(ben) == codes(cy) == [B.RING_MAKER]


# -- Mondays --------------------------------------------------------------------------------------


def answered(person, now, *, fast=10) -> None:
    """So many pitches answered within an hour; the columns are what is looked at."""
    person.answered_count, person.unanswered_count, person.reply_minutes = fast, 0, 60
    db.session.flush()


def hold(person, code, at) -> BadgeGrant:
    with transaction():
        grant = BadgeGrant(user_id=person.id, code=code, granted_at=at)
        db.session.add(grant)
        badges.watch([person.id], at)
    return grant


def look(at) -> int:
    with transaction():
        return badge_checks.check_due(at, 99)


def test_a_badge_of_the_last_180_days_rests_on_a_monday_is_told_and_comes_back(ada, now):
    with transaction():
        answered(ada, now)
    hold(ada, B.FAST_RESPONDER, now)
    monday = badges.next_monday(now)
    assert (monday.weekday(), monday.hour, now < monday <= now + 7 * DAY) == (0, 0, True)
    assert look(monday - MINUTE) == 0
    assert look(monday) == 1
    assert codes(ada) == [B.FAST_RESPONDER]
    with transaction():
        answered(ada, now, fast=9)
    assert look(monday + 6 * DAY) == 0
    assert look(monday + 7 * DAY) == 1
    assert codes(ada) == []
    assert told(ada)[0].startswith("Your badge Fast responder rests")
    assert look(monday + 70 * DAY) == 0  # too few pitches: it cannot come by waiting
    with transaction():
        answered(ada, now)
        pitch = people.make_pitch(people.ben(), ada, now=now)
        badges.grant([ada.id], [B.FAST_RESPONDER], monday + 80 * DAY)
    assert codes(ada) == [B.FAST_RESPONDER]
    page = badges.badge_page(B.FAST_RESPONDER, ada, None, monday + 80 * DAY)
    assert [one.lost_at for one in page.history] == [None, monday + 7 * DAY]
    assert pitch.teacher_id == ada.id


def test_what_speaks_against_it_fades_and_then_it_comes_by_itself(ada, now):
    with transaction():
        answered(ada, now)
        ada.unanswered_count = 5
        db.session.flush()
        assert badges.grant([ada.id], [B.FAST_RESPONDER], now) == []
    with transaction():
        ada.unanswered_count = 0
    assert look(badges.next_monday(now)) == 1
    assert codes(ada) == [B.FAST_RESPONDER]
    assert told(ada) == ["You earned a badge: Fast responder"]


def test_what_was_done_once_stays(ada, ben, kept, now):
    with transaction():
        db.session.add(BadgeCheck(user_id=ada.id, due_at=now, weekly=True))
    assert look(now + 400 * DAY) == 1
    assert codes(ada) == [B.FIRST_CLASS]


def test_the_look_costs_as_much_for_twenty_as_for_two(app, now, queries):
    counts = []
    for count in (2, 20):
        for number in range(count):
            person = people.make_person(f"p{count}n{number}")
            with transaction():
                db.session.add(BadgeCheck(user_id=person.id, due_at=now, weekly=True))
        queries.clear()
        assert look(now) == count
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


# -- who sees it ----------------------------------------------------------------------------------


def many_hold(code, count, now) -> None:
    with transaction():
        people_ids = [people.make_person(f"holder{number:02}").id for number in range(count)]
        rows = [
            {"user_id": one, "code": code, "granted_at": now + place * MINUTE}
            for place, one in enumerate(people_ids)
        ]
        db.session.execute(insert(BadgeGrant), rows)


def test_holders_come_page_by_page_the_latest_first_in_few_statements(ada, now, queries):
    many_hold(B.RELIABLE, 45, now)
    names, after = [], None
    for _page in range(3):
        queries.clear()
        found = badges.holders_of(B.RELIABLE, ada, after)
        assert len(queries) == 1
        names += [one.face.username for one in found]
        after = found.after
    assert names == [f"holder{number:02}" for number in reversed(range(45))]
    assert after is None
    queries.clear()
    page = badges.badge_page(B.TOP_MENTOR, ada, None, now)
    assert len(queries) <= 7
    assert (page.holders_count, page.people_count) == (0, 46)


def test_the_shelf_costs_six_statements(ada, now, queries):
    queries.clear()
    cards = badges.shelf_of(ada, now)
    assert len(queries) <= 6
    assert {card.code for card in cards} == set(BadgeCode)


def test_who_is_blocked_or_suspended_is_not_among_the_holders(ada, ben, cy, now):
    for person in (ben, cy):
        hold(person, B.RELIABLE, now)

    def seen(reader):
        page = badges.badge_page(B.RELIABLE, reader, None, now)
        assert page.holders_count == len(page.holders)
        return {one.face.username for one in page.holders}

    assert seen(ada) == seen(None) == {"ben", "cy"}
    with transaction():
        safety.block(ben, "ada", now)
    assert seen(ada) == {"cy"}
    assert seen(None) == {"ben", "cy"}
    with transaction():
        safety.suspend(cy, days=None, reason="", now=now)
    assert seen(ada) == set()
    assert seen(None) == {"ben"}


def test_an_unknown_badge_is_not_there():
    with pytest.raises(NotFound):
        badges.code_of("best_looking")


def test_the_frame_says_the_newest_until_it_is_read(ada, ben, kept, now):
    token = people.sign_in(ben)
    here = frame.signed_in(token, now)
    assert here is not None
    assert here.badge_news.partition(":")[2] == "first_lesson"
    with transaction():
        notifications.read_about(ben, "badge_grants", "first_lesson", now)
    there = frame.signed_in(token, now)
    assert there is not None
    assert there.badge_news is None


def test_a_sweep_looks_at_badges_and_forgets_nothing_else(ada, ben, kept, now):
    assert sweep.sweep(now)["badges looked at"] == 0
    assert events.FOLLOWS["badge.earned"] == [notifications.notify]
