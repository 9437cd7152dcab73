"""What do people write for everybody: what they learnt, how one does it, what they are proud of?"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from skillswap.db import BigId, Model, choice, public_id
from skillswap.errors import WrongState
from skillswap.models.media import Media
from skillswap.models.skill import Skill
from skillswap.models.user import User

TITLE_MOST, BODY_MOST, ALT_MOST, COMMENT_MOST = 120, 20_000, 300, 2_000
IMAGES_MOST, SKILLS_MOST = 4, 5
CONSENT_WITHIN = timedelta(days=14)  # then the partner stays unnamed


class PostKind(StrEnum):
    GENERAL, TUTORIAL, ACHIEVEMENT = "general", "tutorial", "achievement"


class PostState(StrEnum):
    DRAFT = "draft"  # its author alone knows of it
    PUBLISHED = "published"
    HIDDEN = "hidden"  # by staff, for a breach of the rules
    DELETED = "deleted"  # by its author; the row stays without its words, for what hangs on it


class PartnerConsent(StrEnum):
    """What the partner of an exchange says to being named; none: nobody asks."""

    ASKED, AGREED, REFUSED = "asked", "agreed", "refused"


class CommentState(StrEnum):
    PUBLISHED, HIDDEN, DELETED = "published", "hidden", "deleted"


P = PostState
POST_MOVES = {
    P.DRAFT: {P.PUBLISHED, P.DELETED},
    P.PUBLISHED: {P.HIDDEN, P.DELETED},
    P.HIDDEN: {P.PUBLISHED, P.DELETED},
}
IS_PUBLISHED = text("state = 'published'")
IS_DRAFT = text("state = 'draft'")
IS_ASKED = text("partner_consent = 'asked'")
OF_EXCHANGE = text("exchange_id IS NOT NULL AND state <> 'deleted'")


class Post(Model):
    """One post. `body_html` and `lead_html` are made of `body` when it is written, under the
    rules of `rules_version`; the sweep makes them anew when the rules change.

    `like_count` and `comment_count` are written with their rows (`domain/posts/`).
    """

    __tablename__ = "posts"
    __table_args__ = (
        CheckConstraint("like_count >= 0", name="like_count"),
        CheckConstraint("comment_count >= 0", name="comment_count"),
        CheckConstraint(
            "state NOT IN ('published', 'hidden') OR published_at IS NOT NULL", name="published_at"
        ),
        CheckConstraint("partner_id <> author_id", name="not_oneself"),
        CheckConstraint("partner_consent IS NULL OR partner_id IS NOT NULL", name="consent"),
        UniqueConstraint("author_id", "client_key"),
        Index(
            "ix_posts_author",
            "author_id",
            "published_at",
            "id",
            sqlite_where=IS_PUBLISHED,
            postgresql_where=IS_PUBLISHED,
        ),
        Index(
            "ix_posts_newest",
            "published_at",
            "id",
            sqlite_where=IS_PUBLISHED,
            postgresql_where=IS_PUBLISHED,
        ),
        Index(
            "ix_posts_drafts",
            "author_id",
            "id",
            sqlite_where=IS_DRAFT,
            postgresql_where=IS_DRAFT,
        ),
        Index(  # one achievement of each about an exchange
            "uq_posts_exchange",
            "exchange_id",
            "author_id",
            unique=True,
            sqlite_where=OF_EXCHANGE,
            postgresql_where=OF_EXCHANGE,
        ),
        Index(
            "ix_posts_asked",
            "partner_by",
            sqlite_where=IS_ASKED,
            postgresql_where=IS_ASKED,
        ),
        Index("ix_posts_rules", "rules_version", "id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = public_id()
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[PostKind] = mapped_column(choice(PostKind), default=PostKind.GENERAL)
    state: Mapped[PostState] = mapped_column(choice(PostState), default=PostState.DRAFT)
    title: Mapped[str] = mapped_column(String(TITLE_MOST), default="")
    body: Mapped[str] = mapped_column(String(BODY_MOST), default="")  # Markdown
    body_html: Mapped[str] = mapped_column(Text, default="")
    lead_html: Mapped[str] = mapped_column(Text, default="")  # its beginning, for lists
    is_long: Mapped[bool] = mapped_column(default=False)  # the lead is not all of it
    rules_version: Mapped[int]
    word_count: Mapped[int] = mapped_column(default=0)
    like_count: Mapped[int] = mapped_column(default=0)
    comment_count: Mapped[int] = mapped_column(default=0)
    client_key: Mapped[str | None] = mapped_column(String(40))
    # an achievement may tell of an exchange; its partner is named only once they agree
    exchange_id: Mapped[int | None] = mapped_column(ForeignKey("exchanges.id"), index=True)
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    partner_consent: Mapped[PartnerConsent | None] = mapped_column(choice(PartnerConsent))
    partner_by: Mapped[datetime | None]
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]  # after it was published
    published_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    author: Mapped[User] = relationship(foreign_keys=author_id, lazy="raise_on_sql")
    partner: Mapped[User | None] = relationship(foreign_keys=partner_id, lazy="raise_on_sql")
    __mapper_args__: dict[str, Any] = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name

    def move_to(self, state: PostState) -> None:
        """Enter another state. Raises WrongState where the table of moves has no such arrow."""
        if state not in POST_MOVES.get(self.state, ()):
            raise WrongState("post", self.state)
        self.state = state


class PostSkill(Model):
    """A post is about a skill. `published_at` is the post's, for the newest of one skill."""

    __tablename__ = "post_skills"
    __table_args__ = (
        Index("ix_post_skills_newest", "skill_id", "published_at", "post_id"),
        {"sqlite_with_rowid": False},
    )
    post_id: Mapped[int] = mapped_column(
        ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True
    )
    skill_id: Mapped[int] = mapped_column(ForeignKey("skills.id"), primary_key=True)
    place: Mapped[int]  # in the order they were chosen
    published_at: Mapped[datetime | None]  # none while the post is not to be found
    skill: Mapped[Skill] = relationship(lazy="raise_on_sql")


