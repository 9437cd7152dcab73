"""What is given for what, how often, and why not? The ledger, line by line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select

from skillswap.db import db, transaction
from skillswap.domain import (
    events,
    exchanges,
    lasting,
    learning_sessions,
    likes,
    pitches,
    points,
    posts,
    ratings,
    skills,
    teaching,
)
from skillswap.domain.points import rules
from skillswap.domain.points.writing import Award, add_up, award
from skillswap.lib.clock import utcnow
from skillswap.models import (
    DeclineReason,
    Event,
    LearningSession,
    OutcomeAnswer,
    PeriodKind,
    PointsEntry,
    PointsKind,
    PointsPeriod,
    PointsReason,
    PointsSkillPeriod,
    PostKind,
    User,
    UserSkillKind,
)
from tests import people

K, R = PointsKind, PointsReason
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONG = " ".join(["water"] * 320)


def noon() -> datetime:
    """Noon of the last Monday but one in UTC: a week in which nothing ends by chance."""
    today = utcnow().astimezone(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    return today - timedelta(days=today.weekday() + 7)


@pytest.fixture
def monday(app) -> datetime:
    return noon()


def lines(person: User, kind: PointsKind | None = None) -> list[tuple[str, int, str]]:
    """What stands in somebody's ledger, in its order."""
    db.session.rollback()
    which = [PointsEntry.kind == kind] if kind else []
    return [
        (line.kind.value, line.points, line.reason.value)
        for line in db.session.scalars(
            select(PointsEntry)
            .where(PointsEntry.user_id == person.id, *which)
            .order_by(PointsEntry.id)
        )
    ]


def given(person: User, kind: PointsKind) -> list[int]:
    return [points for _kind, points, _reason in lines(person, kind)]


def same_again(*people_: User) -> bool:
    """Whether the events make the same lines again."""
    before = [lines(person) for person in people_]
    with transaction():
        points.rebuild()
    return [lines(person) for person in people_] == before


def meet(
    teacher: User,
    learner: User,
    at: datetime,
    *,
    minutes: int = 60,
    arranged: timedelta = 3 * DAY,
    answer: OutcomeAnswer = OutcomeAnswer.HAPPENED,
) -> LearningSession:
    """A session that ended at that instant, and what its learner says of it at once."""
    opened = people.make_exchange(learner, teacher, now=at - 20 * DAY)
    return meet_in(opened, teacher, learner, at, minutes=minutes, arranged=arranged, answer=answer)


def meet_in(opened, teacher, learner, at, *, minutes=60, arranged=3 * DAY, answer=None):
    """The same in an exchange that is open."""
    start = people.next_quarter(at) - timedelta(minutes=minutes)
    agreed = start - arranged
    one = people.make_proposal(teacher, opened, starts=[start], minutes=minutes, now=agreed)
    with transaction():
        learning_sessions.accept_times(learner, one.public_id, start=start, now=agreed)
    for person in (learner, teacher):
        with transaction():
            learning_sessions.give_outcome(
                person,
                one.public_id,
                answer=answer or OutcomeAnswer.HAPPENED,
                now=people.next_quarter(at) + timedelta(minutes=15),
            )
    return one


@pytest.mark.parametrize(
    ("minutes", "whole"), [(25, 20), (30, 20), (45, 20), (60, 30), (90, 40), (120, 50), (240, 50)]
)
def test_teaching_gives_more_for_each_further_half_hour_and_fifty_at_most(minutes, whole) -> None:
    assert rules.taught_points(minutes) == whole


@pytest.mark.parametrize(
    ("minutes", "ahead", "nth", "expected"),
    [
        (60, 24, 1, (30, R.WHOLE)),
        (60, 24, 4, (30, R.WHOLE)),
        (60, 24, 5, (15, R.HALF)),
        (60, 24, 8, (15, R.HALF)),
        (60, 24, 9, (0, R.REPEATED)),
        (20, 24, 1, (0, R.SHORT)),
        (60, 0.5, 1, (0, R.ARRANGED_LATE)),
    ],
)
def test_a_session_gives_by_its_length_its_notice_and_how_often_the_two_met(
    minutes, ahead, nth, expected
) -> None:
    told = rules.session_points(30, minutes=minutes, ahead=ahead * HOUR, nth=nth)
    assert told == expected


