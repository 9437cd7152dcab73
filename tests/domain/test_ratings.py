"""Who may rate what, who reads it when, what is it worth, and what can be done about it?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import (
    doctor,
    exchanges,
    learning_sessions,
    notifications,
    preferences,
    profiles,
    rating_totals,
    ratings,
    safety,
    sweep,
)
from skillswap.domain.ratings import Filters
from skillswap.errors import NotFound, Refused, Taken, WrongState
from skillswap.models import (
    Channel,
    Event,
    Notification,
    OutcomeAnswer,
    RatedRole,
    Rating,
    RatingState,
    User,
)
from skillswap.models.rating import RATE_WITHIN, REPLY_WITHIN
from skillswap.models.user import FIRST_RATING_RANK
from tests import casework, people

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HAPPENED, MISSED, COULD_NOT, AGREED = OutcomeAnswer
TEACHER, LEARNER = RatedRole
S = RatingState


@pytest.fixture
def exchange(ada, ben, now):
    return people.make_exchange(ben, ada, now=now - 8 * DAY)


@pytest.fixture
def over(ada, exchange, now):
    """A session of which nobody has said yet how it went; it ended about a day ago."""
    start = people.next_quarter(now - DAY)
    return people.make_session(ada, exchange, start=start, now=now - 3 * DAY).public_id


@pytest.fixture
def kept(ada, ben, over, now):
    """The same, completed now."""
    for person in (ada, ben):
        say(person, over, HAPPENED, now)
    return over


def say(person, key, answer, at):
    with transaction():
        return learning_sessions.give_outcome(person, key, answer=answer, now=at)


def rate(person: User, key: str, stars: int | None, at, **more: Any) -> Rating:
    with transaction():
        return ratings.rate_session(person, key, stars=stars, now=at, **more)


def run(step, at):
    with transaction():
        return step(at, 99)


def texts(person, at) -> list[str]:
    return [line.text for line in notifications.page_of(person, None, at).rows]


def kinds(person, at) -> list[str]:
    return [line.kind for line in notifications.page_of(person, None, at).rows]


def desk(person, key, at):
    return ratings.desk_of(person, learning_sessions.session_of(person, key), at)


def listed(rated, viewer, at, **filters: Any) -> list[int]:
    return [
        card.stars for card in ratings.ratings_of(rated, viewer, Filters(**filters), None, at).rows
    ]


def total(user, role, at):
    return rating_totals.of([user.id], at)[user.id][role]


def more_sessions(learner, teacher, count, at, *, hours=0) -> list[str]:
    """That many completed ones of an exchange of these two, six hours apart, the last of them at
    least six hours and `hours` ago."""
    for person in (learner, teacher):
        with transaction():
            found = db.session.get_one(User, person.id)
            found.daily_sessions = found.places = 8
    exchange = people.make_exchange(learner, teacher, now=at - 10 * DAY)
    keys = []
    for number in range(count):
        start = people.next_quarter(at - (6 * (count - number) + hours) * HOUR)
        keys.append(people.make_session(teacher, exchange, start=start, now=at - 9 * DAY).public_id)
    for key in keys:
        say(learner, key, HAPPENED, at)
        say(teacher, key, HAPPENED, at)
    return keys


# -- sealed, then read by everybody ---------------------------------------------------------------


def test_one_rating_alone_is_read_by_its_author_only(ada, ben, kept, now):
    rating = rate(ben, kept, 2, now, tags=["fun"], body="Hm.", private_body="Late twice.")
    assert rating.state is S.SEALED
    assert desk(ben, kept, now).mine.stars == 2
    assert desk(ada, kept, now).theirs is None
    assert desk(ada, kept, now).may_rate
    for viewer in (None, ada, ben):
        assert listed(ada, viewer, now) == []
        assert ratings.spread_of(ada, viewer, TEACHER, now).ratings == 0
    assert total(ada, TEACHER, now) == rating_totals.NOBODY
    assert db.session.scalar(select(func.count()).where(Notification.created_at > now)) == 0
    assert "rating.published" not in kinds(ada, now)


def test_the_second_publishes_both_in_one_instant(ada, ben, kept, now):
    mine = rate(ben, kept, 5, now, body="Clear\r\nand kind.  ")
    theirs = rate(ada, kept, 4, now + HOUR)
    assert (mine.state, theirs.state) == (S.PUBLISHED, S.PUBLISHED)
    assert mine.published_at == theirs.published_at == now + HOUR
    assert mine.body == "Clear\nand kind."
    assert listed(ada, None, now + HOUR) == [5]
    assert listed(ben, None, now + HOUR, role=LEARNER) == [4]
    assert desk(ada, kept, now + HOUR).theirs.stars == 5
    assert desk(ben, kept, now + HOUR).theirs.stars == 4
    assert texts(ben, now + HOUR)[0].startswith("rated Watercolour on ")
    assert "rating.published" not in kinds(ada, now + HOUR)  # who rated second knows


def test_after_14_days_one_alone_is_read_at_once_and_written_by_the_sweep(ada, ben, kept, now):
    rating = rate(ben, kept, 3, now + DAY)
    end = now + RATE_WITHIN
    assert listed(ada, None, end - MINUTE) == []
    assert run(ratings.publish_due, end - MINUTE) == 0
    for written in (False, True):
        assert listed(ada, None, end + MINUTE) == [3]
        assert total(ada, TEACHER, end + MINUTE).raters == 1
        assert desk(ada, kept, end + MINUTE).theirs.since == end
        if not written:
            assert ada.rating_count == 0
            assert run(ratings.publish_due, end + MINUTE) == 1
    assert run(ratings.publish_due, end + MINUTE) == 0
    db.session.refresh(rating)
    assert (rating.state, rating.published_at) == (S.PUBLISHED, end)
    db.session.refresh(ada)
    assert (ada.rating_count, ada.rating_milli) == (1, 3_000)
    assert texts(ada, end + MINUTE)[0].startswith("You have a rating for Watercolour on ")
    assert texts(ben, end + MINUTE)[0].startswith("Your rating of Watercolour on ")


def test_no_notification_says_how_many_stars(ada, ben, kept, now):
    rate(ben, kept, 1, now, body="unforgettable", private_body="secretly")
    rate(ada, kept, 1, now, body="unforgettable", private_body="secretly")
    facts = str(db.session.execute(select(Event.facts, Event.kind)).all())
    assert "rating.published" in facts
    assert "unforgettable" not in facts
    assert "secretly" not in facts
    assert "stars" not in facts


def test_what_is_sealed_can_be_changed_and_then_not(ada, ben, kept, now):
    first = rate(ben, kept, 2, now, tags=["fun"], body="Hm.", meet_again=False)
    again = rate(ben, kept, 4, now + HOUR, body="On second thoughts.", meet_again=True)
    assert again.id == first.id
    assert (again.stars, again.tags, again.meet_again) == (4, [], True)
    assert again.edited_at == now + HOUR
    rate(ada, kept, 5, now + 2 * HOUR)
    with pytest.raises(Taken, match="rating_published"):
        rate(ben, kept, 1, now + 3 * HOUR)
    assert listed(ada, None, now + 3 * HOUR) == [4]


def test_the_clock_ends_changing_also_before_a_sweep(ben, kept, now):
    rate(ben, kept, 2, now)
    with pytest.raises(Taken, match="rating_published"):
        rate(ben, kept, 5, now + RATE_WITHIN)


# -- refusals -------------------------------------------------------------------------------------

TYPED = {
    "no stars": ({"stars": None}, "stars", "stars_needed"),
    "no star": ({"stars": 0}, "stars", "stars_range"),
    "six stars": ({"stars": 6}, "stars", "stars_range"),
    "a clear pitch of six": ({"pitch_stars": 6}, "pitch_stars", "stars_range"),
    "four words": (
        {"tags": ["curious", "fun", "on_time", "clear_goal"]},
        "tags",
        "too_many_tags",
    ),
    "a word for teachers": ({"tags": ["patient"]}, "tags", "unknown_tag"),
    "1,001 characters": ({"body": "é" * 1_001}, "body", "too_long"),
    "1,001 private ones": ({"private_body": "e" * 1_001}, "private_body", "too_long"),
    "a bell": ({"body": "ring \a"}, "body", "control_characters"),
}


@pytest.mark.parametrize("what", TYPED)
def test_what_cannot_be_taken_is_refused_beside_its_field(ada, over, now, what):
    typed, field, code = TYPED[what]
    with pytest.raises(Refused) as refusal:
        rate(ada, over, **({"stars": 4, "at": now} | typed))
    assert (refusal.value.field, refusal.value.code) == (field, code)
    assert db.session.scalar(select(func.count(Rating.id))) == 0
    assert learning_sessions.session_of(ada, over).state == "scheduled"


def test_a_thousand_characters_and_three_words_are_taken(ada, kept, now):
    words = ["fun", "curious", "on_time"]
    rating = rate(ada, kept, 1, now, tags=words, body="e" * 1_000, pitch_stars=2)
    assert rating.tags == ["curious", "on_time", "fun"]  # in the order of the form
    assert (len(rating.body), rating.pitch_stars) == (1_000, 2)


def test_a_learner_is_not_asked_about_the_pitch(ben, kept, now):
    assert rate(ben, kept, 5, now, pitch_stars=1).pitch_stars is None


def test_a_stranger_finds_nothing_to_rate(cy, kept, now):
    with pytest.raises(NotFound):
        rate(cy, kept, 5, now)


@pytest.mark.parametrize("blocker", ["ada", "ben"])
def test_two_apart_by_a_block_rate_each_other_no_more(ada, ben, cy, kept, now, blocker):
    rate(ben, kept, 2, now)
    one, other = (ada, "ben") if blocker == "ada" else (ben, "ada")
    with transaction():
        safety.block(one, other, now)
    for person in (ada, ben):
        with pytest.raises(NotFound):
            rate(person, kept, 1, now)
        assert ratings.to_rate(person, now, 9) == []
    later = now + RATE_WITHIN
    run(ratings.publish_due, later)
    assert listed(ada, cy, later) == listed(ada, None, later) == [2]  # others still read it
    assert listed(ada, ada, later) == []
    assert not {"rating.published", "rating.asked"} & set(kinds(ada, later))


def test_a_session_is_rated_once_it_is_over(ada, ben, exchange, now):
    ahead = people.make_session(ada, exchange, now=now)
    for at in (now, ahead.ends_at - MINUTE):
        with pytest.raises(Refused, match="rate_not_over"):
            rate(ben, ahead.public_id, 5, at)
    rate(ben, ahead.public_id, 5, ahead.ends_at)


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ((COULD_NOT,), "rate_not_kept"),
        ((AGREED, AGREED), "rate_not_kept"),
        ((MISSED,), "rate_disputed"),  # what the other has said does not fit
        ((HAPPENED, MISSED), "rate_disputed"),
    ],
    ids=["no_show", "not_held", "they_say_missed", "disputed"],
)
def test_what_did_not_take_place_cannot_be_rated(ada, ben, over, now, answers, code):
    for person, answer in zip((ada, ben), answers, strict=False):
        say(person, over, answer, now)
    with pytest.raises(Refused, match=code):
        rate(ben, over, 5, now)


def test_after_14_days_it_is_too_late(ada, ben, kept, now):
    end = now + RATE_WITHIN
    assert desk(ben, kept, end - MINUTE).rate_by == end
    with pytest.raises(Refused, match="rate_too_late"):
        rate(ben, kept, 5, end)
    rate(ben, kept, 5, end - MINUTE)


# -- rating completes -----------------------------------------------------------------------------


def test_rating_completes_a_session_that_nobody_settled(ada, ben, exchange, over, now):
    rating = rate(ben, over, 5, now)
    one = learning_sessions.session_of(ada, over)
    assert (one.state, one.ended_at, one.answer_of(ben)) == ("completed", now, HAPPENED)
    assert rating.publish_by == now + RATE_WITHIN
    assert any("happened, so it is completed" in text for text in texts(ada, now))
    assert exchanges.exchange_of(ada, exchange.public_id).quiet_since >= now
    assert [one.role for one in ratings.to_rate(ada, now, 9)] == [LEARNER]
    assert ratings.to_rate(ben, now, 9) == []


def test_rating_completes_what_was_given_up_within_14_days(ada, ben, over, now):
    ends_at = learning_sessions.session_of(ada, over).ends_at
    given_up = ends_at + 7 * DAY
    run(learning_sessions.settle_due, given_up + MINUTE)
    with pytest.raises(Refused, match="rate_too_late"):
        rate(ben, over, 5, given_up + RATE_WITHIN)
    rate(ben, over, 5, given_up + RATE_WITHIN - MINUTE)
    assert learning_sessions.session_of(ada, over).state == "completed"
    rate(ada, over, 4, given_up + RATE_WITHIN + DAY)  # 14 days from the completion


def test_rating_writes_first_what_silence_has_completed(ada, ben, over, now):
    say(ada, over, HAPPENED, now)
    due = learning_sessions.session_of(ada, over).confirm_by
    rating = rate(ben, over, 5, due + DAY)
    one = learning_sessions.session_of(ada, over)
    assert (one.state, one.ended_at) == ("completed", due)
    assert rating.publish_by == due + RATE_WITHIN


# -- being asked ----------------------------------------------------------------------------------


def asked(person, at) -> int:
    return kinds(person, at).count("rating.asked")


def events(person, kind="rating.asked") -> int:
    found = db.session.scalars(select(Event.audience).where(Event.kind == kind))
    return sum(person.id in audience for audience in found)


def test_both_are_asked_once_the_first_session_is_completed(ada, ben, kept, now):
    for person, role in ((ada, LEARNER), (ben, TEACHER)):
        assert events(person) == 1
        (one,) = ratings.to_rate(person, now, 9)
        assert (one.session_public_id, one.role) == (kept, role)
        assert one.rate_by == now + RATE_WITHIN


def test_after_later_sessions_nobody_is_asked_until_the_exchange_ends(ada, ben, now):
    keys = more_sessions(ben, ada, 3, now)
    assert [one.session_public_id for one in ratings.to_rate(ben, now, 9)] == [keys[0]]
    assert desk(ben, keys[1], now).may_rate  # possible after each
    exchange = exchanges.exchanges_of(ben, None, now).rows[0].public_id
    for person in (ada, ben):
        with transaction():
            exchanges.complete_exchange(person, exchange, now=now)
    found = {one.session_public_id for one in ratings.to_rate(ben, now, 9)}
    assert found == {keys[0], keys[2]}
    assert events(ben) == events(ada) == 2


def test_who_has_not_rated_is_reminded_after_a_day_and_after_ten(ada, ben, kept, now):
    rate(ada, kept, 4, now)
    for at, times in ((23 * HOUR, 1), (DAY, 2), (9 * DAY, 2), (10 * DAY, 3), (13 * DAY, 3)):
        run(ratings.prompt_due, now + at)
        run(ratings.prompt_due, now + at)
        assert (events(ben), events(ada)) == (times, 1)
    assert any(text.startswith("You can still rate") for text in texts(ben, now + 13 * DAY))


def test_a_late_sweep_reminds_once_and_not_after_the_end(ben, kept, now):
    run(ratings.prompt_due, now + 11 * DAY)
    assert events(ben) == 2
    run(ratings.prompt_due, now + 15 * DAY)
    assert events(ben) == 2
    assert ratings.to_rate(ben, now + RATE_WITHIN, 9) == []


def test_who_skips_is_asked_no_more_and_may_rate_still(ben, kept, now):
    for _twice in range(2):
        with transaction():
            ratings.skip_rating(ben, kept, now=now)
    assert ratings.to_rate(ben, now, 9) == []
    assert desk(ben, kept, now).skipped
    run(ratings.prompt_due, now + 2 * DAY)
    assert events(ben) == 1
    rate(ben, kept, 5, now + 3 * DAY)
    with pytest.raises(WrongState), transaction():
        ratings.skip_rating(ben, kept, now=now + 3 * DAY)


def test_it_is_told_by_push_and_digest_not_by_mail():
    for kind in ("rating.asked", "rating.published", "rating.replied", "rating.retracted"):
        wanted = preferences.DEFAULTS[preferences.topic_of(kind)]
        assert wanted == {Channel.PUSH, Channel.DIGEST}


# -- what they come to ----------------------------------------------------------------------------


def test_one_rater_has_one_vote_and_few_weigh_little(ada, ben, cy, now):
    stars = {ben: (5, 4, 5), cy: (2,)}
    for learner, given in stars.items():
        keys = more_sessions(learner, ada, len(given), now, hours=len(given))
        for key, number in zip(keys, given, strict=True):
            rate(learner, key, number, now)
            rate(ada, key, 5, now)
    found = total(ada, TEACHER, now)
    votes = (14 / 3 + 2) / 2
    assert (found.raters, found.mean_milli) == (2, round(1_000 * votes))
    assert found.rank_milli == round((5 * FIRST_RATING_RANK + 1_000 * (14 / 3 + 2)) / 7)
    assert total(ada, LEARNER, now) == rating_totals.NOBODY
    assert total(ben, LEARNER, now).mean == 5
    assert not found.is_shown
    assert profiles.profile_of("ada", None, now).rating is None


def test_three_raters_are_shown_everywhere_alike(ada, now):
    for number, stars in enumerate((5, 5, 4)):
        learner = people.make_person(f"learner{number}", wants=("Watercolour",))
        (key,) = more_sessions(learner, ada, 1, now, hours=2 * number)
        rate(learner, key, stars, now)
    end = now + RATE_WITHIN
    for _written in range(2):
        shown = profiles.profile_of("ada", None, end).rating
        assert (shown.mean, shown.people) == (4.667, 3)
        assert rating_totals.shown(ada.id, TEACHER, end).mean_milli == 4_667
        assert sorted(listed(ada, None, end)) == [4, 5, 5]
        sweep.sweep(end)
    assert db.session.get_one(User, ada.id).rating_rank == round((5 * 4_100 + 14_000) / 8)


def test_the_doctor_finds_a_total_that_nobody_gave(ada, ben, kept, now):
    rate(ben, kept, 5, now)
    rate(ada, kept, 5, now)

    def trouble() -> list[str]:
        return list(rating_totals.drift())

    assert trouble() == []
    for column in ("rating_count", "rating_milli", "rating_rank"):
        with transaction():
            was = getattr(ada, column)
            setattr(ada, column, was + (4 if column == "rating_count" else -1))
            ada.rating_sum = ada.rating_count * 5
        assert [line.split()[0] for line in trouble()] == ["ada"]
        with transaction():
            setattr(ada, column, was)
            ada.rating_sum = 5
    assert [check.name for check in doctor.examine(()) if "rating" in check.name and check.is_well]


def test_private_averages_need_five_and_are_of_the_latest_of_each(ada, now):
    for number in range(5):
        learner = people.make_person(f"learner{number}", wants=("Watercolour",))
        keys = more_sessions(learner, ada, 2, now, hours=13 * number)
        for key, again in zip(keys, (None if number == 4 else False, number != 0), strict=True):
            rate(learner, key, 5, now, meet_again=again)
            rate(ada, key, 5, now, pitch_stars=4 if number else 1)
        found = rating_totals.private_averages(ada, now)
        assert found.meet_again_people == number + 1
        assert found.meet_again == (80 if number == 4 else None)
        theirs = rating_totals.private_averages(learner, now)
        assert (theirs.pitch, theirs.pitch_people) == (None, 1)


def test_filters_and_spread_are_of_one_list(ada, ben, now):
    keys = more_sessions(ben, ada, 4, now)
    for number, key in enumerate(keys):
        rate(ben, key, 5 - number // 2, now + number * MINUTE)
        rate(ada, key, 5, now + number * MINUTE)
    later = now + HOUR
    assert listed(ada, None, later) == [4, 4, 5, 5]
    assert listed(ada, None, later, stars=4) == [4, 4]
    assert listed(ada, None, later, skill="watercolour") == [4, 4, 5, 5]
    assert listed(ada, None, later, skill="piano") == []
    spread = ratings.spread_of(ada, None, TEACHER, later)
    assert spread.by_stars == {5: 2, 4: 2, 3: 0, 2: 0, 1: 0}
    assert list(spread.by_skill) == [("watercolour", "Watercolour", 4)]
    first = ratings.ratings_of(ada, None, Filters(), None, later, limit=3)
    rest = ratings.ratings_of(ada, None, Filters(), first.after, later, limit=3)
    assert [card.stars for card in (*first.rows, *rest.rows)] == [4, 4, 5, 5]
    assert rest.after is None


# -- afterwards -----------------------------------------------------------------------------------


@pytest.fixture
def published(ada, ben, kept, now):
    """Ben's rating of ada, which she has answered in kind."""
    key = rate(ben, kept, 2, now, body="Too fast.").public_id
    rate(ada, kept, 5, now)
    return key


