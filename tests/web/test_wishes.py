"""The pages of wishes, and of the offers made to them."""

from __future__ import annotations

from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import safety, wishes
from skillswap.lib.clock import utcnow
from skillswap.models import Exchange, Wish, WishOffer
from skillswap.models.wish import LIFE
from tests import people
from tests.conftest import HTMX
from tests.wishing import BODY, OFFER, accept, make_offer, make_wish


def test_a_wish_is_made_answered_and_met(browser, ada, ben):
    page = browser(ben).get("/wishes/new?skill=watercolour").text
    assert 'value="Watercolour"' in page
    form = {"skill": "Watercolour", "level": "1", "body": BODY}
    made = browser(ben).post("/wishes/new", data=form)
    assert (made.status_code, made.location) == (
        303,
        f"/wishes/{db.session.scalar(select(Wish.public_id))}",
    )
    shown = browser(ben).get(made.location).text
    assert "Your wish: Watercolour" in shown
    assert "No offer yet" in shown
    listed = browser(ada).get("/wishes").text
    assert f'href="{made.location}"' in listed
    assert "Teaches Sourdough, Spanish" in listed
    assert "Offer to teach" in browser(ada).get(made.location).text
    answer = browser(ada).post(
        f"{made.location}/offer", data={"body": OFFER, "in_return": "spanish"}
    )
    assert answer.status_code == 303
    assert "See your offer" in browser(ada).get("/wishes").text
    assert "offers to teach you Watercolour" in browser(ben).get("/notifications").text
    key = db.session.scalar(select(WishOffer.public_id))
    assert f'href="/wishes/offers/{key}"' in browser(ben).get(made.location).text
    page = browser(ben).get(f"/wishes/offers/{key}").text
    assert "Accept offer" in page
    assert "Spanish" in page
    done = browser(ben).post(f"/wishes/offers/{key}/accept", data={"body": "Gladly."})
    exchange = db.session.scalar(select(Exchange.public_id))
    assert f'href="/exchanges/{exchange}/propose"' in browser(ben).get(done.location).text
    theirs = browser(ada).get(f"/wishes/offers/{key}").text
    assert "Gladly." in theirs
    assert f'href="/exchanges/{exchange}"' in theirs
    assert (
        "Offer to teach accepted" in browser(ada).get("/chat/with/ben", follow_redirects=True).text
    )


def test_an_unknown_skill_is_not_a_dead_end(browser, ben):
    page = browser(ben).post(
        "/wishes/new", data={"skill": "gitar", "level": "1", "body": BODY}, headers=HTMX
    )
    assert page.status_code == 422
    assert "Close to it:" in page.text
    assert 'href="/settings/skills"' in page.text
    assert 'value="gitar"' in page.text
    prefilled = browser(ben).get("/wishes/new?skill=gitar").text
    assert 'value="gitar"' in prefilled


def test_an_unknown_level_is_refused_beside_its_field(browser, ben):
    people.make_skill("Watercolour")
    form = {"skill": "watercolour", "level": "9", "body": BODY}
    page = browser(ben).post("/wishes/new", data=form)
    assert page.status_code == 422
    assert "Choose one of the three levels." in page.text


def test_what_is_in_the_way_is_said_with_the_way_to_mend_it(browser, ben):
    eve = people.make_person("eve", bio="Hello", learning=False)
    page = browser(eve).get("/wishes/new").text
    assert "Before you can make a wish" in page
    assert "You have switched learning off" in page
    assert "Make this wish" not in page
    wish = make_wish(ben, people.make_skill("Watercolour").slug)
    page = browser(eve).get(f"/wishes/{wish.public_id}").text
    assert "Watercolour is not on the list of what you teach" in page
    assert "Send offer" not in page


def test_lists_show_what_was_asked_for_and_say_so_when_it_is_nothing(browser, ada, ben, cy):
    make_wish(ben)
    assert "learn watercolour" not in browser(cy).get("/wishes").text
    nothing = browser(cy).get("/wishes").text
    assert "Nobody wishes for what you teach just now" in nothing
    assert "Watercolour" in browser(cy).get("/wishes?show=all").text
    assert "Watercolour" in browser(cy).get("/wishes?show=languages").text
    assert "Nobody with a wish is free when you are" in browser(cy).get("/wishes?show=hours").text
    assert browser(cy).get("/wishes?show=nonsense&after=nonsense").status_code == 200
    learner = people.make_person("eve", teaching=False)
    assert "Watercolour" in browser(learner).get("/wishes").text
    assert "You are not teaching at the moment" in browser(learner).get("/wishes?show=teach").text
    assert "Somebody may be wishing" in browser(cy).get("/wishes/offers").text


