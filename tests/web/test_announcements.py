"""Do announcements stand on Home until they are put away, and who may write them?"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from skillswap.forms.announcements import on_clock
from skillswap.lib.clock import utcnow
from tests.conftest import HTMX

URL = "/moderation/announcements"


def typed(mo, **facts) -> dict[str, str]:
    """A form that says something from now on."""
    now = utcnow()
    times = {
        "starts": on_clock(now - timedelta(minutes=1), mo.timezone),
        "ends": on_clock(now + timedelta(days=2), mo.timezone),
    }
    said = {"title": "A quiet <b>Sunday</b>", "body": "We rest **from two** to three."}
    return said | times | {"audience": "everybody", "version": "0"} | facts


def address(client) -> str:
    """The page of the only announcement."""
    return re.search(rf'href="({URL}/[\w-]{{12}})"', client.get(URL).text)[1]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_only_staff_announce(browser, ada, headers):
    for url in (URL, f"{URL}/new", f"{URL}/abcdefghijkl"):
        for person in (None, ada):
            assert browser(person).get(url, headers=headers).status_code == 404


def test_it_is_written_read_and_put_away(browser, ada, ben, mo):
    staff, reader = browser(mo), browser(ada)
    assert 'name="ends"' in staff.get(f"{URL}/new").text
    assert staff.post(f"{URL}/new", data=typed(mo, is_public="y")).location == URL
    home = reader.get("/").text
    assert "A quiet &lt;b&gt;Sunday&lt;/b&gt;" in home
    assert "<strong>from two</strong>" in home
    front = browser().get("/").text
    assert "<strong>from two</strong>" in front
    assert "/announcements/" not in front  # a visitor has nobody to remember it for
    put_away = re.search(r'action="(/announcements/[\w-]+/dismiss)"', home)[1]
    answer = reader.post(put_away, headers=HTMX)
    assert (answer.status_code, answer.text.strip()) == (200, "")
    assert reader.post(put_away).location == "/"
    assert "A quiet" not in reader.get("/").text
    assert "A quiet" in browser(ben).get("/").text


def test_it_is_changed_and_withdrawn_and_the_later_of_two_keeps_their_words(browser, ada, mo):
    staff = browser(mo)
    staff.post(f"{URL}/new", data=typed(mo))
    url = address(staff)
    page = staff.get(url).text
    version = re.search(r'name="version" type="hidden" value="(\d+)"', page)[1]
    assert staff.post(url, data=typed(mo, title="Another", version=version)).location == URL
    late = staff.post(url, data=typed(mo, title="Mine", version=version))
    assert late.status_code == 409
    assert "Somebody changed it meanwhile" in late.text
    assert 'value="Mine"' in late.text
    newer = re.search(r'name="version" type="hidden" value="(\d+)"', late.text)[1]
    assert staff.post(url, data=typed(mo, title="Mine", version=newer)).status_code == 303
    assert "Mine" in browser(ada).get("/").text
    assert staff.post(f"{url}/withdraw").location == URL
    assert staff.post(f"{url}/withdraw").status_code == 409
    assert "Mine" not in browser(ada).get("/").text
    assert "It is withdrawn." in staff.get(url).text
    log = staff.get("/moderation/audit").text
    for act in ("Announced something", "Changed an announcement", "Withdrew an announcement"):
        assert act in log


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"title": ""}, "This is needed."),
        ({"ends": "soon"}, "Give a day and a time."),
        ({"ends": "9999-12-31T23:59"}, "Give a day and a time."),
        ({"ends": "2020-01-01T10:00"}, "It ends before it begins"),
        ({"audience": "nobody"}, "This is needed."),
        ({"audience": "staff", "is_public": "y"}, "Only what is for everybody"),
    ],
    ids=["no title", "no time", "far", "past", "nobody", "public for staff"],
)
def test_what_is_wrong_is_said_beside_it_and_nothing_is_lost(browser, mo, wrong, said):
    answer = browser(mo).post(f"{URL}/new", data=typed(mo, body="Kept & safe") | wrong)
    assert answer.status_code == 422
    assert said in answer.text
    assert "Kept &amp; safe" in answer.text


def test_home_costs_the_same_however_many_there_are(browser, ada, mo, queries):
    staff, reader = browser(mo), browser(ada)
    reader.get("/")
    costs = []
    for _ in range(3):
        queries.clear()
        reader.get("/")
        costs.append(len(queries))
        staff.post(f"{URL}/new", data=typed(mo))
    assert costs[1] == costs[2] == costs[0] + 1
