"""A held pitch on the pages of its learner and of staff."""

from __future__ import annotations

import pytest

from skillswap.db import db
from skillswap.lib.clock import utcnow
from skillswap.models import HeldPitch
from tests.conftest import HTMX
from tests.holding import WORDS, hold, key_of, send, teacher, thrice


def form(name: str) -> dict[str, str]:
    return {"skill": "chess", "offered": "", "body": WORDS.format(name=name), "days": "7"}


@pytest.fixture
def held(ben) -> HeldPitch:
    return hold(ben, teacher("lea"), utcnow())


def test_who_repeats_their_words_is_told_so(browser, ben):
    client = browser(ben)
    for name in ("ida", "jon"):
        teacher(name)
        last = client.post(f"/people/{name}/pitch", data=form(name.capitalize()))
    assert "nearly these words before" in client.get(last.location).text


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_its_learner_reads_that_it_waits_and_nobody_else_does(browser, ben, cy, headers):
    now = utcnow()
    thrice(ben, now)
    lea = teacher("lea")
    client = browser(ben)
    answer = client.post("/people/lea/pitch", data=form("Lea"), headers=headers)
    url = answer.headers.get("HX-Location") or answer.location
    assert url.startswith("/pitches/held/")
    assert "a person looks at this one before Lea gets it" in client.get(url).text
    assert url in client.get("/pitches/sent").text
    for other in (lea, cy):
        assert browser(other).get(url).status_code == 404
        assert browser(other).post(f"{url}/withdraw").status_code == 404
    assert "Ben Example" not in browser(lea).get("/pitches").text


def test_staff_read_it_beside_what_it_is_like_and_release_it(browser, ben, mo, held):
    client, key = browser(mo), key_of(held)
    assert "Held pitch of Ben Example" in client.get("/moderation").text
    client.post(f"/moderation/cases/{key}/claim")
    page = client.get(f"/moderation/cases/{key}").text
    for name in ("Lea", "Kim", "Jon", "Ida"):
        assert f"Hello {name}" in page
    answer = client.post(f"/moderation/cases/{key}/release")
    assert "It is sent." in client.get(answer.location, follow_redirects=True).text
    assert "Ben Example" in browser(held.teacher).get("/pitches").text
    assert "Lea has it now" in browser(ben).get(f"/pitches/held/{held.public_id}").text
    assert client.post(f"/moderation/cases/{key}/keep-back", data={"body": "No"}).status_code == 409


def test_staff_s_words_reach_its_learner(browser, ben, mo, held):
    client, key = browser(mo), key_of(held)
    client.post(f"/moderation/cases/{key}/claim")
    empty = client.post(f"/moderation/cases/{key}/keep-back", data={"body": ""})
    assert empty.status_code == 422
    assert "Hello Lea" in empty.text
    client.post(f"/moderation/cases/{key}/keep-back", data={"body": "Say what you play."})
    assert "is not sent. Read why" in browser(ben).get("/notifications").text
    assert "Say what you play." in browser(ben).get(f"/pitches/held/{held.public_id}").text


def test_what_lapsed_says_why(browser, ben, mo, held):
    client, key = browser(mo), key_of(held)
    held.teacher.teaching = False
    db.session.commit()
    client.post(f"/moderation/cases/{key}/claim")
    answer = client.post(f"/moderation/cases/{key}/release")
    assert "cannot be sent any more" in client.get(answer.location, follow_redirects=True).text
    assert "Lea is not teaching" in browser(ben).get(f"/pitches/held/{held.public_id}").text


def test_the_list_asks_no_more_for_many(browser, ben, queries):
    now = utcnow()
    hold(ben, teacher("lea"), now)
    client = browser(ben)

    def counted() -> int:
        queries.clear()
        client.get("/pitches/sent")
        return len(queries)

    first = counted()
    for name in ("max", "nia"):
        send(ben, teacher(name), now)
    assert counted() == first
