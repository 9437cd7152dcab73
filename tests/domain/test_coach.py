"""Does the coach see what a pitch lacks, and keep quiet about what it has?"""

from __future__ import annotations

import pytest

from skillswap.domain.coach import About, HintKind, hints, likeness

GOOD = (
    "I would love to paint one small watercolour of the river for my mother by June. "
    "Tuesday evenings suit me best; I have held a brush twice."
)
ABOUT = About(skill="Watercolour")


def test_a_good_pitch_gets_no_hint():
    assert hints(GOOD, ABOUT) == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("I want watercolour on Tuesday", HintKind.SHORT),
        ("Watercolour on Tuesday evenings, and bring paper, pencils, brushes.", HintKind.GOAL),
        ("I would love to learn watercolour from somebody as patient as you are.", HintKind.TIME),
        ("I would love to paint something small with you on Tuesday evenings.", HintKind.SKILL),
    ],
)
def test_what_the_text_lacks_is_named_alone(body, kind):
    assert hints(body, ABOUT) == [kind]


def test_an_empty_text_lacks_all_of_it():
    everything = [HintKind.SHORT, HintKind.GOAL, HintKind.TIME, HintKind.SKILL]
    assert hints("", ABOUT) == everything


@pytest.mark.parametrize("word", ["7pm", "19:30", "weekends", "Sundays", "10 o'clock"])
def test_many_words_name_a_time(word):
    assert HintKind.TIME not in hints(f"I want watercolour, {word}", ABOUT)


@pytest.mark.parametrize("word", ["WATERCOLOUR", "watercolours", "Wätercolour"])
def test_a_skill_is_recognised_in_its_shapes(word):
    assert HintKind.SKILL not in hints(f"I like {word}", ABOUT)


def test_another_alphabet_is_not_asked_for_english_words():
    text = "Я мечтаю нарисовать реку для мамы, по вторникам вечером, акварелью, к июню месяцу."
    assert hints(text, About()) == []


def test_the_same_text_again_is_noticed_and_a_new_one_is_not():
    assert hints(GOOD, ABOUT, [GOOD.replace("mother", "father")]) == [HintKind.ALIKE]
    assert hints(GOOD, ABOUT, ["Hello, can you teach me some sourdough on Monday?"]) == []


def test_likeness_is_a_share():
    assert likeness(GOOD, GOOD) == 1
    assert likeness(GOOD, "") == 0
    assert likeness("one two", "one two") == 0  # too short to say


@pytest.mark.parametrize(
    ("about", "kind"),
    [
        (About(room=2), HintKind.NEARLY_FULL),
        (About(places_free=0), HintKind.NO_PLACE),
        (About(has_picture=False), HintKind.PICTURE),
        (About(bio_length=60), HintKind.BIO),
    ],
)
def test_people_are_looked_at_too(about, kind):
    assert hints(GOOD, about) == [kind]
