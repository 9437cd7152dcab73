"""When several people act on wishes and offers in the same instant, does exactly one win?"""

from __future__ import annotations

from sqlalchemy import func, select

from skillswap.db import db
from skillswap.domain import wishes
from skillswap.models import Exchange, Notification, OfferState, Wish, WishOffer, WishState
from tests import people
from tests.race.racing import again, races, winners
from tests.wishing import BODY, OFFER, make_offer, make_wish


def count(table: type, *which) -> int:
    return db.session.scalar(select(func.count()).select_from(table).where(*which))


def test_one_open_wish_for_a_skill(app, now):
    ben = people.ben()
    people.make_skill("Watercolour")
    words = {"skill": "watercolour", "level": 1, "body": BODY, "now": now}
    for answers in races(app, [lambda: wishes.make_wish(again(ben), **words)] * 4):
        assert len(winners(answers)) == 1
        assert count(Wish) == 1


def test_a_teacher_offers_once(app, now):
    ada = people.ada()
    key = make_wish(people.ben(), now=now).public_id
    offer = {"body": OFFER, "now": now}
    for answers in races(app, [lambda: wishes.offer_to_teach(again(ada), key, **offer)] * 4):
        assert len(winners(answers)) == 1
        assert (count(WishOffer), count(Notification)) == (1, 1)


def test_accept_decline_withdraw_and_close_leave_one_answer(app, now):
    ada, ben = people.ada(), people.ben()
    wish = make_wish(ben, now=now)
    key, hope = make_offer(ada, wish, in_return="spanish", now=now).public_id, wish.public_id
    for answers in races(
        app,
        [
            lambda: wishes.accept_offer(again(ben), key, now=now),
            lambda: wishes.decline_offer(again(ben), key, now=now),
            lambda: wishes.withdraw_offer(again(ada), key, now=now),
            lambda: wishes.close_wish(again(ben), hope, now=now),
        ],
    ):
        db.session.rollback()
        offer, wished = (
            db.session.scalar(select(WishOffer.state)),
            db.session.scalar(select(Wish.state)),
        )
        met = offer is OfferState.ACCEPTED
        assert offer is not OfferState.PENDING
        assert count(Exchange) == int(met)
        assert wished is (WishState.MET if met else WishState.CLOSED)
        assert len(winners(answers)) == (1 if met or offer is OfferState.CLOSED else 2)


def test_two_wishes_race_for_the_last_place_of_a_teacher(app, now):
    ada = people.make_person("ada", offers=("Watercolour",), places=1)
    learners = [people.make_person(f"learner{n}", offers=("Spanish",)) for n in range(3)]
    keys = [make_offer(ada, make_wish(one, now=now), now=now).public_id for one in learners]
    for answers in races(
        app,
        [
            lambda one=one, key=key: wishes.accept_offer(again(one), key, now=now)
            for one, key in zip(learners, keys, strict=True)
        ],
    ):
        assert len(winners(answers)) == 1
        assert (count(Exchange), count(Wish, Wish.state == WishState.MET)) == (1, 1)
        assert count(WishOffer, WishOffer.state == OfferState.PENDING) == 2


def test_of_two_offers_to_one_wish_one_is_accepted(app, now):
    ben = people.ben()
    wish = make_wish(ben, now=now)
    teachers = [people.make_person(f"teacher{n}", offers=("Watercolour",)) for n in range(3)]
    keys = [make_offer(one, wish, now=now).public_id for one in teachers]
    for answers in races(
        app, [lambda key=key: wishes.accept_offer(again(ben), key, now=now) for key in keys]
    ):
        assert len(winners(answers)) == 1
        assert count(Exchange) == 1
        assert count(WishOffer, WishOffer.state == OfferState.CLOSED) == 2