def reply(person, key, body, at):
    with transaction():
        return ratings.reply_to_rating(person, key, body=body, now=at)


def test_the_rated_one_replies_once_in_public(ada, ben, cy, published, now):
    for stranger in (cy, ben):
        with pytest.raises(NotFound):
            reply(stranger, published, "No.", now)
    for body, code in ((" ", "required"), ("e" * 501, "too_long")):
        with pytest.raises(Refused, match=code):
            reply(ada, published, body, now)
    reply(ada, published, " We did more than planned. ", now)
    (card,) = ratings.ratings_of(ada, None, Filters(), None, now).rows
    assert (card.reply_body, card.replied_at) == ("We did more than planned.", now)
    assert texts(ben, now)[0].startswith("replied to your rating of Watercolour")
    with pytest.raises(Taken, match="reply_given"):
        reply(ada, published, "And more.", now)


def test_a_reply_is_possible_for_30_days(ada, published, now):
    with pytest.raises(Refused, match="reply_too_late"):
        reply(ada, published, "At last.", now + REPLY_WITHIN)
    assert ratings.rating_of(ada, published, now + REPLY_WITHIN).reply_by is None
    reply(ada, published, "At last.", now + REPLY_WITHIN - MINUTE)


def test_nobody_replies_to_what_is_sealed(ada, ben, kept, now):
    key = rate(ben, kept, 2, now).public_id
    with pytest.raises(NotFound):
        reply(ada, key, "No.", now)
    reply(ada, key, "Thank you.", now + RATE_WITHIN)  # by the clock, before a sweep
    assert total(ada, TEACHER, now + RATE_WITHIN).raters == 1


