"""The pages of swap rings: what each of the three reads, presses and gets."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from skillswap.db import transaction
from skillswap.domain import rings, safety
from skillswap.lib.clock import utcnow
from skillswap.models import SwapRing, User
from skillswap.models.swap_ring import ANSWER_WITHIN
from tests import people
from tests.conftest import HTMX, Browser, empty_tables
from tests.trios import SKILLS, WORDS, make_ring, trio

Three = tuple[User, User, User]
START = {
    "second": "ben",
    "third": "cleo",
    "teach": "watercolour",
    "second_teaches": "spanish",
    "third_teaches": "portuguese",
}


@pytest.fixture
def three(app: Any) -> Three:
    return trio()


def text(answer: Any) -> str:
    return " ".join(answer.get_data(as_text=True).split())


def accept(person: User, ring: SwapRing) -> None:
    with transaction():
        rings.accept_ring(person, ring.public_id, body=WORDS, now=utcnow())


def test_a_ring_that_could_be_leads_to_its_form(browser: Browser, three: Three) -> None:
    ada = browser(three[0])
    page = text(ada.get("/explore/rings"))
    assert "Rings you could close" in page
    said = "You teach Ben Watercolour, Ben teaches Cleo Spanish, Cleo teaches you Portuguese"
    assert said in page
    form = text(ada.get("/explore/rings/start", query_string=START))
    assert f'role="img" aria-label="{said}"' in form
    answer = ada.post("/explore/rings/start", query_string=START, data={"body": WORDS})
    assert answer.status_code == 303
    page = text(ada.get(answer.location))
    assert "You said yes" in page
    assert page.count("Answers by") == 2
    assert "Withdraw from the ring" in page
    mine = text(ada.get("/explore/rings"))
    assert "Rings you could close" not in mine
    assert answer.location in mine


def test_three_people_complete_a_ring(browser: Browser, three: Three) -> None:
    ada, ben, cleo = three
    ring = make_ring(*three)
    url = f"/explore/rings/{ring.public_id}"
    page = text(browser(ben).get(url))
    assert "Ada writes:" in page
    assert WORDS in page
    assert "You answer by" in page
    assert browser(ben).post(f"{url}/accept", data={"body": WORDS}).location == url
    answer = browser(cleo).post(f"{url}/accept", data={"body": WORDS}, headers=HTMX)
    assert "All three said yes" in text(answer)
    for person, others in ((ada, ("Ben", "Cleo")), (cleo, ("Ada", "Ben"))):
        page = text(browser(person).get(url))
        assert all(f"Exchange with {name}" in page for name in others)
    assert "Swap ring closed" in text(browser(ada).get("/chat/with/ben", follow_redirects=True))


@pytest.mark.parametrize("verb", ["decline", "withdraw"])
def test_who_ends_it_is_not_named(browser: Browser, three: Three, verb: str) -> None:
    ada, ben, cleo = three
    ring = make_ring(*three)
    url = f"/explore/rings/{ring.public_id}"
    by, other = (ben, cleo) if verb == "decline" else (ada, cleo)
    assert browser(by).post(f"{url}/{verb}").status_code == 303
    page = text(browser(other).get(url))
    assert "Nobody is blamed" in page
    assert "Said yes" not in page
    assert "Look for another ring" in page
    assert url in text(browser(other).get("/explore/rings"))


def test_it_has_lapsed_by_the_clock(browser: Browser, three: Three) -> None:
    ring = make_ring(*three, now=utcnow() - ANSWER_WITHIN)
    url = f"/explore/rings/{ring.public_id}"
    page = text(browser(three[1]).get(url))
    assert "This ring has lapsed" in page
    answer = browser(three[1]).post(f"{url}/accept", data={"body": WORDS})
    assert answer.status_code == 409
    assert "its seven days are over" in text(answer)


def test_a_yes_that_comes_too_late_closes_it(browser: Browser, three: Three) -> None:
    """Somebody has gone on a break, and the sweep has not run."""
    _ada, ben, cleo = three
    ring = make_ring(*three)
    with transaction():
        ben.teaching = False
    answer = browser(cleo).post(
        f"/explore/rings/{ring.public_id}/accept", data={"body": WORDS}, headers=HTMX
    )
    assert answer.status_code == 200
    assert "since it is not possible any more" in text(answer)


def test_who_is_not_there_has_no_face_in_it(browser: Browser, three: Three) -> None:
    ada, ben, cleo = three
    ring = make_ring(*three)
    accept(ben, ring)
    with transaction():
        safety.block(ada, "ben", utcnow())
    page = text(browser(ada).get(f"/explore/rings/{ring.public_id}"))
    assert "You teach Somebody" in page
    assert "Ben" not in page
    assert "Ben" in text(browser(cleo).get(f"/explore/rings/{ring.public_id}"))


def test_strangers_find_nothing(browser: Browser, three: Three) -> None:
    ring = make_ring(*three)
    dora = browser(people.make_person("dora"))
    assert dora.get(f"/explore/rings/{ring.public_id}").status_code == 404
    assert browser().get("/explore/rings").status_code == 303
    for missing in START:
        asked = {**START, missing: "nothing-of-it"}
        assert browser(three[0]).get("/explore/rings/start", query_string=asked).status_code == 404


def test_without_skills_or_hours_the_page_says_what_a_ring_needs(
    browser: Browser, app: Any
) -> None:
    page = text(browser(people.make_person("dora")).get("/explore/rings"))
    assert "No ring for you just now" in page
    assert "List more skills" in page
    assert "Say when you are free" in page


@pytest.mark.parametrize(
    ("column", "value", "way"),
    [("bio", "", "/settings/profile"), ("learning", False, "/settings/profile")],
)
def test_the_form_says_what_to_do_first(
    browser: Browser, three: Three, column: str, value: Any, way: str
) -> None:
    with transaction():
        setattr(three[0], column, value)
    page = text(browser(three[0]).get("/explore/rings/start", query_string=START))
    assert "Before you can start" in page
    assert way in page
    assert "<textarea" not in page


def crowded(count: int) -> User:
    """Ada with so many earlier rings, one open, and people for others."""
    ada, ben, cleo = trio()
    now = utcnow()
    for number in range(count, 0, -1):
        at = now - timedelta(days=38 * number)
        make_ring(ada, ben, cleo, now=at)
        with transaction():
            rings.lapse_due(at + ANSWER_WITHIN, 10)
    make_ring(ada, ben, cleo)
    for number in range(count):
        one = people.make_person(f"more{number}", offers=("Portuguese",), wants=("Spanish",))
        people.make_hours(one, "every day 9-21")
    return ada


def test_the_page_takes_as_many_statements_for_twenty_as_for_two(
    browser: Browser, app: Any, queries: list[str]
) -> None:
    taken = {}
    for count in (2, 12):
        empty_tables()
        ada = browser(crowded(count))
        ada.get("/explore/rings")
        queries.clear()
        page = text(ada.get("/explore/rings"))
        taken[count] = len(queries)
        assert page.count("Start this ring") >= 2
    assert taken[2] == taken[12] <= 11
    assert "Show earlier rings" in page


def test_earlier_rings_turn_pages(browser: Browser, app: Any) -> None:
    ada = browser(crowded(12))
    first = ada.get("/explore/rings").get_data(as_text=True)
    more = first.split('class="more')[1].split('hx-get="')[1].split('"')[0]
    rows = ada.get(more, headers=HTMX).get_data(as_text=True)
    assert rows.count("/explore/rings/") == 2
    assert "<html" in ada.get(more).get_data(as_text=True)
    assert SKILLS[0].capitalize() in rows
