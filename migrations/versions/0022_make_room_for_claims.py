"""Make room for claims."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import skillswap.db

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STATES = "submitted in_review more_needed approved refused withdrawn expired revoked".split()
OPEN = "state IN ('submitted', 'more_needed')"


def upgrade() -> None:
    instant = skillswap.db.UtcDateTime(timezone=True)
    op.create_table(
        "claims",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("kind", _choice("claim_kind", "identity", "credential"), nullable=False),
        sa.Column("skill_id", BIG, nullable=True),
        sa.Column("state", _choice("claim_state", *STATES), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("sent_at", instant, nullable=False),
        sa.Column("due_at", instant, nullable=True),
        sa.Column("decided_at", instant, nullable=True),
        sa.Column("decided_by_id", BIG, nullable=True),
        sa.Column("verdict", sa.String(length=120), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'credential') = (skill_id IS NOT NULL)", name=op.f("ck_claims_skill")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_claims_user_id_users")),
        sa.ForeignKeyConstraint(
            ["skill_id"], ["skills.id"], name=op.f("fk_claims_skill_id_skills")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["users.id"], name=op.f("fk_claims_decided_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
        sa.UniqueConstraint("public_id", name=op.f("uq_claims_public_id")),
        sqlite_autoincrement=True,
    )
    for name, columns, where in (
        ("identity", ["user_id"], f"kind = 'identity' AND {OPEN}"),
        ("credential", ["user_id", "skill_id"], OPEN),
    ):
        op.create_index(
            f"uq_claims_{name}",
            "claims",
            columns,
            unique=True,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
    op.create_index("ix_claims_user", "claims", ["user_id", "id"])
    op.create_index("ix_claims_due", "claims", ["state", "due_at"])
    op.create_index(op.f("ix_claims_skill_id"), "claims", ["skill_id"])
    op.create_table(
        "claim_files",
        sa.Column("id", BIG, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("claim_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=True),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("mime", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("key_mark", sa.String(length=16), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("erase_by", instant, nullable=False),
        sa.Column("erased_at", instant, nullable=True),
        sa.CheckConstraint("size > 0", name=op.f("ck_claim_files_size")),
        sa.ForeignKeyConstraint(
            ["claim_id"],
            ["claims.id"],
            name=op.f("fk_claim_files_claim_id_claims"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_files")),
        sa.UniqueConstraint("name", name=op.f("uq_claim_files_name")),
        sa.UniqueConstraint("public_id", name=op.f("uq_claim_files_public_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_claim_files_claim", "claim_files", ["claim_id", "id"])
    op.create_index(
        "ix_claim_files_erase",
        "claim_files",
        ["erase_by"],
        sqlite_where=sa.text("name IS NOT NULL"),
        postgresql_where=sa.text("name IS NOT NULL"),
    )


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)


def downgrade() -> None:
    op.drop_table("claim_files")
    op.drop_table("claims")
