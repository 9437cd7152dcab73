"""Which words are one slip of the fingers apart? Knows nothing of SkillSwap."""

from __future__ import annotations

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


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """How much two texts look alike by their trigrams, from 0 to 1 (Dice's coefficient)."""
    total = len(one) + len(other)
    return 2 * len(one & other) / total if total else 0.0
