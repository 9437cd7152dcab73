"""Who was shown to whom: noted without a write, kept once a day, and what follows from it."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from skillswap import worker
from skillswap.db import db, transaction
from skillswap.domain import explore, impressions, matches, sweep
from skillswap.domain.matching import PartKind
from skillswap.domain.searching import Filters, Sort
from skillswap.models import Exposure, Impression, ShownIn, User
from tests.people import make_person

pytestmark = pytest.mark.usefixtures("app")
DAY = timedelta(days=1)


@pytest.fixture
def kim() -> User:
    """Wants to learn chess."""
    return make_person("kim", wants=("Chess",))


def look(person: User, now: datetime, **filters: object) -> list[str]:
    """Browse by fit; who is shown, in their order."""
    found = explore.browse(person, Filters(sort=Sort.FIT, **filters), None, now)  # type: ignore[arg-type]
    return [card.username for card in found.teachers]


def keep(now: datetime) -> int:
    """What the sweep does with what was noted."""
    return sweep.run("showings kept", impressions.keep_due, now)


def rows() -> list[Impression]:
    query = select(Impression).order_by(Impression.day, Impression.position, Impression.viewer_id)
    return list(db.session.scalars(query))


def shown(person: User) -> dict[object, int]:
    """On which days somebody was shown how often."""
    query = select(Exposure.day, Exposure.shown).where(Exposure.user_id == person.id)
    return {row.day: row.shown for row in db.session.execute(query)}


def give(person: User, day: object, count: int) -> None:
    """Let somebody have been shown that often on that day."""
    with transaction():
        db.session.add(Exposure(user_id=person.id, day=day, shown=count))


def test_a_look_writes_nothing_and_is_kept_by_the_sweep(kim, now, queries):
    ola, rui = make_person("ola", offers=("Chess",)), make_person("rui", offers=("Chess",))
    queries.clear()
    names = look(kim, now, skill="chess")
    assert {statement.split()[0] for statement in queries} <= {"SELECT", "WITH"}
    assert rows() == []
    assert keep(now) == 2
    assert [(one.viewer_id, one.position) for one in rows()] == [(kim.id, 1), (kim.id, 2)]
    by_id = {ola.id: "ola", rui.id: "rui"}
    assert [by_id[one.teacher_id] for one in rows()] == names
    assert {one.shown_in for one in rows()} == {ShownIn.BROWSE}
    assert {one.skill_id for one in rows()} != {None}
    assert keep(now) == 0


def test_the_parts_of_the_score_are_kept_as_they_were(kim, now):
    make_person("ola", offers=("Chess",))
    look(kim, now)
    keep(now)
    (row,) = rows()
    assert row.parts.keys() == {kind.value for kind in PartKind}
    said = zip(PartKind, matches.why_of(kim, "ola", "", now).parts, strict=True)
    assert all(abs(row.parts[kind] * one.weight - one.points) <= 0.51 for kind, one in said)
    assert row.parts["skill"] == 1.0


def test_looking_again_on_one_day_counts_once_and_on_the_next_day_again(kim, now):
    ola = make_person("ola", offers=("Chess",))
    noon = now.replace(hour=12)
    for at in (noon, noon, noon + timedelta(hours=1), noon + DAY):
        look(kim, at)
        keep(at)
    assert shown(ola) == {noon.date(): 1, (noon + DAY).date(): 1}
    look(kim, noon)
    look(make_person("lea", wants=("Chess",)), noon)
    keep(noon)
    assert shown(ola)[noon.date()] == 2
    assert list(impressions.drift(noon)) == []


def test_what_is_not_kept_is_noted_again_and_in_its_order(kim, now, monkeypatch):
    for name in ("ola", "rui"):
        make_person(name, offers=("Chess",))
    look(kim, now)
    before = list(impressions.noted)
    with monkeypatch.context() as broken:
        broken.setattr(impressions, "_count", lambda _shown: 1 / 0)
        assert keep(now) == 0
    assert list(impressions.noted) == before
    assert rows() == []
    assert keep(now) == 2


def test_notes_are_bounded(kim, now):
    make_person("ola", offers=("Chess",))
    look(kim, now)
    (one,) = impressions.noted
    impressions.noted.extend([one] * (impressions.NOTED_MOST + 5))
    assert len(impressions.noted) == impressions.NOTED_MOST
    assert keep(now) == impressions.NOTED_MOST
    assert len(rows()) == 1


def test_somebody_often_shown_gives_their_turn_to_others(kim, now):
    ola, rui = make_person("ola", offers=("Chess",)), make_person("rui", offers=("Chess",))
    for often, seldom in ((ola, rui), (rui, ola)):
        with transaction():
            for row in db.session.scalars(select(Exposure)):
                db.session.delete(row)
        give(often, (now - DAY).date(), 60)
        assert look(kim, now) == [seldom.username, often.username]
        parts = {
            name: matches.why_of(kim, name, "", now).points
            for name in (often.username, seldom.username)
        }
        assert parts[seldom.username] > parts[often.username]


def test_only_the_last_seven_whole_days_count(kim, now):
    """Not today, so that a list keeps its order while it is being read."""
    ola = make_person("ola", offers=("Chess",))
    for days in (0, 8):
        give(ola, (now - days * DAY).date(), 90)
    look(kim, now)
    assert impressions.noted[-1].values[-1] > 0.7
    give(ola, (now - 7 * DAY).date(), 90)
    look(kim, now)
    assert impressions.noted[-1].values[-1] < 0.1


def test_old_rows_go_and_the_counts_agree_all_the_while(kim, now):
    ola = make_person("ola", offers=("Chess",))
    for days in (95, 91, 90, 3):
        look(kim, now - days * DAY)
        keep(now)
    assert list(impressions.drift(now)) == []
    moved = [sweep.run("forget", impressions.forget_due, now) for _ in range(3)]
    assert moved == [2, 2, 0]
    assert shown(ola).keys() == {(now - days * DAY).date() for days in (90, 3)}
    assert list(impressions.drift(now)) == []


def test_a_wrong_count_is_found(kim, now):
    make_person("ola", offers=("Chess",))
    look(kim, now)
    keep(now)
    give(kim, now.date(), 3)
    assert list(impressions.drift(now)) == [
        f"person {kim.id} on {now.date()} is counted 3 times, not 0"
    ]


@pytest.mark.parametrize("work", [worker.run, worker.keep_noted])
def test_a_process_that_stops_keeps_what_it_has_noted(app, kim, now, work):
    make_person("ola", offers=("Chess",))
    look(kim, now)
    stop = threading.Event()
    stop.set()
    work(app, stop)
    assert len(rows()) == 1
