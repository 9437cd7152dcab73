"""People are found by their names, also misspelt, and their words follow their names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from skillswap.db import db, transaction
from skillswap.domain import name_words, safety
from skillswap.domain.name_words import search_people
from skillswap.domain.visibility import person_named
from skillswap.lib.spelling import is_close, keys_of
from skillswap.models import PersonWord
from tests import people

WORDS = st.text("abcd", min_size=2, max_size=7)


def found(typed: str, reader=None) -> list[str]:
    return [one.username for one in search_people(typed, reader, 10)]


@pytest.fixture
def crowd(app):
    for username, first, last in (
        ("ines-duarte", "Inês", "Duarte"),
        ("marta-kowalczyk", "Marta", "Kowalczyk"),
        ("martin-kovac", "Martin", "Kováč"),
        ("oyelaran", "Adébáyọ̀", "Oyèláràn"),
    ):
        people.make_person(username, first_name=first, last_name=last)


@pytest.mark.parametrize(
    ("typed", "who"),
    [
        ("ines", "ines-duarte"),
        ("DUARTE", "ines-duarte"),
        ("duatre", "ines-duarte"),  # two swapped
        ("Inez Duarte", "ines-duarte"),  # another one
        ("kowalczk", "marta-kowalczyk"),  # one less
        ("kowallczyk", "marta-kowalczyk"),  # one more
        ("marta kow", "marta-kowalczyk"),
        ("kowalczyk marta", "marta-kowalczyk"),
        ("oyelarn", "oyelaran"),
    ],
)
def test_a_name_is_found_by_its_words_their_beginnings_and_a_slip_away(crowd, typed, who):
    assert found(typed)[0] == who


@pytest.mark.parametrize("typed", ["", "  ", "zz", "marta duarte", "k\x00o", "%", "a" * 500])
def test_what_names_nobody_finds_nobody(crowd, typed):
    assert found(typed) == []


def test_the_closest_come_first(crowd):
    people.make_person("mart", first_name="Mart", last_name="Uibo")
    assert found("mart")[0] == "mart"


def test_who_may_not_be_seen_is_not_found(crowd, ada, ben, now):
    with transaction():
        safety.block(ben, "ada", now)
        safety.suspend(person_named("ines-duarte"), days=1, reason="", now=now)
    assert found("ada", ben) == found("ben", ada) == found("ines", ada) == []
    assert found("ada") == ["ada"]


def test_a_new_name_replaces_the_old_words(crowd, ada):
    with transaction():
        person = db.session.merge(ada)
        person.first_name, person.last_name, person.username = "Adele", "Moreau", "adele"
    assert found("adele moreau") == ["adele"]
    assert found("example") == []
    assert list(name_words.drift()) == []


def test_drift_is_noticed_and_mended(crowd, ada, app):
    with transaction():
        db.session.execute(delete(PersonWord).where(PersonWord.user_id == ada.id))
    assert list(name_words.drift()) == [f"the words of person {ada.id}"]
    assert app.test_cli_runner().invoke(args=["reindex"]).exit_code == 0
    assert list(name_words.drift()) == []
    assert found("ada") == ["ada"]


def test_a_search_costs_three_statements_however_many_there_are(crowd, queries):
    for number in range(20):
        people.make_person(f"duarte-{number}", first_name="Ines", last_name="Duarte")
    queries.clear()
    assert len(search_people("inez duarte", None, 10)) == 10
    assert len(queries) == 3


@given(WORDS, WORDS)
def test_words_one_slip_apart_share_a_key(one, other):
    """Against the definition: every edit of one, written out."""
    edits = {one}
    for at in range(len(one) + 1):
        edits.update(one[:at] + sign + one[at:] for sign in "abcd")
        edits.update(one[:at] + sign + one[at + 1 :] for sign in "abcd" if at < len(one))
        edits.add(one[:at] + one[at + 1 :])
        edits.add(one[:at] + one[at : at + 2][::-1] + one[at + 2 :])
    assert is_close(one, other) == (other in edits)
    if other in edits and min(len(one), len(other)) >= 3:
        assert keys_of(one) & keys_of(other)
