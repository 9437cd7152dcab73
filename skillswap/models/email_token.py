"""Which links were mailed, and what may each do once?"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from skillswap.db import BigId, Model, choice
from skillswap.models.user import User


class TokenPurpose(StrEnum):
    CONFIRM = "confirm"  # the address of the account: 24 hours
    RESET = "reset"  # the password: 30 minutes
    CHANGE = "change"  # a new address, `email` says which: 24 hours
    UNDO_CHANGE = "undo_change"  # mailed to the old address, `email` is that: 72 hours


class EmailToken(Model):
    """A mailed link. The row keeps the SHA-256 of its token; used or out of date, it is worthless.

    `bound_to` is a hash over the address and password it was made for: when either changes, the
    token no longer fits.
    """

    __tablename__ = "email_tokens"
    __table_args__ = (
        Index("ix_email_tokens_user", "user_id", "purpose", "created_at"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    user: Mapped[User] = relationship(lazy="raise_on_sql")
    purpose: Mapped[TokenPurpose] = mapped_column(choice(TokenPurpose))
    email: Mapped[str] = mapped_column(String(254))
    bound_to: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
