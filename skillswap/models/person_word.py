"""By which words is a person found? Derived rows: `domain/name_words.py` owns them."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import Model
from skillswap.lib.spelling import LONGEST

WORD_MOST = LONGEST  # what a name has beyond it finds nobody
# compared sign by sign on both engines, so that an index finds what begins with something
WORD = String(WORD_MOST).with_variant(String(WORD_MOST, collation="C"), "postgresql")


class PersonWord(Model):
    """A word of somebody's name, or their username, as a search key."""

    __tablename__ = "person_words"
    __table_args__ = (
        Index("ix_person_words_user", "user_id", "word"),
        {"sqlite_with_rowid": False},
    )
    word: Mapped[str] = mapped_column(WORD, primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )


class WordKey(Model):
    """What a word and its misspellings have in common (`lib/spelling.py`)."""

    __tablename__ = "word_keys"
    __table_args__ = (Index("ix_word_keys_word", "word", "key"), {"sqlite_with_rowid": False})
    key: Mapped[str] = mapped_column(WORD, primary_key=True)
    word: Mapped[str] = mapped_column(WORD, primary_key=True)
