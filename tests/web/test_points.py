"""Does my page say every line and why, to nobody but me?"""

from __future__ import annotations

from itertools import product

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import ratings, safety
from skillswap.domain.points import words
from skillswap.domain.points.writing import Award, add_up, award
from skillswap.models import (
    Event,
    PointsEntry,
    PointsKind,
    PointsReason,
    User,
)
from tests import people
from tests.conftest import HTMX
from tests.domain.test_points import DAY, HOUR, meet, noon

K, R = PointsKind, PointsReason


def give(person: User, at, number: int, *, partner: User | None = None) -> None:
    """So many lines of one point each, at that instant."""
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
        for one in range(number):
            source = f"test/{event.id}/{one}"
            partner_id = partner.id if partner else None
            award(event, Award(person.id, K.CLAIM, 1, source, partner_id=partner_id))
        add_up()


def test_each_line_says_what_it_is_for_and_why(browser, ada, ben) -> None:
    at = noon()
    one = meet(ada, ben, at)
    with transaction():
        ratings.rate_session(ada, one.public_id, stars=5, now=at + HOUR)
    page = browser(ada).get(f"/points?month={at:%Y-%m}")
    assert page.status_code == 200
    for said in (
        "Session taught, Watercolour with Ben",
        "60 minutes: 20 for the first half hour, 10 for the rest",
        "New partner, Ben",
        "Any score counts the same",
        "+30",
        f"/sessions/{one.public_id}",
    ):
        assert said in page.text, said


def test_a_session_that_waits_is_said_to_count_later(browser, ada, ben, now) -> None:
    opened = people.make_exchange(ben, ada, now=now - 8 * DAY)
    start = people.next_quarter(now - 3 * HOUR)
    one = people.make_session(ada, opened, start=start, now=now - 4 * DAY)
    page = browser(ada).get("/points")
    assert "not yet confirmed by both" in page.text
    assert f"/sessions/{one.public_id}" in page.text


def test_who_blocks_is_named_no_more(browser, ada, ben) -> None:
    at = noon()
    one = meet(ada, ben, at)
    with transaction():
        safety.block(ben, ada.username, now=at + DAY)
    page = browser(ada).get(f"/points?month={at:%Y-%m}")
    assert "Session taught, Watercolour" in page.text
    assert "Ben" not in page.text
    assert one.public_id not in page.text


def test_a_month_comes_in_parts_and_then_the_one_before(browser, ada, now) -> None:
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    before = month - DAY
    give(ada, before, 3)
    give(ada, now, 25)
    client = browser(ada)
    page = client.get("/points")
    assert page.text.count("<tr>") >= 20
    part = client.get(_more(page.text), headers=HTMX)
    assert part.text.count('scope="row"') == 5
    assert "<h1" not in part.text
    older = _more(part.text)
    assert older == f"/points?month={before:%Y-%m}"
    found = client.get(older, headers=HTMX)
    assert found.text.count('scope="row"') == 3
    assert f"{before:%B %Y}" in found.text
    assert client.get(older).status_code == 200  # the same without a script


def _more(html: str) -> str:
    start = html.index('class="more')
    return html[html.index('href="', start) + 6 :].split('"')[0].replace("&amp;", "&")


@pytest.mark.parametrize("typed", ["", "2026-13", "nonsense", "9999-12", "1999-01", "0000-00"])
def test_a_month_that_cannot_be_is_the_present_one(browser, ada, now, typed) -> None:
    page = browser(ada).get(f"/points?month={typed}")
    assert page.status_code == 200
    assert "Nothing this month yet" in page.text


def test_it_is_for_who_is_signed_in(browser) -> None:
    answer = browser().get("/points")
    assert answer.status_code == 303
    assert answer.location.startswith("/login")


def test_two_lines_and_twenty_take_the_same_few_statements(browser, ada, ben, now, queries) -> None:
    client, counts = browser(ada), []
    for number in (2, 18):
        give(ada, now, number, partner=ben)
        client.get("/points")
        queries.clear()
        client.get("/points")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 6


def test_every_kind_of_line_has_words() -> None:
    facts = {"skill": "Piano", "minutes": 60, "pair": 5, "words": 20, "weeks": 4, "why": "hidden"}
    for kind, reason in product(PointsKind, PointsReason):
        if reason is R.FULL and kind not in words.FULL:
            continue  # it has no cap
        line = PointsEntry(kind=kind, reason=reason, points=10, facts=facts)
        assert words.what(line, "Ben"), kind
        assert words.what(line, ""), kind
        assert words.why(line), reason


def test_the_command_counts_everything_anew(app, ada, ben) -> None:
    meet(ada, ben, noon())
    before = db.session.scalars(select(PointsEntry.source).order_by(PointsEntry.id)).all()
    db.session.rollback()
    done = app.test_cli_runner().invoke(args=["points", "rebuild"])
    assert done.exit_code == 0, done.output
    assert "events are counted anew" in done.output
    db.session.rollback()
    after = db.session.scalars(select(PointsEntry.source).order_by(PointsEntry.id)).all()
    assert after == before
