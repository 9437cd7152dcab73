"""Whom the leads keep for later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from skillswap.domain import saved_teachers
from skillswap.models import User

SAVED = {
    "ada": ("hannah-whitcombe", "camila-rojas", "priya-raman"),
    "ben": ("phoebe-langdon", "hannah-whitcombe", "sofia-ferrari"),
}


def fill(users: Mapping[str, User], now: datetime) -> None:
    """A few teachers for each lead, the last one saved yesterday."""
    for lead, names in SAVED.items():
        for days, name in zip(range(len(names), 0, -1), names, strict=True):
            if name in users:
                saved_teachers.save(users[lead], name, now - timedelta(days=days))
