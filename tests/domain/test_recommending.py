"""Who is recommended, who is not, and what is noted of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from skillswap.db import db, transaction
from skillswap.domain import dismissals, impressions, matches, pitches, recommending, safety, sweep
from skillswap.errors import NotFound
from skillswap.models import Dismissal, PauseKind, ShownIn, User, UserState
from tests.crowd import make_crowd
from tests.people import make_exchange, make_person, make_pitch

pytestmark = pytest.mark.usefixtures("app")
DAY = timedelta(days=1)


@pytest.fixture
def kim() -> User:
    """Wants to learn chess, teaches knitting."""
    return make_person("kim", wants=("Chess",), offers=("Knitting",))


@pytest.fixture
def ola() -> User:
    """Teaches chess."""
    return make_person("ola", offers=("Chess",))


def recommended(person: User, now: datetime, most: int = 3) -> list[str]:
    cards = recommending.people_for_you(person, ShownIn.EXPLORE, now, most)
    return [card.username for card in cards]


def test_who_teaches_what_i_want_is_recommended_with_reasons(kim, ola, now):
    make_person("eva", offers=("Painting",))
    make_person("swap", offers=("Chess",), wants=("Knitting",))
    cards = recommending.people_for_you(kim, ShownIn.HOME, now)
    assert [card.username for card in cards] == ["swap", "ola"]
    for card in cards:
        assert card.reasons == matches.why_of(kim, card.username, "", now).reasons
        assert "Teaches Chess" in " ".join(text for _icon, text in card.reasons)


def test_at_most_so_many_and_they_are_noted_where_they_stood(kim, now):
    for number in range(5):
        make_person(f"pat{number}", offers=("Chess",))
    names = recommended(kim, now)
    assert len(names) == 3
    assert [one.position for one in impressions.noted] == [1, 2, 3]
    assert {one.shown_in for one in impressions.noted} == {ShownIn.EXPLORE}


def test_nobody_is_recommended_to_who_wants_nothing(ola, now):
    assert recommended(make_person("lea", offers=("Knitting",)), now) == []
    assert recommended(make_person("rui", wants=("Chess",), learning=False), now) == []


# -- who is left out ------------------------------------------------------------------------------


def _dismissed(kim: User, ola: User, now: datetime) -> None:
    with transaction():
        dismissals.dismiss(kim, "ola", now)


def _muted(kim: User, ola: User, now: datetime) -> None:
    with transaction():
        safety.mute(kim, "ola", now)


def _blocks(kim: User, ola: User, now: datetime) -> None:
    with transaction():
        safety.block(ola, "kim", now)


def _asked(kim: User, ola: User, now: datetime) -> None:
    make_pitch(kim, ola, "chess")


def _partner(kim: User, ola: User, now: datetime) -> None:
    make_exchange(kim, ola, "chess")


def _suspended(kim: User, ola: User, now: datetime) -> None:
    with transaction():
        ola.state = UserState.SUSPENDED


def _paused(kim: User, ola: User, now: datetime) -> None:
    with transaction():
        ola.paused = PauseKind.OWN


def _full(kim: User, ola: User, now: datetime) -> None:
    with transaction():
        ola.places = 1
    make_exchange(make_person("lea", wants=("Chess",)), ola, "chess")


@pytest.mark.parametrize(
    "happens", [_dismissed, _muted, _blocks, _asked, _partner, _suspended, _paused, _full]
)
def test_it_would_be_no_use_to_recommend_them(kim, ola, now, happens):
    make_person("rui", offers=("Chess",))
    assert set(recommended(kim, now)) == {"ola", "rui"}
    happens(kim, ola, now)
    assert recommended(kim, now) == ["rui"]


def test_a_pitch_that_is_over_keeps_nobody_from_being_recommended(kim, ola, now):
    pitch = make_pitch(kim, ola, "chess")
    with transaction():
        pitches.withdraw_pitch(kim, pitch.public_id, now=now)
    assert recommended(kim, now) == ["ola"]


# -- not for me -----------------------------------------------------------------------------------


def test_a_dismissal_ends_after_90_days_and_concerns_nobody_else(kim, ola, now):
    lea = make_person("lea", wants=("Chess",))
    _dismissed(kim, ola, now)
    assert recommended(kim, now + 89 * DAY) == []
    assert recommended(kim, now + 90 * DAY) == ["ola"]
    assert recommended(lea, now) == ["ola"]


def test_a_dismissed_teacher_is_still_found_by_who_looks_for_them(kim, ola, now):
    _dismissed(kim, ola, now)
    ranking = matches.ranking_of(kim, matches.Asked(), None, now)
    assert ranking.ids == [ola.id]


def test_bringing_somebody_back_twice_does_no_harm(kim, ola, now):
    _dismissed(kim, ola, now)
    assert [one.username for one in dismissals.dismissed_by(kim, now)] == ["ola"]
    for _press in range(2):
        with transaction():
            dismissals.bring_back(kim, "ola")
    assert list(dismissals.dismissed_by(kim, now)) == []
    assert recommended(kim, now) == ["ola"]


def test_dismissing_again_begins_the_days_anew(kim, ola, now):
    _dismissed(kim, ola, now)
    _dismissed(kim, ola, now + 10 * DAY)
    (one,) = dismissals.dismissed_by(kim, now + 95 * DAY)
    assert one.until == now + 100 * DAY


def test_nobody_dismisses_themselves_or_whom_they_cannot_see(kim, ola, now):
    _blocks(kim, ola, now)
    for name in ("kim", "ola", "nobody"):
        with pytest.raises(NotFound), transaction():
            dismissals.dismiss(kim, name, now)


def test_what_is_over_is_forgotten(kim, ola, now):
    _dismissed(kim, ola, now)
    step = ("forgotten", dismissals.forget_due)
    assert sweep.run(*step, now + 89 * DAY) == 0
    assert sweep.run(*step, now + 90 * DAY) == 1
    assert db.session.get(Dismissal, (kim.id, ola.id)) is None


@pytest.mark.parametrize("count", [5, 300])
def test_two_statements_however_many_there_are(now, queries, count):
    make_crowd(count, listed=True)
    viewer = make_person("vi", wants=("Craft 1", "Craft 2"))
    queries.clear()
    recommended(viewer, now)
    assert len(queries) <= 2