def test_a_wish_is_closed_and_renewed_by_whoever_made_it(browser, ada, ben):
    wish = make_wish(ben, now=utcnow() - LIFE)
    page = browser(ben).get("/wishes").text
    assert "Lapsed" in page
    for _click in range(2):
        assert browser(ben).post(f"/wishes/{wish.public_id}/renew").status_code == 303
    assert "Lapsed" not in browser(ben).get("/wishes").text
    assert browser(ada).post(f"/wishes/{wish.public_id}/close").status_code == 404
    assert browser(ben).post(f"/wishes/{wish.public_id}/close").status_code == 303
    assert browser(ben).post(f"/wishes/{wish.public_id}/close").status_code == 409
    assert browser(ada).get(f"/wishes/{wish.public_id}").status_code == 404
    assert "Closed" in browser(ben).get(f"/wishes/{wish.public_id}").text


def test_a_limit_on_renewing_is_said_in_a_notice(browser, ben):
    now = utcnow()
    wish = make_wish(ben, people.make_skill("Watercolour").slug, now=now - LIFE)
    with transaction():
        wishes.lapse_wishes_due(now, 9)
    make_wish(ben)
    page = browser(ben).post(f"/wishes/{wish.public_id}/renew", follow_redirects=True)
    assert "You have an open wish for Watercolour already." in page.text


def test_refusals_stay_with_the_offer(browser, ada, ben):
    offer = make_offer(ada, make_wish(ben), in_return="spanish")
    with transaction():
        safety.limit(ada, days=7, reason="", now=utcnow())
    for headers in ({}, HTMX):
        page = browser(ben).post(
            f"/wishes/offers/{offer.public_id}/accept", data={"body": "Yes"}, headers=headers
        )
        assert page.status_code == 422
        assert "Ada cannot begin anything new just now." in page.text
        assert ">Yes</textarea>" in page.text.replace("\r\n", "").replace("\n", "")


def test_others_do_not_find_an_offer_nor_the_parted_two(browser, ada, ben, cy):
    wish = make_wish(ben)
    offer = make_offer(ada, wish)
    assert browser(cy).get(f"/wishes/offers/{offer.public_id}").status_code == 404
    with transaction():
        safety.block(ada, "ben", utcnow())
    for person in (ada, ben):
        assert browser(person).get(f"/wishes/offers/{offer.public_id}").status_code == 404
    assert browser(ada).get(f"/wishes/{wish.public_id}").status_code == 404
    page = browser(ben).get("/notifications").text
    assert "The offer to teach Watercolour was closed" in page
    assert "/wishes/offers/" not in page.replace('"/wishes/offers"', "")


def test_pages_take_as_many_statements_however_many_there_are(browser, ada, ben, queries):
    wish, taken = make_wish(ben), []
    for count in (2, 8):
        for number in range(count):
            teacher = people.make_person(f"t{count}x{number}", offers=("Watercolour",))
            make_offer(teacher, wish)
            make_wish(teacher, people.make_skill("Piano").slug)
        found = []
        for person, url in (
            (ada, "/wishes?show=all"),
            (ben, "/wishes"),
            (ben, f"/wishes/{wish.public_id}"),
            (ada, f"/wishes/{wish.public_id}"),
        ):
            client = browser(person)
            client.get(url)
            queries.clear()
            assert client.get(url).status_code == 200
            found.append(len(queries))
        taken.append(found)
    assert taken[0] == taken[1]
    assert max(taken[0]) <= 12


def test_mine_and_met_wishes_are_not_among_the_others(browser, ada, ben, cy):
    wish = make_wish(ben)
    assert "Your wish" in browser(ben).get("/wishes?show=all").text
    assert f'id="wish-{wish.public_id}"' in browser(cy).get("/wishes?show=all").text
    accept(ben, make_offer(ada, wish))
    for person in (ben, cy):
        assert wish.public_id not in browser(person).get("/wishes?show=all").text
    assert "Met" in browser(ben).get(f"/wishes/{wish.public_id}").text
