"""Whose points come from too few people, so that no board counts them?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, exists

from skillswap.models import PointsFlag


def off_boards(user_id: SQLColumnExpression[int], now: datetime) -> ColumnElement[bool]:
    """Condition: a pattern of collusion stands against this person. For boards."""
    return exists().where(
        PointsFlag.user_id == user_id, PointsFlag.cleared_at.is_(None), PointsFlag.until > now
    )