@pytest.mark.parametrize(
    ("points_", "used", "expected"),
    [
        (20, 0, (20, R.WHOLE)),
        (20, 100, (20, R.WHOLE)),
        (20, 101, (19, R.DAY_CUT)),
        (20, 120, (0, R.DAY_FULL)),
    ],
)
def test_a_day_gives_a_hundred_and_twenty_at_most(points_, used, expected) -> None:
    assert rules.within_day(points_, R.WHOLE, used) == expected


def test_both_are_given_points_once_a_session_is_completed(ada, ben, monday) -> None:
    meet(ada, ben, monday)
    assert lines(ada)[-2:] == [("taught", 30, "whole"), ("partner", 15, "whole")]
    assert lines(ben) == [("learned", 10, "whole"), ("partner", 15, "whole")]
    line = db.session.scalars(select(PointsEntry).where(PointsEntry.kind == K.TAUGHT)).one()
    assert (line.partner_id, line.facts["minutes"], line.facts["pair"]) == (ben.id, 60, 1)


def test_nothing_is_given_before_both_say_so_and_a_conflict_gives_nothing(ada, ben, monday) -> None:
    opened = people.make_exchange(ben, ada, now=monday - 20 * DAY)
    one = people.make_session(
        ada, opened, start=people.next_quarter(monday - 2 * HOUR), now=monday - 3 * DAY
    )
    said = (OutcomeAnswer.HAPPENED, OutcomeAnswer.THEY_DID_NOT_COME)
    for person, answer in zip((ada, ben), said, strict=True):
        assert given(person, K.TAUGHT) == given(person, K.LEARNED) == []
        with transaction():
            learning_sessions.give_outcome(person, one.public_id, answer=answer, now=monday)
    with transaction():
        learning_sessions.settle_due(monday + 8 * DAY, 10)
    assert lines(ada, K.TAUGHT) == [("taught", 0, "unconfirmed")]
    assert lines(ben, K.LEARNED) == [("learned", 0, "unconfirmed")]


def test_a_rating_still_completes_what_nobody_confirmed_and_then_it_counts(
    ada, ben, monday
) -> None:
    opened = people.make_exchange(ben, ada, now=monday - 20 * DAY)
    start = people.next_quarter(monday - 2 * HOUR)
    one = people.make_session(ada, opened, start=start, now=monday - 3 * DAY)
    with transaction():
        learning_sessions.settle_due(monday + 8 * DAY, 10)
    with transaction():
        ratings.rate_session(ben, one.public_id, stars=5, now=monday + 9 * DAY)
    assert [line[1:] for line in lines(ben, K.LEARNED)] == [(0, "unconfirmed"), (10, "whole")]
    assert given(ben, K.RATING) == [3]


def test_sessions_of_one_pair_give_half_from_the_fifth_and_nothing_from_the_ninth(
    ada, ben, monday
) -> None:
    opened = people.make_exchange(ben, ada, now=monday - 20 * DAY)
    for number in range(10):
        meet_in(opened, ada, ben, monday + 2 * number * DAY, minutes=30)
    assert given(ada, K.TAUGHT) == [20] * 4 + [10] * 4 + [0] * 2
    meet_in(opened, ada, ben, monday + 50 * DAY, minutes=30)
    assert given(ada, K.TAUGHT)[-1] == 20  # the others are more than 30 days ago


def test_four_sessions_learned_and_three_new_partners_count_in_a_week(ben, monday) -> None:
    for number in range(5):
        teacher = people.make_person(f"teacher{number}", offers=("Watercolour",))
        meet(teacher, ben, monday + number * DAY)
    assert lines(ben, K.LEARNED) == [("learned", 10, "whole")] * 4 + [("learned", 0, "full")]
    assert lines(ben, K.PARTNER) == [("partner", 15, "whole")] * 3 + [("partner", 0, "full")] * 2
    later = people.make_person("teacher6", offers=("Watercolour",))
    meet(later, ben, monday + 7 * DAY)
    assert given(ben, K.LEARNED)[-1] == 10  # another week


def test_the_cap_of_the_day_cuts_what_goes_over_it(app, monday) -> None:
    ada = people.make_person("ada", offers=("Watercolour",), places=9, daily_sessions=8)
    learners = [people.make_person(f"learner{n}", wants=("Watercolour",)) for n in range(4)]
    for number, learner in enumerate(learners):
        meet(ada, learner, monday - number * 2 * HOUR, minutes=90)
    # 40 and 15 with each of the first two; then ten are left of the day
    taught = [line for line in lines(ada) if line[0] in ("taught", "partner")]
    assert [points for _kind, points, _reason in taught] == [40, 15, 40, 15, 10, 0, 0, 0]
    assert [reason for *_rest, reason in taught[4:]] == ["day_cut"] + ["day_full"] * 3


