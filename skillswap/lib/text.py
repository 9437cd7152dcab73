"""Which characters may a text of a person hold, and how is it compared in a search?

One rule for every door: whoever stores what somebody typed passes it through here first.
"""

from __future__ import annotations

import html
import re
import unicodedata

ZWNJ, ZWJ = "\u200c", "\u200d"  # Persian and Indic names need them
MARKS = re.compile(r"[\u200e\u200f\u00ad\ufeff]")  # pasted along, never seen, never meant
# letters without a glyph: a name of these alone would look empty
BLANK_LETTERS = frozenset("\u115f\u1160\u17b4\u17b5\u180e\u2800\u3164\uffa0")
# turn the reading direction of everything behind them
BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LINE_BREAKS = re.compile(r"\r\n?|[\u2028\u2029]")
SPACE_BEFORE_BREAK = re.compile(r"[ \t]+\n")
WITHIN_A_LINE = re.compile(r"</?(?:a|code|del|em|strong)\b[^>]*>")
TAG = re.compile(r"<[^>]*>")
MANY_BREAKS = re.compile(r"\n{4,}")
# alphabets with letters that look like one another's
LOOK_ALIKE = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
# letters that do not fall apart into a plain one and an accent
PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
    | {"\u0131": "i", "ŋ": "n", "ĸ": "k"}
)


class Unprintable(ValueError):
    """The text holds characters that nobody can see or that turn what stands around them."""


def _refuse(text: str, *, hidden_letters: bool) -> None:
    for sign in text:
        if sign in BIDI:
            raise Unprintable("bidi control")
        category = unicodedata.category(sign)
        if category in ("Cc", "Cs") and sign not in "\n\t":
            raise Unprintable("control character")
        if not hidden_letters and (
            sign in BLANK_LETTERS or (category == "Cf" and sign not in (ZWNJ, ZWJ))
        ):
            raise Unprintable("invisible character")


def clean_line(text: str) -> str:
    """A name, a title, one line: NFC, single spaces, none at the ends.

    Raises Unprintable for control, bidi and invisible characters. May come out empty, and in
    rare scripts longer than it went in: check lengths afterwards.
    """
    text = MARKS.sub("", unicodedata.normalize("NFC", text))
    _refuse(re.sub(r"[\r\n\t\u2028\u2029]", " ", text), hidden_letters=False)
    return " ".join(text.split()) if text.strip(ZWNJ + ZWJ + " \r\n\t") else ""


def clean_body(text: str) -> str:
    """Several lines: NFC, `\\n` alone as line break, at most two empty lines in a row.

    Raises Unprintable for control characters and bidi overrides; emoji keep their joiners.
    """
    text = LINE_BREAKS.sub("\n", unicodedata.normalize("NFC", text))
    _refuse(text, hidden_letters=True)
    return MANY_BREAKS.sub("\n\n\n", SPACE_BEFORE_BREAK.sub("\n", text)).strip()


def search_key(text: str) -> str:
    """The text without case, accents and double spaces: "Inês Søgaard" is "ines sogaard"."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(PLAIN))
    bare = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return " ".join(bare.casefold().translate(PLAIN).split())


def mixes_alphabets(text: str) -> bool:
    """Whether one word takes letters from two alphabets that look alike: "admin" with a
    Cyrillic i.
    """
    for word in text.split():
        found = {
            unicodedata.name(sign, "").split(" ", 1)[0] for sign in word if sign.isalpha()
        } & set(LOOK_ALIKE)
        if len(found) > 1:
            return True
    return False


def beginning_of(markup: str, most: int) -> str:
    """The first words of our own markup as plain text, at most so many characters."""
    words = " ".join(html.unescape(TAG.sub(" ", WITHIN_A_LINE.sub("", markup))).split())
    if len(words) <= most:
        return words
    return f"{words[: most - 1].rsplit(' ', 1)[0].rstrip(',;:.')}…"
