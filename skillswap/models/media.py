"""Which files do people own?"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import BigId, Model, choice


class MediaKind(StrEnum):
    AVATAR = "avatar"
    CHAT = "chat"  # an attachment: only the two of its conversation may fetch it
    POST = "post"  # its owner's alone until a post shows it; then whoever may read the post


class Media(Model):
    """A stored file: its random name is its address, `/media/<name>`."""

    __tablename__ = "media"
    __table_args__ = (
        CheckConstraint("size > 0", name="size"),
        Index("ix_media_owner", "owner_id", "created_at"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[MediaKind] = mapped_column(choice(MediaKind))
    size: Mapped[int]  # bytes of all its files together
    # of pictures that are shown in two sizes: the smaller file, and how large the larger one is
    small_name: Mapped[str | None] = mapped_column(String(40), unique=True)
    width: Mapped[int] = mapped_column(default=0, server_default="0")
    height: Mapped[int] = mapped_column(default=0, server_default="0")
    mime: Mapped[str] = mapped_column(String(40), default="image/webp", server_default="image/webp")
    title: Mapped[str] = mapped_column(String(120), default="", server_default="")  # a file's name
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversations.id"), index=True)
    created_at: Mapped[datetime]
