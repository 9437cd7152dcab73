"""Texts of people: what is kept, what is refused, what finds them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillswap.lib.text import Unprintable, clean_body, clean_line, mixes_alphabets, search_key


def test_a_line_is_composed_and_has_single_spaces():
    assert clean_line("  Ine\u0302s \t Duarte\n") == "In\u00eas Duarte"


@pytest.mark.parametrize(
    # two of them need a joiner that is not seen
    "name",
    ["Zoë", "نیلوفر", "می\u200cخواهم", "क्\u200dष", "O’Brien", "李雷", "😀"],  # noqa: RUF001
)
def test_names_of_any_script_stay_as_they_are(name):
    assert clean_line(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    "sign",
    ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\u202e", "\u2066", "\u200b", "\u3164", "\ud800"],
)
def test_a_line_refuses_what_cannot_be_seen_or_turns_the_rest(sign):
    with pytest.raises(Unprintable):
        clean_line(f"a{sign}b")


def test_marks_that_were_pasted_along_are_dropped():
    assert clean_line("\ufeffAda\u200e") == "Ada"


@pytest.mark.parametrize("nothing", ["", "   ", "\u200d", " \u200c \u200d "])
def test_a_line_of_nothing_visible_is_empty(nothing):
    assert clean_line(nothing) == ""


def test_a_body_keeps_its_lines_and_its_emoji():
    assert (
        clean_body("\r\nOne  \r\nTwo\r\r\r\r\r\rThree 👩\u200d🎨 \n")
        == "One\nTwo\n\n\nThree 👩\u200d🎨"
    )


@pytest.mark.parametrize("sign", ["\x00", "\x08", "\u202e", "\ud800"])
def test_a_body_refuses_controls_and_overrides(sign):
    with pytest.raises(Unprintable):
        clean_body(f"one\n{sign}two")


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Inês  Søgaard", "ines sogaard"),
        ("Łukasz", "lukasz"),
        ("STRASSE", search_key("Straße")),
        ("ŒUVRE", "oeuvre"),
        ("İstanbul", "istanbul"),
        ("Ñandú", "nandu"),
    ],
)
def test_a_search_key_knows_neither_case_nor_accents(typed, key):
    assert search_key(typed) == key


@given(st.text(max_size=40))
def test_a_search_key_is_the_same_for_its_own_key(text):
    assert search_key(search_key(text)) == search_key(text)


@given(st.text(max_size=60))
def test_what_is_clean_stays_as_it_is(text):
    for clean in (clean_line, clean_body):
        try:
            once = clean(text)
        except Unprintable:
            continue
        assert clean(once) == once


@pytest.mark.parametrize("name", ["adm\u0456n", "\u0410da", "Zo\u03bf"])
def test_a_word_of_two_alphabets_is_noticed(name):
    assert mixes_alphabets(name)


@pytest.mark.parametrize("name", ["Иван Ivan", "Ada", "Νίκος", "李 Li", "Zoë", "田中さくら"])
def test_two_words_of_two_alphabets_are_fine(name):
    assert not mixes_alphabets(name)
