"""What does somebody show beside their password when they log in?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import BigId, Model


class SecondStep(Model):
    """A secret shared with an app on the person's phone, which makes six digits of it (RFC 6238).

    Until `confirmed_at` it is being set up and asks nobody for anything. `last_count` is the half
    minute of the last code that was used: no code works twice.
    """

    __tablename__ = "second_steps"
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    sealed: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    # the recovery codes, sealed too, for the few minutes in which they are shown
    sealed_codes: Mapped[str] = mapped_column(String(600), default="")
    shown_until: Mapped[datetime | None] = mapped_column(index=True)
    last_count: Mapped[int] = mapped_column(BigInteger, default=0)


class RecoveryCode(Model):
    """One of ten codes for the day the phone is gone, each good once. SHA-256 of it is kept."""

    __tablename__ = "recovery_codes"
    __table_args__ = (
        Index("uq_recovery_codes_code", "user_id", "code_hash", unique=True),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]
