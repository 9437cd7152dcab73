"""Make room for posts, comments, likes, bookmarks, and following skills."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import skillswap.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "skill_follows",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("skill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["skill_id"],
            ["skills.id"],
            name=op.f("fk_skill_follows_skill_id_skills"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_skill_follows_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "skill_id", name=op.f("pk_skill_follows")),
    )
    with op.batch_alter_table("skill_follows", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_skill_follows_skill_id"), ["skill_id"], unique=False)

    op.create_table(
        "posts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column(
            "author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "general",
                "tutorial",
                "achievement",
                name="post_kind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "published",
                "hidden",
                "deleted",
                name="post_state",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("body", sa.String(length=20000), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("lead_html", sa.Text(), nullable=False),
        sa.Column("is_long", sa.Boolean(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("word_count", sa.Integer(), nullable=False),
        sa.Column("like_count", sa.Integer(), nullable=False),
        sa.Column("comment_count", sa.Integer(), nullable=False),
        sa.Column("client_key", sa.String(length=40), nullable=True),
        sa.Column(
            "exchange_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "partner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "partner_consent",
            sa.Enum(
                "asked",
                "agreed",
                "refused",
                name="partner_consent",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("partner_by", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("edited_at", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("published_at", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state NOT IN ('published', 'hidden') OR published_at IS NOT NULL",
            name=op.f("ck_posts_published_at"),
        ),
        sa.CheckConstraint("comment_count >= 0", name=op.f("ck_posts_comment_count")),
        sa.CheckConstraint("like_count >= 0", name=op.f("ck_posts_like_count")),
        sa.CheckConstraint("partner_id <> author_id", name=op.f("ck_posts_not_oneself")),
        sa.CheckConstraint(
            "partner_consent IS NULL OR partner_id IS NOT NULL", name=op.f("ck_posts_consent")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_posts_author_id_users")),
        sa.ForeignKeyConstraint(
            ["exchange_id"], ["exchanges.id"], name=op.f("fk_posts_exchange_id_exchanges")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["users.id"], name=op.f("fk_posts_partner_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint("author_id", "client_key", name=op.f("uq_posts_author_id_client_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_posts_public_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_posts_asked",
            ["partner_by"],
            unique=False,
            sqlite_where=sa.text("partner_consent = 'asked'"),
            postgresql_where=sa.text("partner_consent = 'asked'"),
        )
        batch_op.create_index(
            "ix_posts_author",
            ["author_id", "published_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'published'"),
            postgresql_where=sa.text("state = 'published'"),
        )
        batch_op.create_index(
            "ix_posts_drafts",
            ["author_id", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'draft'"),
            postgresql_where=sa.text("state = 'draft'"),
        )
        batch_op.create_index(batch_op.f("ix_posts_exchange_id"), ["exchange_id"], unique=False)
        batch_op.create_index(
            "ix_posts_newest",
            ["published_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'published'"),
            postgresql_where=sa.text("state = 'published'"),
        )
        batch_op.create_index(batch_op.f("ix_posts_partner_id"), ["partner_id"], unique=False)
        batch_op.create_index("ix_posts_rules", ["rules_version", "id"], unique=False)
        batch_op.create_index(
            "uq_posts_exchange",
            ["exchange_id", "author_id"],
            unique=True,
            sqlite_where=sa.text("exchange_id IS NOT NULL AND state <> 'deleted'"),
            postgresql_where=sa.text("exchange_id IS NOT NULL AND state <> 'deleted'"),
        )

    op.create_table(
        "bookmarks",
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_bookmarks_post_id_posts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_bookmarks_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "user_id", name=op.f("pk_bookmarks")),
    )
    with op.batch_alter_table("bookmarks", schema=None) as batch_op:
        batch_op.create_index(
            "ix_bookmarks_user", ["user_id", "created_at", "post_id"], unique=False
        )

    op.create_table(
        "comments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "published",
                "hidden",
                "deleted",
                name="comment_state",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("body", sa.String(length=2000), nullable=False),
        sa.Column("like_count", sa.Integer(), nullable=False),
        sa.Column("client_key", sa.String(length=40), nullable=True),
        sa.Column("created_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("edited_at", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("like_count >= 0", name=op.f("ck_comments_like_count")),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_comments_not_itself")),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_comments_author_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["comments.id"], name=op.f("fk_comments_parent_id_comments")
        ),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_comments_post_id_posts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sa.UniqueConstraint(
            "author_id", "client_key", name=op.f("uq_comments_author_id_client_key")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_comments_public_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.create_index("ix_comments_author", ["author_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_comments_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index("ix_comments_post", ["post_id", "parent_id", "id"], unique=False)

    op.create_table(
        "post_images",
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("media_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alt", sa.String(length=300), nullable=False),
        sa.CheckConstraint("place BETWEEN 1 AND 4", name=op.f("ck_post_images_place")),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.id"], name=op.f("fk_post_images_media_id_media")
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_post_images_post_id_posts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "place", name=op.f("pk_post_images")),
        sa.UniqueConstraint("media_id", name=op.f("uq_post_images_media_id")),
    )
    op.create_table(
        "post_likes",
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_post_likes_post_id_posts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_post_likes_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "user_id", name=op.f("pk_post_likes")),
    )
    with op.batch_alter_table("post_likes", schema=None) as batch_op:
        batch_op.create_index(
            "ix_post_likes_user", ["user_id", "created_at", "post_id"], unique=False
        )

    op.create_table(
        "post_skills",
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("skill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("published_at", skillswap.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_post_skills_post_id_posts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["skill_id"], ["skills.id"], name=op.f("fk_post_skills_skill_id_skills")
        ),
        sa.PrimaryKeyConstraint("post_id", "skill_id", name=op.f("pk_post_skills")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("post_skills", schema=None) as batch_op:
        batch_op.create_index(
            "ix_post_skills_newest", ["skill_id", "published_at", "post_id"], unique=False
        )

    op.create_table(
        "comment_likes",
        sa.Column(
            "comment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", skillswap.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comments.id"],
            name=op.f("fk_comment_likes_comment_id_comments"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_comment_likes_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("comment_id", "user_id", name=op.f("pk_comment_likes")),
    )
    with op.batch_alter_table("comment_likes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_comment_likes_user_id"), ["user_id"], unique=False)

    with op.batch_alter_table("media", schema=None) as batch_op:
        batch_op.add_column(sa.Column("small_name", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("width", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("height", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_unique_constraint(batch_op.f("uq_media_small_name"), ["small_name"])
        batch_op.drop_constraint("media_kind", type_="check")
        batch_op.create_check_constraint("media_kind", "kind IN ('avatar', 'chat', 'post')")


def downgrade() -> None:
    with op.batch_alter_table("comment_likes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comment_likes_user_id"))

    op.drop_table("comment_likes")
    with op.batch_alter_table("post_skills", schema=None) as batch_op:
        batch_op.drop_index("ix_post_skills_newest")

    op.drop_table("post_skills")
    with op.batch_alter_table("post_likes", schema=None) as batch_op:
        batch_op.drop_index("ix_post_likes_user")

    op.drop_table("post_likes")
    op.drop_table("post_images")
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.drop_index("ix_comments_post")
        batch_op.drop_index(batch_op.f("ix_comments_parent_id"))
        batch_op.drop_index("ix_comments_author")

    op.drop_table("comments")
    with op.batch_alter_table("bookmarks", schema=None) as batch_op:
        batch_op.drop_index("ix_bookmarks_user")

    op.drop_table("bookmarks")
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_posts_exchange",
            sqlite_where=sa.text("exchange_id IS NOT NULL AND state <> 'deleted'"),
            postgresql_where=sa.text("exchange_id IS NOT NULL AND state <> 'deleted'"),
        )
        batch_op.drop_index("ix_posts_rules")
        batch_op.drop_index(batch_op.f("ix_posts_partner_id"))
        batch_op.drop_index(
            "ix_posts_newest",
            sqlite_where=sa.text("state = 'published'"),
            postgresql_where=sa.text("state = 'published'"),
        )
        batch_op.drop_index(batch_op.f("ix_posts_exchange_id"))
        batch_op.drop_index(
            "ix_posts_drafts",
            sqlite_where=sa.text("state = 'draft'"),
            postgresql_where=sa.text("state = 'draft'"),
        )
        batch_op.drop_index(
            "ix_posts_author",
            sqlite_where=sa.text("state = 'published'"),
            postgresql_where=sa.text("state = 'published'"),
        )
        batch_op.drop_index(
            "ix_posts_asked",
            sqlite_where=sa.text("partner_consent = 'asked'"),
            postgresql_where=sa.text("partner_consent = 'asked'"),
        )

    op.drop_table("posts")
    with op.batch_alter_table("skill_follows", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_skill_follows_skill_id"))

    op.drop_table("skill_follows")
    op.execute("DELETE FROM media WHERE kind = 'post'")  # their files are left over
    with op.batch_alter_table("media", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_media_small_name"), type_="unique")
        batch_op.drop_column("height")
        batch_op.drop_column("width")
        batch_op.drop_column("small_name")
        batch_op.drop_constraint("media_kind", type_="check")
        batch_op.create_check_constraint("media_kind", "kind IN ('avatar', 'chat')")
