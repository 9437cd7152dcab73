"""What do the people of the demo write to each other? Nothing twice, and nothing that is untrue."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from skillswap.demo.cast import Person, hours_apart, returns_of
from skillswap.domain.catalogue import catalogue
from skillswap.lib.clock import MONTHS
from skillswap.models import DeclineReason

TABLE = Path(__file__).resolve().parent.parent / "data" / "demo_texts.json"
# the first words of skills that keep their capital inside a sentence: products and places
PROPER = frozenset(
    """
    Arabic Argentine Blender Carnatic Django Docker Elixir English Ethiopian Excel Figma Flask
    French Git Go Haskell Hindustani Illustrator Indian Inkscape Italian Japanese Java Kotlin
    Korean Lebanese Linux Lua Mexican Moroccan Notion Peruvian Photoshop Python R Raspberry React
    Rubik's Ruby Rust Scratch Sichuan South Swift Thai Turkish Vue West
    """.split()
)
PLAIN = frozenset({"Pronunciation", "Te"})  # of the languages, those that begin with another word
SENTENCE_START = re.compile(r"(^|[.?] )(\{(?:skill|offered)\})")
NEW_HERE = timedelta(days=7)
KNOWN_HERE = timedelta(days=100)
SOON_MONTHS = range(2, 10)  # so many months ahead a month may lie to be looked forward to
TEMPLATE_SHARE = 0.6
NO_BRACES = str.maketrans("", "", "{}")


@lru_cache(maxsize=1)
def _texts() -> dict[str, Any]:
    texts: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return texts


@lru_cache(maxsize=1)
def _names() -> dict[str, tuple[str, str]]:
    return {entry.slug: (entry.name, entry.category) for entry in catalogue()}


def in_a_sentence(slug: str) -> str:
    """The skill's name as it stands within a sentence: "sourdough", but "Python" and "CV writing".

    Languages, names of products and places, and whatever has a capital or a sign inside its
    first word keep their capital.
    """
    name, category = _names()[slug]
    first = name.split()[0]
    is_language = category == "Languages" and first not in PLAIN
    keeps = is_language or first in PROPER or not first[1:].replace("-", "").islower()
    return name if keeps else name[0].lower() + name[1:]


@dataclass(frozen=True, slots=True)
class Letter:
    """Who writes to whom about what, and when."""

    learner: Person
    teacher: Person
    skill: str
    offered: str  # "" when nothing is offered in return
    at: datetime

    @property
    def age(self) -> int:
        """Of the one who writes."""
        return self.at.year - self.learner.birth_year

    @property
    def is_beginner(self) -> bool:
        """What the list of the one who writes says about the skill."""
        line = self.learner.wanted.get(self.skill)
        return line is None or line.level == "beginner"

    def fill(self, text: str) -> str:
        """The text with names and skills put in."""
        names = {"skill": in_a_sentence(self.skill)}
        if self.offered:
            names["offered"] = in_a_sentence(self.offered)
        text = SENTENCE_START.sub(
            lambda found: found[1] + _upper(names[found[2][1:-1]]),
            text,
        )
        return text.format(
            teacher=self.teacher.first_name, learner=self.learner.first_name, **names
        )


def _upper(words: str) -> str:
    return words[0].upper() + words[1:]


HANDS_ON = ("Music", "Visual arts", "Crafts", "Games", "Photography and film")
# what must be true of a letter that says so
ONLY_IF: Sequence[tuple[str, Callable[[Letter], bool]]] = (
    ("I turned fifty", lambda letter: letter.age in range(50, 53)),
    ("sixty-eight", lambda letter: letter.age in range(67, 70)),
    ("joined this week", lambda letter: letter.at - letter.learner.joined_at < NEW_HERE),
    ("time zones", lambda letter: hours_apart(letter.learner, letter.teacher, letter.at) >= 1),
    ("two languages", lambda letter: _common_languages(letter) >= 2),
    ("say you are patient", lambda letter: letter.at - letter.teacher.joined_at > KNOWN_HERE),
    ("what others say", lambda letter: letter.at - letter.teacher.joined_at > KNOWN_HERE),
    ("pharmac", lambda letter: "pharmac" in letter.learner.bio),
    ("between jobs", lambda letter: "between jobs" in letter.learner.bio),
    ("travel for work", lambda letter: "travel" in letter.learner.bio),
    ("I work shifts", lambda letter: "shift" in letter.learner.bio),
    ("taught others for years", lambda letter: "taught" in letter.learner.bio),
    ("my trade", lambda letter: letter.learner.offered[letter.offered].level == "expert"),
    ("in a cupboard", lambda letter: _names()[letter.skill][1] in HANDS_ON),
    ("beginner in {skill}", lambda letter: letter.is_beginner),
    ("I am a beginner", lambda letter: letter.is_beginner),
    ("new to {skill}", lambda letter: letter.is_beginner),
    ("first steps", lambda letter: letter.is_beginner),
    ("very start", lambda letter: letter.is_beginner),
    ("from the beginning", lambda letter: letter.is_beginner),
    ("is low", lambda letter: letter.is_beginner),
    ("begin {skill}", lambda letter: letter.is_beginner),
    ("after twelve years", lambda letter: letter.age >= 35 and not letter.is_beginner),
    ("theory of {skill}", lambda letter: not letter.is_beginner),
)


def _common_languages(letter: Letter) -> int:
    return len(set(letter.learner.languages) & set(letter.teacher.languages))


def _months_fit(text: str, at: datetime) -> bool:
    """Whether the first month a text names lies a good while ahead of the day it is written."""
    named = [month for month in MONTHS if month in text and month not in ("May", "March")]
    ahead = [(MONTHS.index(month) + 1 - at.month) % 12 for month in named]
    return not ahead or min(ahead) in SOON_MONTHS


def fits(text: str, letter: Letter) -> bool:
    """Whether everything the text says is true of these two on that day."""
    if not _months_fit(text, letter.at):
        return False
    return all(is_true(letter) for words, is_true in ONLY_IF if words in text)


class Words:
    """Hands out texts; nobody gets one that somebody else has had."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.fresh = {
            kind: rng.sample(texts, len(texts)) for kind, texts in _texts()["pitches"].items()
        }
        self.had: dict[str, set[str]] = {}

    def lead(self, letter: Letter, key: str) -> str:
        """One of the pitches written for those whom people sign in as."""
        text: str = _texts()["leads"][key]
        return letter.fill(text)

    def pitch(self, letter: Letter) -> str:
        """A pitch: a ready one that fits, or one made around the writer's own note."""
        both = letter.offered and letter.offered in returns_of(letter.learner, letter.teacher)
        ready = self.fresh["with_offer" if both else "without_offer"]
        if (both or not letter.offered) and self.rng.random() < TEMPLATE_SHARE:
            for text in ready:
                if fits(text, letter):
                    ready.remove(text)
                    return letter.fill(text)
        return self._made(letter)

    def _made(self, letter: Letter) -> str:
        parts = _texts()["composed"]
        line = letter.learner.wanted.get(letter.skill)
        sentences = [self._one_of(letter.learner, "openings", parts["openings"])]
        if line and line.note:
            frame = self._one_of(letter.learner, "notes", parts["notes"])
            sentences.append(frame.format(note=line.note.rstrip(".").translate(NO_BRACES)))
        if letter.offered:
            sentences.append(self._one_of(letter.learner, "returns", parts["returns"]))
        sentences.append(self._one_of(letter.learner, "closings", parts["closings"]))
        return letter.fill(" ".join(sentences))

    def accept(self, letter: Letter) -> str:
        """What a teacher says with a yes; sometimes nothing."""
        texts = [
            text for text in _texts()["accept_words"] if letter.offered or "the swap" not in text
        ]
        return self._sometimes(letter.teacher, "accept_words", texts, 0.7)

    def decline(self, letter: Letter, reason: DeclineReason) -> str:
        """What a teacher says with a no; sometimes nothing."""
        texts = _texts()["decline_words"][reason.value]
        return letter.fill(self._sometimes(letter.teacher, reason.value, texts, 0.8))

    def preparation(self, teacher: Person, skill: str) -> str:
        """What to bring to a session; sometimes nothing."""
        texts = _texts()["preparations"]
        fitting = [*texts["any"], *texts.get(_names()[skill][1], ())]
        return self._sometimes(teacher, "preparations", fitting, 0.45)

    def offer(self, proposer: Person) -> str:
        """A line beside offered times; often nothing."""
        return self._sometimes(proposer, "offer_words", _texts()["offer_words"], 0.4)

    def cancel(self, person: Person) -> str:
        """Why a session is called off."""
        return self._one_of(person, "cancel_words", _texts()["cancel_words"])

    def ending(self, person: Person) -> str:
        """Why an exchange ends before its goal."""
        return self._one_of(person, "ending_words", _texts()["ending_words"])

    def _sometimes(self, person: Person, kind: str, texts: Sequence[str], share: float) -> str:
        return self._one_of(person, kind, texts) if self.rng.random() < share else ""

    def _one_of(self, person: Person, kind: str, texts: Sequence[str]) -> str:
        """One this person has not used before, as long as there are any."""
        had = self.had.setdefault(f"{person.username} {kind}", set())
        text = self.rng.choice([text for text in texts if text not in had] or texts)
        had.add(text)
        return text