def test_an_exchange_gives_twenty_to_each_after_two_sessions(ada, ben, monday) -> None:
    opened = people.make_exchange(ben, ada, now=monday - 20 * DAY)
    for number in range(2):
        meet_in(opened, ada, ben, monday + number * DAY)
    for person in (ada, ben):
        with transaction():
            exchanges.complete_exchange(person, opened.public_id, now=monday + 3 * DAY)
    assert given(ada, K.EXCHANGE) == given(ben, K.EXCHANGE) == [20]


def test_an_exchange_of_one_session_gives_nothing_until_a_second_is_confirmed(
    ada, ben, monday
) -> None:
    opened = people.make_exchange(ben, ada, now=monday - 20 * DAY)
    meet_in(opened, ada, ben, monday)
    start = people.next_quarter(monday + DAY)
    late = people.make_session(ada, opened, start=start, now=monday)
    for person in (ada, ben):
        with transaction():
            exchanges.complete_exchange(person, opened.public_id, now=monday + 2 * DAY)
    assert lines(ada, K.EXCHANGE) == [("exchange", 0, "few")]
    for person in (ada, ben):
        with transaction():
            learning_sessions.give_outcome(
                person, late.public_id, answer=OutcomeAnswer.HAPPENED, now=monday + 3 * DAY
            )
    assert given(ada, K.EXCHANGE) == given(ben, K.EXCHANGE) == [0, 20]
    assert same_again(ada, ben)


def test_an_answer_within_three_days_gives_two_and_an_undone_decline_takes_them_back(
    ada, ben, monday
) -> None:
    pitch = people.make_pitch(ben, ada, now=monday)
    said = {"reason": DeclineReason.NO_TIME, "now": monday + HOUR}
    with transaction():
        pitches.decline_pitch(ada, pitch.public_id, **said)
    with transaction():
        pitches.undo_decline(ada, pitch.public_id, now=monday + HOUR + timedelta(minutes=5))
    assert given(ada, K.ANSWER) == [2, -2]
    with transaction():
        pitches.accept_pitch(ada, pitch.public_id, now=monday + 2 * HOUR)
    assert given(ada, K.ANSWER) == [2, -2, 2]
    assert same_again(ada, ben)


def test_a_slow_answer_gives_nothing_and_a_question_is_one(ada, ben, cy, monday) -> None:
    slow = people.make_pitch(ben, ada, now=monday)
    asked = people.make_pitch(cy, ada, "piano", now=monday)
    with transaction():
        pitches.accept_pitch(ada, slow.public_id, now=monday + 73 * HOUR)
    with transaction():
        pitches.ask(ada, asked.public_id, body="What have you painted?", now=monday + HOUR)
    with transaction():
        pitches.reply(cy, asked.public_id, body="A river, twice.", now=monday + 2 * HOUR)
    with transaction():
        pitches.accept_pitch(ada, asked.public_id, now=monday + 3 * HOUR)
    assert [line[1:] for line in lines(ada, K.ANSWER)] == [(0, "slow"), (2, "whole")]


def test_two_ratings_a_day_count_and_one_that_is_gone_gives_nothing(ada, ben, mo, monday) -> None:
    opened = people.make_exchange(ben, ada, now=monday - 20 * DAY)
    met = [meet_in(opened, ada, ben, monday - number * 2 * HOUR) for number in range(3)]
    made = []
    for one in met:
        with transaction():
            made.append(ratings.rate_session(ben, one.public_id, stars=1, now=monday + HOUR))
    assert given(ben, K.RATING) == [3, 3, 0]
    with transaction():
        ratings.rate_session(ada, met[0].public_id, stars=5, now=monday + HOUR)
    with transaction():
        ratings.hold_rating(mo, made[0].public_id, now=monday + 2 * HOUR)
    with transaction():
        ratings.hide_rating(mo, made[0].public_id, now=monday + 2 * HOUR)
    assert given(ben, K.RATING) == [3, 3, 0, -3]
    with transaction():
        ratings.release_rating(mo, made[0].public_id, now=monday + 3 * HOUR)
    assert given(ben, K.RATING) == [3, 3, 0, -3, 3]
    assert same_again(ada, ben)


