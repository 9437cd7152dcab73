"""Lists are cut into pages that miss nobody, and a forged cursor is no error."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, insert, select

from skillswap.db import UtcDateTime
from skillswap.lib.keyset import Key, encode, page, paginate

T = Table(
    "t",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("rank", Integer),
    Column("at", UtcDateTime),
)
START = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = [
    {"id": number, "rank": number % 3, "at": START + timedelta(minutes=number % 5)}
    for number in range(1, 48)
]


def walk(keys: list[Key], limit: int) -> list[int]:
    """The ids of all pages, one after the other."""
    engine = create_engine("sqlite://")
    T.metadata.create_all(engine)
    found: list[int] = []
    with engine.begin() as connection:
        connection.execute(insert(T), ROWS)
        cursor = None
        while True:
            rows = connection.execute(paginate(select(T), keys, cursor, limit)).all()
            part = page(rows, keys, limit)
            found += [row.id for row in part]
            cursor = part.after
            if cursor is None:
                return found


@pytest.mark.parametrize("limit", [1, 7, 20])
@pytest.mark.parametrize("ways", [(True, True, True), (False, False, False), (True, False, True)])
def test_every_row_comes_once_and_in_order(ways: tuple[bool, ...], limit: int) -> None:
    names = ("rank", "at", "id")
    keys = [Key(T.c[name], name, way) for name, way in zip(names, ways, strict=True)]

    def order(row: dict[str, object]) -> tuple[float, ...]:
        plain = (row["rank"], row["at"].timestamp(), row["id"])  # type: ignore[attr-defined]
        return tuple(-v if way else v for v, way in zip(plain, ways, strict=True))  # type: ignore[operator]

    assert walk(keys, limit) == [row["id"] for row in sorted(ROWS, key=order)]


@pytest.mark.parametrize("values", [["a", "b", "c"], [1, 2, 3], [START, START, 1], [1], [None] * 3])
def test_a_cursor_with_other_types_starts_the_list_anew(values: list[object]) -> None:
    keys = [Key(T.c.rank, "rank"), Key(T.c.at, "at"), Key(T.c.id, "id")]
    asked = paginate(select(T), keys, encode(values))
    assert str(asked) == str(paginate(select(T), keys, None))
