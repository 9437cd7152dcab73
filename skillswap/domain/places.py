"""How many of the places somebody teaches in are taken? By the clock, for every read and verb."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, func, or_, select

from skillswap.db import Instant, earlier
from skillswap.models import Exchange, ExchangeLeg, ExchangeState
from skillswap.models.exchange import REST_AFTER


def is_active(now: Instant) -> ColumnElement[bool]:
    """Condition: an exchange is active by the clock too (`Exchange.is_active_at`)."""
    awake = and_(Exchange.complete_by.is_(None), Exchange.quiet_since > earlier(now, REST_AFTER))
    return and_(Exchange.state == ExchangeState.ACTIVE, or_(Exchange.complete_by > now, awake))


def places_query(user_id: int | SQLColumnExpression[int], now: Instant) -> Select[int]:
    """In how many active exchanges that person teaches. One that rests takes no place."""
    return (
        select(func.count(func.distinct(ExchangeLeg.exchange_id)))
        .join(Exchange, Exchange.id == ExchangeLeg.exchange_id)
        .where(ExchangeLeg.teacher_id == user_id, is_active(now))
    )
