"""When staff and the struck act in the same instant: one answer, and nobody waits for ever."""

from __future__ import annotations

from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import cases, media, posts, safety, strikes
from skillswap.domain.strikes import Outcome
from skillswap.models import Case, PostState, Report, ReportState, Strike, StrikeState, UserState
from tests import people
from tests.race.racing import again, races, winners
from tests.striking import WORDS, appealed, reported, struck, upheld

SAID = {"rule": 4, "words": WORDS}


def test_of_two_decisions_about_one_case_one_holds(app, ada, ben, mo, now):
    key = reported(ada, "person", "ben")
    with transaction():
        cases.claim(mo, key, now)
    how = SAID | {"outcome": Outcome.LIMITED, "days": 7, "now": now}
    for answers in races(
        app,
        [
            lambda: strikes.uphold(again(mo), key, **how),
            lambda: strikes.uphold(again(mo), key, **how),
            lambda: strikes.dismiss(again(mo), key, now=now),
            lambda: cases.hand_back(again(mo), key, now),
        ],
    ):
        assert len(winners(answers)) == 1
        db.session.rollback()
        decided = db.session.scalars(select(Report.state)).one()
        count = db.session.scalar(select(func.count()).select_from(Strike))
        assert count == (decided is ReportState.UPHELD)
        assert (people_state(ben) is UserState.LIMITED) == (count == 1)


def people_state(person):
    return db.session.get(type(person), person.id, populate_existing=True).state


def test_two_cases_of_two_who_reported_each_other_do_not_wait_for_each_other(
    app, ada, ben, mo, root, now
):
    of_ben, of_ada = reported(ada, "person", "ben"), reported(ben, "person", "ada")
    for staff, key in ((mo, of_ben), (root, of_ada)):
        with transaction():
            cases.claim(staff, key, now)
    how = SAID | {"outcome": Outcome.SUSPENDED, "days": 7, "now": now}
    for answers in races(
        app,
        [
            lambda: strikes.uphold(again(mo), of_ben, **how),
            lambda: strikes.uphold(again(root), of_ada, **how),
            lambda: safety.block(again(ben), "ada", now),
        ],
    ):
        assert len(winners(answers[:2])) == 2


def test_an_appeal_is_made_once(app, ada, ben, mo, now):
    strike = struck(mo, ada, ben)
    key, verb = strike.public_id, strikes.appeal
    for answers in races(app, [lambda: verb(again(ben), key, body="Why?", now=now)] * 4):
        assert len(winners(answers)) == 1
        db.session.rollback()
        about = Case.subject_type == "strikes"
        assert db.session.scalar(select(func.count()).where(about)) == 1


def test_an_overturned_strike_meets_its_author_and_the_clock(app, ada, ben, mo, root, now):
    post = people.make_post(ben)
    strike = upheld(mo, reported(ada, "post", post.public_id), Outcome.LIMITED, days=7, hide=True)
    case = appealed(ben, strike)
    with transaction():
        cases.claim(root, case, now)
    key, words = post.public_id, {"overturned": True, "words": "Right.", "now": now}
    for answers in races(
        app,
        [
            lambda: strikes.decide_appeal(again(root), case, **words),
            lambda: posts.delete(again(ben), key, now=now),
            lambda: media.remove_avatar(again(ben), media.store()),
            lambda: safety.restore(again(ben), now=now),
        ],
    ):
        assert len(winners(answers[:3])) == 3
        db.session.rollback()
        assert db.session.scalars(select(Strike.state)).one() is StrikeState.OVERTURNED
        assert people_state(ben) is UserState.ACTIVE
        assert db.session.get(type(post), post.id).state is PostState.DELETED
