"""How is a long list cut into pages that stay put while rows arrive?"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal, or_, tuple_

# a query whose columns the type checker need not know
AnySelect = Select[*tuple[Any, ...]]
PAGE_SIZE = 20
MAX_PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Key:
    """One column of the order: its expression, the row attribute it arrives in, its direction."""

    column: ColumnElement[Any]
    name: str
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows and the cursor after the last of them; `after` is None on the last page."""

    rows: Sequence[Any]
    after: str | None

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def encode(values: Sequence[Any]) -> str:
    """The cursor for a row's key values: opaque, URL-safe, not secret."""
    plain = [
        {"t": int(v.timestamp() * 1_000_000)} if isinstance(v, datetime) else v for v in values
    ]
    raw = json.dumps(plain, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(cursor: str, length: int) -> list[Any] | None:
    """The key values of a cursor, or None when it is not one of ours (the list starts anew)."""
    if len(cursor) > 400:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        plain = json.loads(raw)
    except (binascii.Error, ValueError):
        return None
    if not isinstance(plain, list) or len(plain) != length:
        return None
    values = [_plain(value) for value in plain]
    return None if _BAD in values else values


_BAD: Any = object()


def _plain(value: Any) -> Any:
    """One key value as the database takes it, or `_BAD`."""
    match value:
        case bool():
            return _BAD
        case {"t": int(micros)} if 0 <= micros < 2**53:
            return datetime.fromtimestamp(micros / 1_000_000, UTC)
        case int() if -(2**63) <= value < 2**63:
            return value
        case str() if "\x00" not in value:
            return value
    return _BAD


def _values(cursor: str, keys: Sequence[Key]) -> list[Any] | None:
    """The cursor's values, or None when they are of other types than the keys: a forged one."""
    values = decode(cursor, len(keys))
    if values is None:
        return None
    fits = (isinstance(v, k.column.type.python_type) for k, v in zip(keys, values, strict=True))
    return values if all(fits) else None


def _after(keys: Sequence[Key], values: Sequence[Any]) -> ColumnElement[bool]:
    """Condition: the row comes after these values in the order of the keys."""
    if len({key.descending for key in keys}) == 1:
        # one comparison of rows: an index over the keys is entered at the right place, also
        # where thousands share the first value
        mine = tuple_(*(key.column for key in keys))
        last = tuple_(*(literal(v, k.column.type) for k, v in zip(keys, values, strict=True)))
        return mine < last if keys[0].descending else mine > last
    branches = []
    for position, key in enumerate(keys):  # spelled out because the directions differ
        same = [k.column == v for k, v in zip(keys[:position], values, strict=False)]
        value = values[position]
        beyond = key.column < value if key.descending else key.column > value
        branches.append(and_(*same, beyond))
    return or_(*branches)


def behind(query: AnySelect, keys: Sequence[Key], cursor: str | None) -> AnySelect:
    """The rows after the cursor; all of them without one, or with one that is none of ours."""
    if cursor and (values := _values(cursor, keys)) is not None:
        return query.where(_after(keys, values))
    return query


def paginate(
    query: AnySelect, keys: Sequence[Key], cursor: str | None, limit: int = PAGE_SIZE
) -> AnySelect:
    """Order `query` by `keys` and start after `cursor`; asks for one row more than a page.

    The last key must be unique. Give the rows it yields to `page()`.
    """
    limit = max(1, min(limit, MAX_PAGE_SIZE))
    query = behind(query, keys, cursor)
    order = [key.column.desc() if key.descending else key.column.asc() for key in keys]
    return query.order_by(*order).limit(limit + 1)


def page(rows: Sequence[Any], keys: Sequence[Key], limit: int = PAGE_SIZE) -> Page:
    """Cut the extra row off and make the cursor from the last one kept."""
    limit = max(1, min(limit, MAX_PAGE_SIZE))
    kept = rows[:limit]
    more = len(rows) > limit
    return Page(kept, encode([getattr(kept[-1], key.name) for key in keys]) if more else None)
