"""Who is offered to a learner first, and does every page say the same of them?"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from skillswap.db import db, transaction
from skillswap.domain import explore, free_time, matches, safety, searching
from skillswap.domain.matches import Asked, reading
from skillswap.domain.matching import PartKind
from skillswap.domain.searching import Filters, Sort
from skillswap.domain.teachers import BY_RATING, run
from skillswap.errors import NotFound
from skillswap.lib.languages import mask_of
from skillswap.models import Level, PauseKind, User, UserState
from tests.crowd import make_crowd
from tests.people import make_exchange, make_hours, make_person, make_pitch, make_session

pytestmark = pytest.mark.usefixtures("app")
EVERYBODY = searching.Listing(Filters(), searching.Meaning())


@pytest.fixture
def kim() -> User:
    """Wants to learn chess, teaches knitting, free in the evenings."""
    person = make_person("kim", wants=("Chess",), offers=("Knitting",))
    make_hours(person, "Mon-Fri 18-21")
    return person


def listed(person: User, now: datetime, **filters: object) -> list[str]:
    """The usernames on the first page, by fit."""
    filters.setdefault("sort", Sort.FIT)
    found = explore.browse(person, Filters(**filters), None, now)  # type: ignore[arg-type]
    return [card.username for card in found.teachers]


def why(person: User, other: User, now: datetime, skill: str = "") -> matches.Why:
    return matches.why_of(person, other.username, skill, now)


# -- the order ------------------------------------------------------------------------------------


def test_who_teaches_what_i_want_comes_before_all_others(kim, now):
    make_person("star", offers=("Painting",), rating_rank=4_900)
    make_person("ola", offers=("Chess",))
    assert listed(kim, now) == ["ola", "star"]


def test_common_hours_a_return_and_a_language_lift(kim, now):
    plain, early, swap, mute = (
        make_person("plain", offers=("Chess",)),
        make_person("early", offers=("Chess",)),
        make_person("swap", offers=("Chess",), wants=("Knitting",)),
        make_person("mute", offers=("Chess",), language_mask=mask_of(["de"])),
    )
    for person in (plain, swap, mute):
        make_hours(person, "Mon-Fri 18-21")
    make_hours(early, "Mon-Fri 6-9")
    assert listed(kim, now)[:2] == ["swap", "plain"]
    assert set(listed(kim, now)[2:]) == {"early", "mute"}


def test_the_order_is_the_sum_of_the_parts(kim, now):
    for number in range(9):
        person = make_person(f"pat{number}", offers=("Chess",), rating_rank=4_000 + 70 * number)
        make_hours(person, f"Mon-Fri {12 + number}-{14 + number}")
    totals = [why(kim, db.session.get_one(User, one), now) for one in _ids(kim, now)]
    shown = listed(kim, now)
    assert [one.username for one in totals] == shown
    exact = {name: _total(kim, name, now) for name in shown}
    assert shown == sorted(shown, key=lambda name: -exact[name])


def _ids(person: User, now: datetime) -> list[int]:
    """Whose page it is, in its order."""
    names = listed(person, now)
    found = dict(db.session.query(User.username, User.id).where(User.username.in_(names)).all())
    return [found[name] for name in names]


def _total(person: User, username: str, now: datetime) -> float:
    """The score by a reading of that person alone."""
    query = reading.page_query(
        searching.people_of(EVERYBODY, reading.COLUMNS).where(User.username == username),
        BY_RATING,
    )
    row = run(query, person, **reading.values_at(now)).one()
    return reading.score_of(row, person, reading.my_side(row, person), None, now).total


@pytest.mark.parametrize("q", ["", "craft 1", "crowd"])
def test_going_on_by_fit_shows_everybody_once(now, q):
    make_crowd(90, listed=True)
    viewer = make_person("vi", wants=("Craft 1", "Craft 2"))
    total = explore.browse(viewer, Filters(q=q), None, now).counts.total
    filters, seen, cursor = Filters(q=q, sort=Sort.FIT), [], None
    for page in range(10):
        found = explore.more_teachers(viewer, filters, cursor, now + page * timedelta(hours=1))
        seen += [card.username for card in found]
        cursor = found.after
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == total


def test_a_forged_cursor_breaks_nothing(kim, now):
    make_person("ola", offers=("Chess",))
    for cursor in ("x", "W10", "WyJhIiwiYiIsImMiXQ", "WzEsMiwzXQ", "W3sidCI6MX0sMSwxXQ", "a" * 500):
        explore.more_teachers(kim, Filters(sort=Sort.FIT), cursor, now)


def test_filters_hold_by_fit_too(kim, now):
    make_person("eva", offers=("Chess",), language_mask=mask_of(["de"]))
    make_person("rui", offers=("Chess",), language_mask=mask_of(["pt"]))
    assert listed(kim, now, language="de") == ["eva"]
    assert listed(kim, now, skill="chess", level=Level.EXPERT) == []
    assert set(listed(kim, now, skill="chess", level=Level.INTERMEDIATE)) == {"eva", "rui"}


# -- who is not there -----------------------------------------------------------------------------


def _blocked(kim: User, ola: User, now: datetime) -> None:
    with transaction():
        safety.block(kim, ola.username, now=now)


def _blocks(kim: User, ola: User, now: datetime) -> None:
    with transaction():
        safety.block(ola, kim.username, now=now)


def _suspended(kim: User, ola: User, now: datetime) -> None:
    with transaction():
        ola.state = UserState.SUSPENDED


def _paused(kim: User, ola: User, now: datetime) -> None:
    with transaction():
        ola.paused = PauseKind.OWN


def _stopped(kim: User, ola: User, now: datetime) -> None:
    with transaction():
        ola.teaching = False


def _full(kim: User, ola: User, now: datetime) -> None:
    with transaction():
        ola.places = 1
    make_exchange(make_person("lea", wants=("Chess",)), ola, "chess")


def _asked_by_many(kim: User, ola: User, now: datetime) -> None:
    with transaction():
        ola.pitch_cap = 1
    make_pitch(make_person("lea", wants=("Chess",)), ola, "chess")


@pytest.mark.parametrize(
    "happens", [_blocked, _blocks, _suspended, _paused, _stopped, _full, _asked_by_many]
)
def test_who_cannot_be_asked_is_nowhere_in_best_fit(kim, now, happens):
    ola = make_person("ola", offers=("Chess",))
    everywhere: list[dict[str, object]] = [{}, {"q": "chess"}, {"skill": "chess"}, {"q": "ola"}]
    assert all(listed(kim, now, **asked) == ["ola"] for asked in everywhere)
    happens(kim, ola, now)
    assert all("ola" not in listed(kim, now, **asked) for asked in everywhere)


@pytest.mark.parametrize("happens", [_blocked, _blocks, _suspended, _stopped])
def test_who_is_not_there_has_no_page_of_reasons(kim, now, happens):
    ola = make_person("ola", offers=("Chess",))
    assert why(kim, ola, now).username == "ola"
    happens(kim, ola, now)
    with pytest.raises(NotFound):
        why(kim, ola, now)


def test_there_is_no_page_of_reasons_about_oneself_or_who_teaches_nothing(kim, now):
    for person in (kim, make_person("lou")):
        with pytest.raises(NotFound):
            why(kim, person, now)


# -- what is said ---------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [{}, {"skill": "painting"}, {"sort": Sort.RATING}], ids=str)
def test_the_page_of_reasons_says_what_the_card_says(kim, now, asked):
    for number in range(3):
        person = make_person(
            f"pat{number}", offers=("Chess", "Painting"), wants=("Knitting",), places=2
        )
        make_hours(person, f"Mon-Fri {17 + number}-22")
    make_exchange(make_person("lea", wants=("Chess",)), person, "chess")
    filters = Filters(**{"sort": Sort.FIT, **asked})
    cards = explore.browse(kim, filters, None, now).teachers.rows
    assert len(cards) == 3
    for card in cards:
        found = matches.why_of(kim, card.username, card.asked, now)
        assert (card.reasons, card.caution) == (found.reasons, found.caution)
        texts = [part.text for part in found.parts]
        assert {text for _icon, text in card.reasons} <= set(texts)
        assert found.points == sum(part.points for part in found.parts)
    assert {card.caution for card in cards} >= {"Nearly full: 1 place left"}


def test_common_time_is_what_is_left_of_both_weeks(kim, now):
    ola = make_person("ola", offers=("Chess",), notice_hours=2, buffer_minutes=0)
    make_hours(ola, "every day 0-24")
    alone = _minutes(kim, ola, now)
    assert 27 * 60 <= alone <= 30 * 60
    exchange = make_exchange(kim, ola, "chess", now=now)
    with transaction():
        kim.buffer_minutes = 0
    offered = matches.why_of(kim, "ola", "", now)
    session = make_session(ola, exchange, start=_free_start(kim, ola, now), now=now)
    lost = session.ends_at - session.starts_at
    assert _minutes(kim, ola, now) == alone - lost // timedelta(minutes=1)
    assert offered.points >= matches.why_of(kim, "ola", "", now).points


def _minutes(person: User, other: User, now: datetime) -> int:
    query = searching.people_of(EVERYBODY, reading.COLUMNS)
    rows = run(reading.page_query(query, BY_RATING), person, **reading.values_at(now)).all()
    row = next(row for row in rows if row.id == other.id)
    found = reading.score_of(row, person, reading.my_side(row, person), None, now)
    return found.part(PartKind.TIME).count


def _free_start(person: User, other: User, now: datetime) -> datetime:
    """An hour that both have, some days ahead."""
    starts = free_time.next_starts(
        person, other, teacher=other, minutes=60, now=now, limit=1, after=now + timedelta(days=2)
    )
    return starts[0].at


def test_a_mask_never_says_that_there_is_no_time(kim, now):
    ola = make_person("ola", offers=("Chess",), timezone="Asia/Kathmandu")
    make_hours(ola, "every day 0-0:45, 23:45-24")  # no whole hour of UTC
    make_hours(kim, "every day 0-24")
    ranking = matches.ranking_of(kim, Asked(), None, now)
    assert ranking.ids == [ola.id]
    card = explore.browse(kim, Filters(sort=Sort.FIT), None, now).teachers.rows[0]
    assert card.caution == ""
    assert any("hours in common" in part.text for part in why(kim, ola, now).parts)


def test_hours_that_would_help_are_named(kim, now):
    ola = make_person("ola", offers=("Chess",))
    make_hours(ola, "Sat 9-12")
    found = why(kim, ola, now)
    assert found.caution == "No hours in common in the next 14 days"
    assert found.changes[0].text.startswith("Add weekend mornings: ")
    assert found.changes[0].at == "availability"
    make_hours(kim, "Sat 9-12")
    assert "weekend mornings" not in " ".join(one.text for one in why(kim, ola, now).changes)


def test_who_wants_nothing_gets_the_order_by_rating(now):
    make_person("ola", offers=("Chess",))
    make_person("best", offers=("Chess",), rating_rank=4_900)
    found = explore.browse(make_person("idle"), Filters(sort=Sort.FIT), None, now)
    assert [card.username for card in found.teachers] == ["best", "ola"]
    assert not found.by_fit


# -- what it costs --------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [20, 400])
@pytest.mark.parametrize(
    "asked", [{}, {"q": "craft 1"}, {"skill": "craft-3"}, {"q": "none"}], ids=str
)
def test_best_fit_takes_four_statements_whatever_there_is(queries, now, asked, count):
    make_crowd(count, listed=True)
    viewer = make_person("vi", wants=("Craft 1", "Craft 3"), offers=("Craft 5",))
    filters = Filters(**asked, sort=Sort.FIT)
    viewer.id  # noqa: B018 - read now what a commit let go of
    queries.clear()
    found = explore.browse(viewer, filters, None, now)
    assert len(queries) <= 4
    queries.clear()
    explore.more_teachers(viewer, filters, found.teachers.after, now)
    assert len(queries) <= 4
    queries.clear()
    matches.why_of(viewer, "crowd-1", "", now)
    assert len(queries) == 1