def test_its_author_takes_it_back_once_and_it_counts_no_more(ada, ben, kept, published, now):
    with pytest.raises(NotFound), transaction():
        ratings.retract_rating(ada, published, now=now)
    with transaction():
        ratings.retract_rating(ben, published, now=now)
    assert listed(ada, None, now) == []
    assert total(ada, TEACHER, now) == rating_totals.NOBODY
    assert db.session.get_one(User, ada.id).rating_rank == FIRST_RATING_RANK
    assert desk(ben, kept, now).mine_state is S.RETRACTED
    assert desk(ada, kept, now).theirs is None
    assert texts(ada, now)[0].startswith("took back a rating of you")
    with pytest.raises(WrongState), transaction():
        ratings.retract_rating(ben, published, now=now)
    with pytest.raises(Taken):
        rate(ben, kept, 5, now)


def test_what_is_sealed_cannot_be_taken_back(ben, kept, now):
    key = rate(ben, kept, 2, now).public_id
    with pytest.raises(WrongState), transaction():
        ratings.retract_rating(ben, key, now=now)


def staff(verb, person, key, at):
    with transaction():
        return verb(person, key, now=at)


@pytest.mark.parametrize("verb", [ratings.hold_rating, ratings.hide_rating], ids=["hold", "hide"])
def test_staff_take_a_rating_out_of_sight_and_let_it_back(ada, ben, mo, published, now, verb):
    with pytest.raises(NotFound):
        staff(verb, ada, published, now)
    staff(verb, mo, published, now)
    assert listed(ada, None, now) == []
    assert total(ada, TEACHER, now) == rating_totals.NOBODY
    with pytest.raises(WrongState), transaction():
        ratings.retract_rating(ben, published, now=now)
    staff(ratings.release_rating, mo, published, now + DAY)
    (card,) = ratings.ratings_of(ada, None, Filters(), None, now + DAY).rows
    assert card.since == now
    assert total(ada, TEACHER, now + DAY).raters == 1
    with pytest.raises(WrongState):
        staff(ratings.release_rating, mo, published, now + DAY)


