"""Which filters does an address ask for? Shape only: what nobody knows is dropped, and said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skillswap.domain.searching import TERM_MOST, Filters, Sort
from skillswap.lib.languages import by_code
from skillswap.lib.text import Unprintable, clean_line
from skillswap.models import Level

LEVELS = {level.word: level for level in Level}
SORTS = {sort.value: sort for sort in Sort}
SLUG_MOST = 60


def read_filters(args: Mapping[str, str], usual: Sort = Sort.RATING) -> tuple[Filters, bool]:
    """The filters, and whether a value had to be dropped because nobody knows it.

    An empty value is no value: a plain form sends one for each choice that was left open.
    `usual`: the order where none is asked for. The best fit is for those whom something can fit.
    """
    level, language = args.get("level", ""), args.get("language", "")
    sort, skill = args.get("sort", ""), args.get("skill", "")
    q, slug = _term(args.get("q", "")), _term(skill if len(skill) <= SLUG_MOST else "")
    dropped = (
        (level and level not in LEVELS)
        or (language and language not in by_code())
        or (sort and sort not in SORTS)
        or (skill and not slug)
        or q is None
    )
    filters = Filters(
        q=q or "",
        skill=slug or "",
        level=LEVELS.get(level),
        language=language if language in by_code() else "",
        sort=usual if sort == Sort.FIT else SORTS.get(sort, usual),
        usual=usual,
    )
    return filters, bool(dropped)


def _term(text: str) -> str | None:
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
        "sort": filters.sort.value if filters.sort is not filters.usual else "",
    }
    return {name: value for name, value in asked.items() if value}
