"""The page of numbers: for staff, drawn and as tables, in few statements."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from skillswap.db import transaction
from skillswap.domain import statistics
from skillswap.domain.statistics import day_of
from skillswap.lib.clock import utcnow
from skillswap.models import Metric

URL = "/moderation/statistics"
M = Metric


@pytest.fixture
def numbers(app) -> None:
    """Fifteen weeks in which more and more happened, up to last Sunday."""
    last = utcnow() - timedelta(days=utcnow().weekday() + 1)
    with transaction():
        for back in range(15 * 7):
            day, week = day_of(last) - back, 14 - back // 7
            statistics.keep(
                {
                    (day, M.JOINED): 1,
                    (day, M.ACTIVE): 10 + week,
                    (day, M.PITCHES): week,
                    (day, M.ANSWERED): week // 2,
                    (day, M.SESSIONS): 4,
                    (day, M.KEPT): 3,
                    (day, M.ANSWER_MINUTES): 60 * week if week != 9 else None,
                    (day, M.REPORT_MINUTES): None,
                }
            )


def test_it_is_for_staff(browser, ada, mo, numbers):
    for person in (None, ada):
        assert browser(person).get(URL).status_code == 404
    assert browser(mo).get(URL).status_code == 200


def test_in_a_new_place_it_says_when_there_will_be_numbers(browser, mo):
    page = browser(mo).get(URL)
    assert page.status_code == 200
    assert "Nothing is counted yet" in page.text
    assert '<svg class="chart"' not in page.text


@pytest.mark.parametrize(("asked", "weeks"), [("", 8), ("8", 8), ("13", 13), ("99", 8), ("x", 8)])
def test_each_chart_has_its_words_and_its_table(browser, mo, numbers, asked, weeks):
    text = browser(mo).get(URL, query_string={"weeks": asked}).text
    charts = re.findall(r'<svg class="chart".*?</svg>', text, re.DOTALL)
    tables = re.findall(r"<tbody>.*?</tbody>", text, re.DOTALL)
    assert len(tables) == 7
    assert [one.count("<tr>") for one in tables] == [weeks] * 7
    assert len(charts) == 7 - text.count("Nothing in these weeks") == 5  # nobody reported anything
    assert charts[0].count("<rect") == weeks
    assert "75%" in text  # three of four sessions
    assert charts[1].count('class="on"') == weeks
    assert ">98</text>" in charts[1]  # 14 a day in the last week
    line = re.search(r'<path class="path" d="([^"]*)"', charts[4])
    assert line is not None
    assert line[1].count("M") == 2  # a week without an answer is a gap
    assert line[1].count("L") == weeks - 3
    assert "none" in tables[6]
    sent = 7 * sum(range(15 - weeks, 15))
    assert f'<meter min="0" max="{sent}" value="{sent}"' in text


def test_it_takes_one_statement_beside_that_of_the_frame(browser, mo, numbers, queries):
    client = browser(mo)
    client.get(URL)
    queries.clear()
    client.get(URL, query_string={"weeks": 13})
    assert len(queries) <= 2
