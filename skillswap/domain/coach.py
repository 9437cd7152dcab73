"""What would make a pitch easier to answer? Hints while it is written; none of them blocks.

Pure: texts and numbers in, hints out. Goal and time are looked for by English words; a text in
another alphabet is not asked for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from skillswap.lib.text import search_key

ENOUGH = 60  # characters
BIO_ENOUGH = 120
SHINGLE = 3  # words
ALIKE = 0.8
NEARLY_FULL = 2  # open pitches a teacher still takes
GOAL = re.compile(
    r"\b(?:goals?|aims?|dreams?|hop(?:e|ing)|plan(?:ning)?|want|wish|need|able|"
    r"would (?:like|love)|i'?d (?:like|love)|so that|in order|because|learn (?:how )?to|"
    r"for (?:my|a|an|our))\b"
)
TIME = re.compile(
    r"\b(?:mon|tues?|wednes|thurs?|fri|satur|sun)days?\b|"
    r"\b(?:mornings?|noon|afternoons?|evenings?|nights?|lunch\w*|weekends?|weekdays?|weeks?|weekly|"
    r"daily|hours?|minutes?|tomorrow|tonight|january|february|march|april|may|june|july|august|"
    r"september|october|november|december)\b|\b\d{1,2}(?::\d\d|\s?[ap]m|\s?o.?clock)\b"
)
WORD = re.compile(r"\w+")


class HintKind(StrEnum):
    SHORT, GOAL, TIME, SKILL = "short", "goal", "time", "skill"
    ALIKE, NEARLY_FULL, NO_PLACE = "alike", "nearly_full", "no_place"
    PICTURE, BIO = "picture", "bio"


@dataclass(frozen=True, slots=True)
class About:
    """What else the coach knows: the skill asked for, my profile, the teacher's room."""

    skill: str = ""
    has_picture: bool = True
    bio_length: int = BIO_ENOUGH
    room: int = NEARLY_FULL + 1  # open pitches the teacher still takes
    places_free: int = 1


def hints(body: str, about: About, others: Sequence[str] = ()) -> list[HintKind]:
    """What could be better, the text first. `others` are earlier pitches of the same person."""
    return [*_of_text(body, about), *_of_people(body, about, others)]


def _of_text(body: str, about: About) -> Iterator[HintKind]:
    key = search_key(body)
    latin = bool(re.search(r"[a-z]", key)) or not key
    if len(body.strip()) < ENOUGH:
        yield HintKind.SHORT
    if latin and not GOAL.search(key.replace("’", "'")):
        yield HintKind.GOAL
    if latin and not TIME.search(key):
        yield HintKind.TIME
    if about.skill and not _mentions(key, about.skill):
        yield HintKind.SKILL


def _mentions(key: str, skill: str) -> bool:
    """Whether one of the longer words of the skill's name begins a word of the text."""
    words = WORD.findall(search_key(skill))
    stems = [word[: max(4, len(word) - 3)] for word in words if len(word) > 3] or words
    return any(word.startswith(stem) for stem in stems for word in WORD.findall(key))


def _of_people(body: str, about: About, others: Sequence[str]) -> Iterator[HintKind]:
    if any(is_alike(body, other) for other in others):
        yield HintKind.ALIKE
    if about.places_free <= 0:
        yield HintKind.NO_PLACE
    elif about.room <= NEARLY_FULL:
        yield HintKind.NEARLY_FULL
    if not about.has_picture:
        yield HintKind.PICTURE
    if about.bio_length < BIO_ENOUGH:
        yield HintKind.BIO


def is_alike(one: str, other: str) -> bool:
    """Whether the first text is nearly the other: most of its runs of words, or all its letters,
    where a script has no spaces or the text is too short for such a run.
    """
    return likeness(one, other) >= ALIKE or WORD.findall(search_key(one)) == WORD.findall(
        search_key(other)
    )


def likeness(one: str, other: str) -> float:
    """How much of one text stands in the other, 0 to 1: of its runs of three words, those in
    both.
    """
    mine, theirs = _shingles(one), _shingles(other)
    if not mine or not theirs:
        return 0.0
    return len(mine & theirs) / len(mine)


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = WORD.findall(search_key(text))
    return {tuple(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1)}
