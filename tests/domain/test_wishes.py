"""Who may wish for what, who may offer, and what does a yes open?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import (
    answering,
    exchanges,
    notifications,
    pitch_rules,
    pitches,
    reports,
    safety,
    sweep,
    teaching,
    wishes,
)
from skillswap.domain.limits import OFFERS_TO_A_WISH, WISHES_OPEN
from skillswap.domain.reports import SubjectKind
from skillswap.domain.wishes import Show
from skillswap.errors import NotFound, Refused, TooMany, WrongState
from skillswap.models import (
    Event,
    Exchange,
    ExchangeState,
    Notification,
    OfferState,
    Pitch,
    PitchState,
    User,
    UserSkillKind,
    Wish,
    WishOffer,
    WishState,
)
from skillswap.models.wish import ANSWER_WITHIN, LIFE, RENEW_WITHIN
from tests import people
from tests.wishing import BODY, OFFER, accept, make_offer, make_wish

DAY = timedelta(days=1)


def refusal(verb: Any, /, *args: Any, **words: Any) -> str:
    """The code with which a verb says no."""
    with pytest.raises(Refused) as caught, transaction():
        verb(*args, **words)
    return caught.value.code


def again(person: User) -> User:
    """The same person, read anew after a refusal."""
    return db.session.get_one(User, person.id)


def told(person: User) -> list[str]:
    """The kinds of what somebody was told, in their order."""
    query = select(Event.kind).join(Notification, Notification.event_id == Event.id)
    rows = query.where(Notification.user_id == person.id).order_by(Notification.id)
    return list(db.session.scalars(rows))


def offer_state(offer: WishOffer) -> OfferState:
    found = db.session.scalar(select(WishOffer.state).where(WishOffer.id == offer.id))
    assert found is not None
    return found


# -- making a wish --------------------------------------------------------------------------------


def test_a_wish_stands_for_sixty_days_then_lapses_and_says_so(app, now):
    ben = people.ben()
    wish = make_wish(ben, now=now)
    assert (wish.state, wish.ends_at) == (WishState.OPEN, now + timedelta(days=60))
    later = now + LIFE
    assert wish.state_at(later) is WishState.LAPSED
    assert sweep.sweep(later)["wishes lapsed"] == 1
    assert sweep.sweep(later)["wishes lapsed"] == 0
    assert told(ben) == ["wish.lapsed"]


def test_a_skill_is_found_by_any_of_its_names(app, now):
    ben, skill = people.ben(), people.make_skill("Piano")
    assert make_wish(ben, "  PIANO ", now=now).skill_id == skill.id


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"skill": "falconry"}, "unknown_skill"),
        ({"body": "Please teach me"}, "wish_short"),
        ({"body": "x" * 501}, "too_long"),
        ({"body": BODY + " See https://example.org"}, "wish_links"),
        ({"body": BODY + "\x07"}, "control_characters"),
    ],
    ids=("unknown", "short", "long", "link", "bell"),
)
def test_what_is_typed_wrongly_is_refused(app, now, words, code):
    ben = people.ben()
    people.make_skill("Watercolour")
    typed = {"skill": "watercolour", "level": 1, "body": BODY} | words
    assert refusal(wishes.make_wish, ben, **typed, now=now) == code


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"learning": False}, "wish_not_learning"),
        ({"bio": "Hello"}, "needs_bio"),
        ({"email_confirmed_at": None}, "unconfirmed"),
    ],
    ids=("learning", "bio", "email"),
)
def test_who_cannot_wish_is_told_why(app, now, columns, code):
    eve = people.make_person("eve", wants=("Watercolour",), **columns)
    typed = {"skill": "watercolour", "level": 1, "body": BODY}
    assert refusal(wishes.make_wish, eve, **typed, now=now) == code


def test_one_wish_for_a_skill_five_in_all_and_five_a_day(app, now):
    ben = people.ben()
    for number in range(WISHES_OPEN):
        people.make_skill(f"Skill {number}")
        make_wish(ben, f"skill-{number}", now=now)
    people.make_skill("One more")
    again = {"level": 2, "body": BODY, "now": now}
    assert refusal(wishes.make_wish, ben, skill="one-more", **again) == "wishes_full"
    first = db.session.scalars(select(Wish).order_by(Wish.id)).first()
    with transaction():
        wishes.close_wish(ben, first.public_id, now=now)
    assert refusal(wishes.make_wish, ben, skill="skill-1", **again) == "wishes_today"
    tomorrow = again | {"now": now + DAY}
    assert refusal(wishes.make_wish, ben, skill="skill-1", **tomorrow) == "wish_open"
    make_wish(ben, "one-more", now=now + DAY)


def test_a_wish_that_is_over_by_the_clock_is_not_in_the_way_of_a_new_one(app, now):
    ben = people.make_person("ben", wants=("Watercolour",))
    make_wish(ben, now=now)
    make_wish(ben, now=now + LIFE)
    states = db.session.scalars(select(Wish.state).order_by(Wish.id)).all()
    assert states == [WishState.LAPSED, WishState.OPEN]
    assert told(ben) == ["wish.lapsed"]


def test_renewing_is_for_the_last_two_weeks_and_after_them(app, now):
    ben = people.make_person("ben", wants=("Watercolour",))
    wish = make_wish(ben, now=now)

    def renewed(at: datetime) -> datetime:
        with transaction():
            return wishes.renew_wish(ben, wish.public_id, now=at).ends_at

    assert renewed(now + DAY) == now + LIFE  # harmless
    soon = now + LIFE - RENEW_WITHIN
    assert renewed(soon) == soon + LIFE
    late = soon + LIFE + DAY
    sweep.sweep(late)
    assert renewed(late) == late + LIFE
    with transaction():
        wishes.close_wish(ben, wish.public_id, now=late)
    with pytest.raises(WrongState), transaction():
        wishes.renew_wish(ben, wish.public_id, now=late)


def test_a_lapsed_wish_is_not_renewed_beside_a_newer_one(app, now):
    ben = people.make_person("ben", wants=("Watercolour",))
    wish = make_wish(ben, now=now)
    sweep.sweep(now + LIFE)
    make_wish(ben, now=now + LIFE)
    code = refusal(wishes.renew_wish, ben, wish.public_id, now=now + LIFE + DAY)
    assert code == "wish_open"


# -- offering -------------------------------------------------------------------------------------


def test_an_offer_is_told_and_waits_two_weeks_but_never_longer_than_the_wish(app, now):
    ada, ben, cy = people.ada(), people.ben(), people.make_person("cy", offers=("Watercolour",))
    wish = make_wish(ben, now=now)
    offer = make_offer(ada, wish, in_return="spanish", now=now)
    assert offer.respond_by == now + ANSWER_WITHIN
    late = now + LIFE - DAY
    assert make_offer(cy, wish, now=late).respond_by == now + LIFE
    [_later, line] = notifications.page_of(ben, None, late).rows
    assert line.text.startswith(
        "offers to teach you Watercolour, and would like Spanish in return. Answer by "
    )


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"teaching": False}, "offer_not_teaching"),
        ({"bio": "Hello"}, "needs_bio"),
        ({"email_confirmed_at": None}, "unconfirmed"),
        ({"offers": ("Piano",)}, "offer_not_listed"),
    ],
    ids=("teaching", "bio", "email", "list"),
)
def test_who_cannot_offer_is_told_why(app, now, columns, code):
    wish = make_wish(people.ben(), now=now)
    eve = people.make_person("eve", **{"offers": ("Watercolour",)} | columns)
    assert refusal(wishes.offer_to_teach, eve, wish.public_id, body=OFFER, now=now) == code


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"body": "I can teach you"}, "body_short"),
        ({"body": "x" * 1001}, "too_long"),
        ({"body": OFFER + 3 * " https://example.org/lesson"}, "offer_no_links"),
        ({"in_return": "piano"}, "offer_return"),
        ({"in_return": "watercolour"}, "offer_return"),
    ],
    ids=("short", "long", "links", "not_theirs", "the_same"),
)
def test_an_offer_typed_wrongly_is_refused(app, now, words, code):
    ada, ben = people.ada(), people.make_person("ben", offers=("Spanish", "Watercolour"))
    wish = make_wish(ben, now=now)
    typed = {"body": OFFER} | words
    assert refusal(wishes.offer_to_teach, ada, wish.public_id, **typed, now=now) == code


def test_nobody_offers_to_themselves_twice_or_after_a_no(app, now):
    ada, ben = people.ada(), people.make_person("ben", offers=("Watercolour",))
    wish = make_wish(ben, now=now)
    call = (wishes.offer_to_teach, ada, wish.public_id)
    own = refusal(wishes.offer_to_teach, ben, wish.public_id, body=OFFER, now=now)
    assert own == "offer_to_yourself"
    offer = make_offer(ada, wish, now=now)
    assert refusal(*call, body=OFFER, now=now) == "offer_open"
    with transaction():
        wishes.withdraw_offer(ada, offer.public_id, now=now)
    offer = make_offer(ada, wish, now=now)
    with transaction():
        wishes.decline_offer(ben, offer.public_id, body="Thank you, not now.", now=now)
    assert refusal(*call, body=OFFER, now=now) == "offer_answered"


def test_who_has_been_pitched_for_it_answers_the_pitch(app, now):
    ada, ben = people.ada(), people.ben()
    wish = make_wish(ben, now=now)
    people.make_pitch(ben, ada, now=now)
    code = refusal(wishes.offer_to_teach, ada, wish.public_id, body=OFFER, now=now)
    assert code == "offer_pitched"


def test_a_pause_and_full_places_keep_from_offering(app, now):
    ada = people.make_person("ada", offers=("Watercolour",), places=1)
    wish = make_wish(people.ben(), now=now)
    with transaction():
        pitches.pause(ada, until=None, now=now)
    call = (wishes.offer_to_teach, again(ada), wish.public_id)
    assert refusal(*call, body=OFFER, now=now) == "offer_paused"
    with transaction():
        pitches.resume(again(ada), now=now)
    dee = people.make_person("dee", offers=("Spanish",))
    people.make_exchange(dee, again(ada), now=now)
    call = (wishes.offer_to_teach, again(ada), wish.public_id)
    assert refusal(*call, body=OFFER, now=now) == "offer_no_places"


def test_offers_count_as_pitches_do_and_a_wish_takes_ten(app, now):
    eve = people.make_person("eve", offers=("Watercolour",), joined=DAY)  # new: three
    learners = [people.make_person(f"learner{n}", offers=("Spanish",)) for n in range(4)]
    made = [make_wish(learner, now=now) for learner in learners]
    sent = [make_offer(eve, wish, now=now) for wish in made[:3]]
    last = made[3].public_id
    with pytest.raises(TooMany) as caught, transaction():
        wishes.offer_to_teach(eve, last, body=OFFER, now=now)
    assert caught.value.code == "offers_open"
    with transaction():
        wishes.withdraw_offer(eve, sent[0].public_id, now=now)
    assert refusal(wishes.offer_to_teach, eve, last, body=OFFER, now=now) == "offers_today"
    for number in range(OFFERS_TO_A_WISH):
        teacher = people.make_person(f"teacher{number}", offers=("Watercolour",))
        make_offer(teacher, made[3], now=now)
    later = now + 2 * DAY
    assert refusal(wishes.offer_to_teach, eve, last, body=OFFER, now=later) == "offer_wish_full"


# -- answers --------------------------------------------------------------------------------------


def test_a_yes_meets_the_wish_opens_the_exchange_and_closes_the_other_offers(app, now):
    ada, ben, cy = people.ada(), people.ben(), people.make_person("cy", offers=("Watercolour",))
    wish = make_wish(ben, now=now)
    offer, other = make_offer(ada, wish, in_return="spanish", now=now), make_offer(cy, wish)
    exchange = accept(ben, offer, now=now + DAY)
    assert exchange.state is ExchangeState.ACTIVE
    assert [(leg.teacher_id, leg.learner_id) for leg in exchange.legs] == [
        (ada.id, ben.id),
        (ben.id, ada.id),
    ]
    assert db.session.get_one(Wish, wish.id).state is WishState.MET
    assert (offer_state(offer), offer_state(other)) == (OfferState.ACCEPTED, OfferState.CLOSED)
    assert told(ada) == ["offer.accepted"]
    assert told(cy) == ["offer.closed"]
    with pytest.raises(WrongState), transaction():
        wishes.accept_offer(ben, other.public_id, now=now + DAY)


def test_what_a_yes_makes_is_an_accepted_pitch_that_says_nothing_of_answers(app, now):
    ada, ben = people.ada(), people.ben()
    offer = make_offer(ada, make_wish(ben, now=now), now=now)
    later = now + 2 * DAY
    accept(ben, offer, now=later)
    pitch = db.session.scalars(select(Pitch)).one()
    assert (pitch.state, pitch.body, pitch.answer_body) == (PitchState.ACCEPTED, BODY, OFFER)
    assert pitch.first_answered_at is None
    assert answering.tally(ada.id, later) == (0, 0, None)
    quota = pitch_rules.quota_of(ben, later)
    assert quota.open_left == quota.limits.open_pitches
    assert pitches.box(pitches.Box.CLOSED, ben, None, later).rows[0].public_id == pitch.public_id


def test_a_yes_answers_the_pitch_that_waits_between_the_two(app, now):
    ada, ben = people.ada(), people.ben()
    offer = make_offer(ada, make_wish(ben, now=now), now=now)
    asked = people.make_pitch(ben, ada, now=now)
    accept(ben, offer, now=now)
    states = dict(db.session.execute(select(Pitch.id, Pitch.state)).all())
    assert states.pop(asked.id) is PitchState.CLOSED
    assert list(states.values()) == [PitchState.ACCEPTED]


def test_places_are_looked_at_when_the_yes_is_said(app, now):
    ada = people.make_person("ada", offers=("Watercolour",), wants=("Spanish",), places=1)
    ben = people.make_person("ben", offers=("Spanish",), places=1)
    dee = people.make_person("dee", offers=("Spanish",))
    offer = make_offer(ada, make_wish(ben, now=now), in_return="spanish", now=now)
    taken = people.make_exchange(dee, ada, now=now)
    code = refusal(wishes.accept_offer, ben, offer.public_id, now=now)
    assert code == "offer_teacher_full"
    with transaction():
        exchanges.cancel_exchange(ada, taken.public_id, reason="Moving", now=now)
    people.make_exchange(dee, ben, "spanish", now=now)
    assert refusal(wishes.accept_offer, ben, offer.public_id, now=now) == "offer_my_places"
    assert db.session.scalar(select(func.count()).select_from(Exchange)) == 2


def test_who_is_limited_cannot_say_yes_and_is_not_accepted(app, now):
    ada, ben = people.ada(), people.ben()
    offer = make_offer(ada, make_wish(ben, now=now), now=now)
    with transaction():
        safety.limit(ada, days=7, reason="", now=now)
    assert refusal(wishes.accept_offer, ben, offer.public_id, now=now) == "offer_away"
    with transaction():
        safety.limit(again(ben), days=None, reason="", now=now)
    assert refusal(wishes.accept_offer, again(ben), offer.public_id, now=now) == "limited"


def test_an_offer_nobody_answers_lapses_and_tells_both(app, now):
    ada, ben = people.ada(), people.ben()
    offer = make_offer(ada, make_wish(ben, now=now), now=now)
    later = now + ANSWER_WITHIN
    for verb in (wishes.accept_offer, wishes.decline_offer):
        with pytest.raises(WrongState), transaction():
            verb(ben, offer.public_id, now=later)
    assert sweep.sweep(later)["offers to wishes lapsed"] == 1
    assert sweep.sweep(later)["offers to wishes lapsed"] == 0
    assert (told(ada), told(ben)) == (["offer.lapsed"], ["offer.made", "offer.lapsed"])
    make_offer(ada, offer.wish, now=later)  # a lapsed one is no answer


def test_closing_a_wish_closes_its_offers(app, now):
    ada, ben = people.ada(), people.ben()
    wish = make_wish(ben, now=now)
    offer = make_offer(ada, wish, now=now)
    with transaction():
        wishes.close_wish(ben, wish.public_id, now=now)
    assert offer_state(offer) is OfferState.CLOSED
    assert told(ada) == ["offer.closed"]
    with pytest.raises(WrongState), transaction():
        wishes.close_wish(ben, wish.public_id, now=now)


# -- who goes -------------------------------------------------------------------------------------


def test_a_block_parts_the_two_and_a_suspension_hides_the_wish(app, now):
    ada, ben, cy = people.ada(), people.ben(), people.cy()
    wish = make_wish(ben, now=now)
    offer = make_offer(ada, wish, now=now)
    with transaction():
        safety.block(ben, "ada", now)
    assert offer_state(offer) is OfferState.CLOSED
    with pytest.raises(NotFound):
        wishes.wish_of(ada, wish.public_id, now)
    with pytest.raises(NotFound):
        wishes.offer_of(ada, offer.public_id)
    assert not wishes.others_wishes(ada, Show.ALL, None, now).rows
    assert len(wishes.others_wishes(cy, Show.ALL, None, now).rows) == 1
    with transaction():
        safety.suspend(ben, days=3, reason="", now=now)
    assert not wishes.others_wishes(cy, Show.ALL, None, now).rows


def test_who_stops_teaching_it_offers_it_no_more(app, now):
    ada, ben = people.ada(), people.ben()
    offer = make_offer(ada, make_wish(ben, now=now), in_return="spanish", now=now)
    with transaction():
        teaching.remove_skill(ben, UserSkillKind.OFFERED, "sourdough", now=now)
    assert offer_state(offer) is OfferState.PENDING
    with transaction():
        teaching.remove_skill(ada, UserSkillKind.OFFERED, "watercolour", now=now)
    assert offer_state(offer) is OfferState.CLOSED


def test_who_no_longer_teaches_the_return_is_not_held_to_it(app, now):
    ada, ben = people.ada(), people.ben()
    offer = make_offer(ada, make_wish(ben, now=now), in_return="spanish", now=now)
    with transaction():
        teaching.remove_skill(ben, UserSkillKind.OFFERED, "spanish", now=now)
    assert offer_state(offer) is OfferState.CLOSED
    assert told(ada) == ["offer.closed"]


def test_a_wish_is_read_by_all_while_open_and_then_by_those_concerned(app, now):
    ada, ben, cy = people.ada(), people.ben(), people.cy()
    wish = make_wish(ben, now=now)
    offer = make_offer(ada, wish, now=now)
    assert wishes.wish_of(cy, wish.public_id, now).id == wish.id
    with pytest.raises(NotFound):
        wishes.offer_of(cy, offer.public_id)
    accept(ben, offer, now=now)
    for person in (ada, ben):
        assert wishes.wish_of(person, wish.public_id, now).id == wish.id
    with pytest.raises(NotFound):
        wishes.wish_of(cy, wish.public_id, now)


def test_a_wish_and_an_offer_can_be_reported(app, now):
    ada, ben, cy = people.ada(), people.ben(), people.cy()
    wish = make_wish(ben, now=now)
    offer = make_offer(ada, wish, now=now)
    seen = reports.subject_of(cy, SubjectKind.WISH, wish.public_id, now)
    assert (seen.person.id, seen.evidence["texts"]) == (ben.id, [["Wish", BODY]])
    seen = reports.subject_of(ben, SubjectKind.OFFER, offer.public_id, now)
    assert (seen.person.id, seen.evidence["texts"]) == (ada.id, [["Offer", OFFER]])
    with pytest.raises(NotFound):
        reports.subject_of(ben, SubjectKind.WISH, wish.public_id, now)


# -- lists ----------------------------------------------------------------------------------------


def test_lists_show_what_i_can_teach_say_and_am_free_for(app, now):
    ada = people.make_person("ada", offers=("Watercolour",), language_mask=0b01)
    near = people.make_person("near", offers=("Spanish", "Piano"), language_mask=0b11)
    far = people.make_person("far", offers=("Spanish",), language_mask=0b10)
    people.make_hours(ada, "Mon 18-20")
    people.make_hours(near, "Mon 19-21")
    people.make_hours(far, "Tue 6-8")
    people.make_skill("Falconry")
    make_wish(near, now=now)
    make_wish(far, now=now - DAY)
    make_wish(far, "falconry", now=now - 2 * DAY)

    def shown(show: Show) -> list[tuple[str, str]]:
        return [
            (card.by.username, card.skill)
            for card in wishes.others_wishes(ada, show, None, now).rows
        ]

    everything = [("near", "Watercolour"), ("far", "Watercolour"), ("far", "Falconry")]
    assert shown(Show.ALL) == everything
    assert shown(Show.TEACH) == everything[:2]
    assert shown(Show.LANGUAGES) == shown(Show.HOURS) == everything[:1]
    first, *_others, last = wishes.others_wishes(ada, Show.ALL, None, now).rows
    assert (first.taught, first.i_teach, last.i_teach) == (["Piano", "Spanish"], True, False)
    assert not wishes.others_wishes(near, Show.TEACH, None, now).rows


def test_pages_of_wishes_take_two_statements_however_many_there_are(app, now, queries):
    ada, taken = people.ada(), []
    for count in (2, 20):
        for number in range(count):
            learner = people.make_person(f"l{count}x{number}", offers=("Spanish", "Piano"))
            wish = make_wish(learner, now=now)
        make_offer(ada, wish, now=now)
        queries.clear()
        page = wishes.others_wishes(ada, Show.TEACH, None, now)
        taken.append(len(queries))
    assert taken == [2, 2]
    assert len(page.rows) == 20
    rest = wishes.others_wishes(ada, Show.TEACH, page.after, now)
    seen = {card.public_id for card in [*page.rows, *rest.rows]}
    assert (len(rest.rows), len(seen)) == (2, 22)


def test_my_wishes_say_how_many_offers_wait(app, now, queries):
    ada, ben = people.ada(), people.ben()
    wish = make_wish(ben, now=now)
    offer = make_offer(ada, wish, now=now)
    queries.clear()
    [card] = wishes.wishes_of(ben, now)
    assert (len(queries), card.offers, card.renewable) == (1, 1, False)
    queries.clear()
    [line] = wishes.offers_to(wish, ben, None, now).rows
    assert (len(queries), line.other.username, line.incoming) == (1, "ada", True)
    [line] = wishes.offers_by(ada, None, now).rows
    assert (line.public_id, line.other.username, line.incoming) == (offer.public_id, "ben", False)
    assert wishes.wishes_of(ben, now + ANSWER_WITHIN)[0].offers == 0
