"""Which filters does an address ask for? Shape only: what nobody knows is dropped, and said."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict

from skillswap.domain.answering import Pace
from skillswap.domain.choice_counts import PACES
from skillswap.domain.narrowing import RATINGS, When
from skillswap.domain.searching import TERM_MOST, Filters, Sort
from skillswap.lib.languages import by_code
from skillswap.lib.text import Unprintable, clean_line
from skillswap.models import Level

LEVELS = {level.word: level for level in Level}
SORTS = {sort.value: sort for sort in Sort}
SLUG_MOST = 60
WHENS = {when.value: when for when in When}
STARS = {f"{rating / 1_000:g}": rating for rating in RATINGS}  # "4.5" -> 4,500
WITHIN: dict[str, Pace] = {pace.value: pace for pace in PACES}
ON = "1"  # of a box that is ticked


def read_filters(args: MultiDict[str, str], usual: Sort = Sort.RATING) -> tuple[Filters, bool]:
    """The filters, and whether a value had to be dropped because nobody knows it.

    An empty value is no value: a plain form sends one for each choice that was left open.
    `usual`: the order where none is asked for. The best fit is for those whom something can fit.
    """
    level, language = args.get("level", ""), args.get("language", "")
    sort, skill = args.get("sort", ""), args.get("skill", "")
    rating, answers = args.get("rating", ""), args.get("answers", "")
    when, boxes = args.getlist("when"), [args.get(name, "") for name in ("swap", "verified")]
    q, slug = read_term(args.get("q", "")), read_term(skill if len(skill) <= SLUG_MOST else "")
    dropped = (
        (level and level not in LEVELS)
        or (language and language not in by_code())
        or (sort and sort not in SORTS)
        or (rating and rating not in STARS)
        or (answers and answers not in WITHIN)
        or not set(when) <= {"", *WHENS}
        or not set(boxes) <= {"", ON}
        or (skill and not slug)
        or q is None
    )
    filters = Filters(
        q=q or "",
        skill=slug or "",
        level=LEVELS.get(level),
        language=language if language in by_code() else "",
        when=tuple(one for one in When if one.value in when),
        rating=STARS.get(rating, 0),
        answers=WITHIN.get(answers),
        swap=boxes[0] == ON,
        verified=boxes[1] == ON,
        sort=usual if sort == Sort.FIT else SORTS.get(sort, usual),
        usual=usual,
    )
    return filters, bool(dropped)


def read_term(text: str) -> str | None:
    """What was typed, cut. None: it holds characters that no skill and no name can hold."""
    try:
        return clean_line(text[:TERM_MOST])
    except Unprintable:
        return None


def query_of(filters: Filters) -> dict[str, Any]:
    """The filters as the shortest query string that asks for them: `url_for(…, **query_of(f))`."""
    asked = {
        "q": filters.q,
        "skill": filters.skill,
        "level": filters.level.word if filters.level else "",
        "language": filters.language,
        "when": [one.value for one in filters.when],
        "rating": f"{filters.rating / 1_000:g}" if filters.rating else "",
        "answers": filters.answers.value if filters.answers else "",
        "swap": ON if filters.swap else "",
        "verified": ON if filters.verified else "",
        "sort": filters.sort.value if filters.sort is not filters.usual else "",
    }
    return {name: value for name, value in asked.items() if value}
