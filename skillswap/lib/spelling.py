"""Which words are one slip of the fingers apart? Knows nothing of SkillSwap."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

SHORTEST = 3  # of a word that may be misspelt: shorter ones are all alike
LONGEST = 24  # letters of a word that count


def keys_of(word: str) -> set[str]:
    """What a word and every misspelling of it have in common: itself, and itself less one letter.

    Two words that are one slip apart share a key; some that are two apart do as well, so compare
    by `is_close` afterwards.
    """
    word = word[:LONGEST]
    if len(word) < SHORTEST:
        return {word}
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def is_close(one: str, other: str) -> bool:
    """Whether one slip at most lies between them: a letter more, less, another, or two swapped."""
    one, other = one[:LONGEST], other[:LONGEST]
    if one == other:
        return True
    if abs(len(one) - len(other)) > 1 or min(len(one), len(other)) < SHORTEST - 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    rest, its = one[start:], other[start:]
    if len(one) == len(other):
        return rest[1:] == its[1:] or (rest[:2] == its[1::-1] and rest[2:] == its[2:])
    longer, shorter = (rest, its) if len(rest) > len(its) else (its, rest)
    return longer[1:] == shorter


def trigrams(text: str) -> frozenset[str]:
    """The runs of three signs of each word, its edges being signs too: "ab" is " ab" and "ab "."""
    found = set[str]()
    for word in text.split():
        edged = f" {word} "
        found.update(edged[at : at + 3] for at in range(len(edged) - 2))
    return frozenset(found)


SLIP, INITIAL = 0.4, 0.1  # what it adds to be one slip away, and to begin alike
LEAST = 0.39  # of a likeness that is worth mentioning


class Speller:
    """Finds the names that somebody may have meant, among some thousand, without a database."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """`names`: search key -> what is meant by it; several keys may mean the same."""
        self._names = [(key, name, len(trigrams(key))) for key, name in names.items()]
        self._holding: dict[str, list[int]] = defaultdict(list)
        self._slips: dict[str, list[int]] = defaultdict(list)
        for place, (key, _name, _size) in enumerate(self._names):
            for gram in trigrams(key):
                self._holding[gram].append(place)
            for one in keys_of(key):
                self._slips[one].append(place)

    def nearest(self, typed: str, limit: int) -> list[str]:
        """Up to so many, the likest first. `typed` is a search key.

        Likeness is the share of common trigrams (Dice's coefficient), and a little more for what
        is one slip away or begins with the same letter.
        """
        grams = trigrams(typed)
        common = Counter(place for gram in grams for place in self._holding.get(gram, ()))
        slips = {place for one in keys_of(typed) for place in self._slips.get(one, ())}
        best: dict[str, float] = {}
        for place in common.keys() | slips:
            key, name, size = self._names[place]
            likeness = 2 * common[place] / (len(grams) + size)
            likeness += SLIP * is_close(typed, key) + INITIAL * (typed[:1] == key[:1])
            best[name] = max(likeness, best.get(name, LEAST))
        close = [name for name, likeness in best.items() if likeness > LEAST]
        return sorted(close, key=lambda name: (-best[name], name))[:limit]