def test_what_staff_hold_while_it_is_sealed_stays_unread(ada, ben, mo, kept, now):
    key = rate(ben, kept, 1, now).public_id
    staff(ratings.hold_rating, mo, key, now)
    with pytest.raises(Taken, match="rating_held"):
        rate(ben, kept, 5, now)
    staff(ratings.release_rating, mo, key, now)
    assert desk(ben, kept, now).mine_state is S.SEALED
    staff(ratings.hold_rating, mo, key, now)
    assert rate(ada, kept, 4, now).state is S.PUBLISHED  # both have sealed
    run(ratings.publish_due, now + RATE_WITHIN)
    assert listed(ada, None, now + RATE_WITHIN) == []
    staff(ratings.release_rating, mo, key, now + 15 * DAY)
    assert listed(ada, None, now + 15 * DAY) == [1]


# -- how much it costs ----------------------------------------------------------------------------


def test_reading_costs_the_same_for_two_and_for_twenty(ada, ben, queries, now):
    def cost() -> int:
        db.session.rollback()
        queries.clear()
        ratings.ratings_of(ada, ben, Filters(), None, later)
        ratings.spread_of(ada, ben, TEACHER, later)
        rating_totals.of([ada.id, ben.id], later)
        ratings.to_rate(ben, later, 9)
        return len(queries)

    keys = more_sessions(ben, ada, 20, now)
    later = now + RATE_WITHIN - MINUTE
    for number, key in enumerate(keys):
        if number == 2:
            few = cost()
        rate(ben, key, 5, now)
        rate(ada, key, 4, now)
    assert cost() == few == 4


# -- the private word -----------------------------------------------------------------------------


def test_a_private_word_reaches_the_staff_and_nobody_else(ada, ben, mo, kept, now) -> None:
    rate(ben, kept, 5, now, private_body="A quiet worry")
    (key,) = casework.waiting(mo)
    (card,) = casework.reports_in(mo, key)
    assert (card.body, card.reporter) == ("A quiet worry", ben.name)
    assert "5" not in str(card.evidence)
    rate(ben, kept, 4, now, private_body="A worry")
    assert [card.body for card in casework.reports_in(mo, key)] == ["A worry"]
    rate(ben, kept, 4, now, private_body="")
    assert casework.waiting(mo) == []