def tutorial(author: User, at: datetime, body: str = LONG) -> str:
    with transaction():
        return posts.publish(
            author, kind=PostKind.TUTORIAL, title="Wash", body=body, skills=["watercolour"], now=at
        ).public_id


def settle_tutorials(at: datetime) -> int:
    with transaction():
        return lasting.note_due(at, 50)


def test_a_tutorial_counts_once_it_has_stood_for_a_day(ada, mo, monday) -> None:
    made = tutorial(ada, monday)
    assert settle_tutorials(monday + 23 * HOUR) == 0
    assert settle_tutorials(monday + 24 * HOUR) == 1
    assert settle_tutorials(monday + 24 * HOUR) == 0
    assert given(ada, K.TUTORIAL) == [5]
    for verb in (posts.hide, posts.release):
        with transaction():
            verb(mo, made, now=monday + 30 * HOUR)
    assert given(ada, K.TUTORIAL) == [5, -5, 5]
    with transaction():
        posts.delete(ada, made, now=monday + 31 * HOUR)
    assert given(ada, K.TUTORIAL) == [5, -5, 5, -5]
    assert same_again(ada)


def test_a_short_tutorial_says_why_it_gives_nothing_until_it_is_long_enough(ada, monday) -> None:
    made = tutorial(ada, monday, "Wet the paper first.")
    settle_tutorials(monday + 25 * HOUR)
    assert lines(ada, K.TUTORIAL) == [("tutorial", 0, "brief")]
    post = posts.find_mine(ada, made)
    with transaction():
        posts.edit(
            ada,
            made,
            kind=PostKind.TUTORIAL,
            title="Wash",
            body=LONG,
            skills=["watercolour"],
            version=post.version,
            now=monday + 26 * HOUR,
        )
    assert settle_tutorials(monday + 49 * HOUR) == 0
    assert settle_tutorials(monday + 50 * HOUR) == 1
    assert given(ada, K.TUTORIAL) == [0, 5]


def test_a_hidden_tutorial_waits_anew_once_it_is_back(ada, mo, monday) -> None:
    made = tutorial(ada, monday)
    with transaction():
        posts.hide(mo, made, now=monday + HOUR)
    assert settle_tutorials(monday + 30 * HOUR) == 0
    with transaction():
        posts.release(mo, made, now=monday + 30 * HOUR)
    assert settle_tutorials(monday + 53 * HOUR) == 0
    assert settle_tutorials(monday + 54 * HOUR) == 1
    assert given(ada, K.TUTORIAL) == [5]


def test_a_like_counts_from_a_member_of_standing_once_and_ten_for_a_tutorial(
    ada, ben, cy, monday
) -> None:
    made = tutorial(ada, monday)
    meet(cy_teaches := people.make_person("dee", offers=("Watercolour",)), ben, monday)
    for liker in (ben, cy, cy_teaches):
        for verb in (likes.like_post, likes.unlike_post, likes.like_post):
            with transaction():
                verb(liker, made, monday + HOUR)
    found = [line[1:] for line in lines(ada, K.LIKE)]
    assert found == [(1, "whole"), (0, "newcomer"), (1, "whole")]  # cy has kept no session
    post_id = db.session.scalar(select(PointsEntry.subject_id).where(PointsEntry.kind == K.LIKE))
    fans = [people.make_person(f"fan{number}") for number in range(10)]
    for fan in fans:
        kept_once(fan, monday)
        with transaction():
            likes.like_post(fan, made, monday + 2 * HOUR)
    found = [line[1:] for line in lines(ada, K.LIKE)]
    assert found.count((1, "whole")) == 10
    assert found.count((0, "full")) == 1
    assert post_id


def kept_once(person: User, at: datetime) -> None:
    """Somebody of standing: a line that says they kept a session."""
    with transaction():
        event = Event(
            kind="person.joined",
            subject_type="users",
            subject_id=person.id,
            audience=[],
            facts={},
            happened_at=at,
        )
        db.session.add(event)
        db.session.flush()
        award(event, Award(person.id, K.LEARNED, 0, "before"))
        add_up()


def test_a_profile_counts_once_when_it_says_enough(app, monday) -> None:
    nell = people.make_person("nell", bio="")
    people.make_skill("Watercolour")
    with transaction():
        skills.add_skill(nell, UserSkillKind.WANTED, "watercolour", level=1, note="", now=monday)
    assert lines(nell) == []
    for times in range(2):
        with transaction():
            teaching.edit_profile(nell, now=monday + times * HOUR, **profile_of(nell))
    assert lines(nell) == [("profile", 10, "whole")]


