"""Which spoken languages are there, and how does a row hold several? As bits of one integer."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

TABLE = Path(__file__).resolve().parent.parent / "data" / "languages.csv"


@dataclass(frozen=True, slots=True)
class Language:
    """One spoken language; `bit` never changes, since rows hold it."""

    bit: int
    code: str
    name: str
    native_name: str

    @property
    def mask(self) -> int:
        """The integer with this language's bit alone."""
        return 1 << self.bit


@lru_cache(maxsize=1)
def languages() -> tuple[Language, ...]:
    """All languages, by English name."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [
            Language(int(row["bit"]), row["code"], row["name"], row["native_name"])
            for row in csv.DictReader(file)
        ]
    return tuple(sorted(rows, key=lambda language: language.name))


@lru_cache(maxsize=1)
def by_code() -> dict[str, Language]:
    """The languages by their BCP 47 code."""
    return {language.code: language for language in languages()}


def mask_of(codes: list[str]) -> int:
    """The mask of those codes; unknown codes raise KeyError."""
    mask = 0
    for code in codes:
        mask |= by_code()[code].mask
    return mask


@lru_cache(maxsize=4096)
def codes_of(mask: int) -> tuple[str, ...]:
    """The codes in a mask, by English name."""
    return tuple(language.code for language in languages() if mask & language.mask)


@lru_cache(maxsize=4096)
def language_names(mask: int) -> tuple[str, ...]:
    """The English names in a mask, sorted."""
    return tuple(language.name for language in languages() if mask & language.mask)