class PostImage(Model):
    """A picture of a post, with the words for who cannot see it."""

    __tablename__ = "post_images"
    __table_args__ = (CheckConstraint("place BETWEEN 1 AND 4", name="place"),)
    post_id: Mapped[int] = mapped_column(
        ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True
    )
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    media_id: Mapped[int] = mapped_column(ForeignKey("media.id"), unique=True)
    alt: Mapped[str] = mapped_column(String(ALT_MOST), default="")
    media: Mapped[Media] = relationship(lazy="raise_on_sql")


class Comment(Model):
    """A comment on a post, or an answer to one: one level deep, so a parent has no parent."""

    __tablename__ = "comments"
    __table_args__ = (
        CheckConstraint("like_count >= 0", name="like_count"),
        CheckConstraint("parent_id <> id", name="not_itself"),
        UniqueConstraint("author_id", "client_key"),
        Index("ix_comments_post", "post_id", "parent_id", "id"),
        Index("ix_comments_author", "author_id", "id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = public_id()
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id"), index=True)
    state: Mapped[CommentState] = mapped_column(
        choice(CommentState), default=CommentState.PUBLISHED
    )
    body: Mapped[str] = mapped_column(String(COMMENT_MOST), default="")
    like_count: Mapped[int] = mapped_column(default=0)
    client_key: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    author: Mapped[User] = relationship(lazy="raise_on_sql")
    __mapper_args__: dict[str, Any] = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name


class PostLike(Model):
    """Somebody likes a post."""

    __tablename__ = "post_likes"
    __table_args__ = (Index("ix_post_likes_user", "user_id", "created_at", "post_id"),)
    post_id: Mapped[int] = mapped_column(
        ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    created_at: Mapped[datetime]


class CommentLike(Model):
    """Somebody likes a comment."""

    __tablename__ = "comment_likes"
    comment_id: Mapped[int] = mapped_column(
        ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    created_at: Mapped[datetime]


class Bookmark(Model):
    """Somebody keeps a post for later; nobody else knows."""

    __tablename__ = "bookmarks"
    __table_args__ = (Index("ix_bookmarks_user", "user_id", "created_at", "post_id"),)
    post_id: Mapped[int] = mapped_column(
        ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    created_at: Mapped[datetime]