def profile_of(person: User) -> dict:
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "username": person.username,
        "headline": "",
        "bio": "I paint rivers, badly and gladly, and would like to paint them a little better.",
        "education": "",
        "languages": ["en"],
        "timezone": person.timezone,
        "learning": True,
        "teaching": False,
        "theme": "",
    }


def test_weeks_in_a_row_a_claim_and_an_upheld_report_count_once(ada, ben, monday) -> None:
    """Their events come from elsewhere; each is told twice here."""
    kinds = {
        "streak.reached": ("streak_awards", {"weeks": 4, "week": 2600}),
        "claim.approved": ("claims", {"whose": ada.id}),
        "report.upheld": ("reports", {"whose": ada.id}),
        "claim.revoked": ("claims", {"whose": ada.id}),
    }
    for kind, (table, facts) in kinds.items():
        with transaction():
            event = Event(
                kind=kind,
                subject_type=table,
                subject_id=ada.id,
                audience=[],
                facts=facts,
                happened_at=monday,
            )
            db.session.add(event)
            db.session.flush()
            for _ in range(2):
                points.count(event)
    assert [line[:2] for line in lines(ada)] == [
        ("streak", 10),
        ("claim", 20),
        ("report", 5),
        ("claim", -20),
    ]


def test_what_is_taken_back_leaves_the_week_in_which_it_counted(ada, mo, monday) -> None:
    made = tutorial(ada, monday)
    settle_tutorials(monday + 25 * HOUR)
    with transaction():
        posts.hide(mo, made, now=monday + 20 * DAY)
    kept = {
        (row.kind, row.number): row.points
        for row in db.session.scalars(select(PointsPeriod).where(PointsPeriod.user_id == ada.id))
    }
    counted = monday + 25 * HOUR
    assert kept == {(kind, points.number_of(kind, counted)): 0 for kind in PeriodKind}


def test_periods_add_up_sessions_and_points_also_for_the_skill(ada, ben, monday) -> None:
    one = meet(ada, ben, monday)
    week = points.number_of(PeriodKind.WEEK, monday)
    row = db.session.get_one(PointsPeriod, (PeriodKind.WEEK, week, ada.id))
    total = db.session.scalar(
        select(func.sum(PointsEntry.points)).where(
            PointsEntry.user_id == ada.id, PointsEntry.counted_at >= monday - DAY
        )
    )
    assert (row.points, row.sessions) == (total, 1)
    of_skill = db.session.get_one(PointsSkillPeriod, (PeriodKind.WEEK, week, one.skill_id, ada.id))
    assert (of_skill.points, of_skill.sessions) == (30, 1)
    assert list(points.drift()) == []
    with transaction():
        of_skill.points = 31
        row.sessions = 2
    assert len(list(points.drift())) == 2


@pytest.mark.parametrize(
    ("at", "week", "month"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), 202601, 202601),
        (datetime(2027, 1, 1, tzinfo=UTC), 202653, 202701),
        (datetime(2026, 11, 15, 23, 59, 59, tzinfo=UTC), 202646, 202611),
        (datetime(2026, 11, 16, tzinfo=UTC), 202647, 202611),
    ],
)
def test_weeks_and_months_are_those_of_utc(at, week, month) -> None:
    assert points.number_of(PeriodKind.WEEK, at) == week
    assert points.number_of(PeriodKind.MONTH, at) == month
    for kind, number in ((PeriodKind.WEEK, week), (PeriodKind.MONTH, month)):
        begins, ends = points.bounds(kind, number)
        assert begins <= at < ends


def test_an_unknown_event_counts_for_nobody(ada, ben) -> None:
    with transaction():
        events.record("person.muted", actor=ada, subject=ben, to=[], now=utcnow())
    assert lines(ada) == lines(ben) == []


def test_a_place_from_before_there_were_points_is_noticed_and_counted(ada, ben, monday) -> None:
    assert not points.are_missing()  # nothing has happened
    meet(ada, ben, monday)
    assert not points.are_missing()
    before = lines(ada)
    with transaction():
        db.session.execute(delete(PointsEntry))
    assert points.are_missing()
    with transaction():
        points.rebuild()
    assert lines(ada) == before
    assert not points.are_missing()
