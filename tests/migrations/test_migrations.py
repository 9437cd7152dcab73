"""Do migrations go up, down and up again, with rows in the tables, on either engine?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Enum, create_engine, func, inspect, select, text
from sqlalchemy import table as named
from sqlalchemy.engine import make_url

from skillswap import create_app
from skillswap.config import ROOT, Settings
from skillswap.db import db, transaction
from skillswap.domain import announcements, audit, cases, second_steps, statistics
from skillswap.lib.clock import utcnow
from skillswap.lib.sealing import Sealer
from skillswap.models import (
    Audience,
    Bookmark,
    Case,
    CaseKind,
    Claim,
    ClaimFile,
    ClaimKind,
    Comment,
    CommentLike,
    Conversation,
    Event,
    HeldPitch,
    LearningSession,
    LivePerson,
    Media,
    MediaKind,
    Meeting,
    Message,
    Metric,
    Notification,
    Pitch,
    PlaceKind,
    PointsFlag,
    Post,
    PostImage,
    PostLike,
    PostSkill,
    PostState,
    RecoveryCode,
    SignIn,
    SkillFollow,
    StaffNote,
    Strike,
    StrikeOutcome,
    SwapRing,
    SwapRingMember,
    User,
    UserSkill,
)
from tests import people, town

# the step that brought each kind of file; one further down forgets those files
KEPT_FROM = {"avatar": "0001", "chat": "0004", "post": "0006"}


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Flask]:
    """An app over an empty database of its own, with no tables."""
    url = f"sqlite:///{(tmp_path / 'fresh.db').as_posix()}"
    if cluster := os.environ.get("TEST_DATABASE_URL"):
        name = f"migrations_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
        admin = create_engine(cluster, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {name}"))
        admin.dispose()
        url = make_url(cluster).set(database=name).render_as_string(hide_password=False)
    app = create_app(
        Settings.from_env(
            {
                "SKILLSWAP_ENV": "test",
                "SECRET_KEY": "only-for-tests-and-long-enough-to-be-one",
                "DATABASE_URL": url,
                "INSTANCE_PATH": str(tmp_path),
            }
        )
    )
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def migrate(app: Flask, revision: str) -> None:
    """Go to that revision, up or down."""
    config: Config = app.extensions["migrate"].migrate.get_config()
    db.session.remove()
    step = command.downgrade if revision == "base" else command.upgrade
    step(config, revision)


def tables() -> set[str]:
    """The names of the tables that stand, without Alembic's own."""
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_up_down_and_up_again_on_an_empty_database(fresh: Flask) -> None:
    migrate(fresh, "head")
    assert tables() == set(db.metadata.tables)
    migrate(fresh, "base")
    assert tables() == set()
    migrate(fresh, "head")
    assert tables() == set(db.metadata.tables)


def test_the_newest_migration_makes_what_the_models_ask_for(fresh: Flask) -> None:
    migrate(fresh, "head")
    with db.engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": False}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, db.metadata) == []


def test_one_line_of_migrations_each_with_a_way_back() -> None:
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1
    for revision in scripts.walk_revisions():
        source = Path(revision.path).read_text()
        assert re.search(r"def downgrade\(\) -> None:\n(?!    pass\n)", source), revision.path


def test_every_step_keeps_the_rows_it_does_not_change(fresh: Flask) -> None:
    migrate(fresh, "head")
    ada, ben = people.ada(), people.ben()
    exchange = people.make_exchange(ben, ada, offered="spanish")
    people.make_session(ben, exchange)
    people.sign_in(ada)
    kept = (User, UserSkill, Pitch, Event, Notification, SignIn)
    before = {table: rows(table) for table in kept}
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    revisions = [script.revision for script in scripts.walk_revisions()]  # newest first
    for older in revisions[1:]:
        config: Config = fresh.extensions["migrate"].migrate.get_config()
        db.session.remove()
        command.downgrade(config, older)
        command.upgrade(config, "head")
        assert {table: rows(table) for table in kept} == before, older
    migrate(fresh, "base")
    migrate(fresh, "head")
    assert rows(User) == 0


def test_a_full_place_steps_down_and_up_and_loses_only_what_has_no_table(fresh: Flask) -> None:
    """Every table holds rows; a batch rebuild on the way must not take those of its children."""
    migrate(fresh, "head")
    town.build()
    fill_what_the_town_lacks()
    full, kinds = counts(), files()
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    config: Config = fresh.extensions["migrate"].migrate.get_config()
    for script in list(scripts.walk_revisions())[1:]:  # from the newest but one down
        db.session.remove()
        command.downgrade(config, script.revision)
        kept = counts()
        expected = {name: full[name] for name in kept}
        expected["media"] = sum(
            count for kind, count in kinds.items() if script.revision >= KEPT_FROM[kind]
        )
        assert kept == expected, script.revision
        if script.revision == "0002":
            assert {name for name in full.keys() - kept.keys() if not full[name]} == set()
    migrate(fresh, "head")
    after = counts()
    assert {name: after[name] for name in kept} == kept
    assert rows(LearningSession) == full["learning_sessions"]
    assert {one.place_kind for one in db.session.scalars(select(LearningSession))} <= {
        PlaceKind.JITSI,
        PlaceKind.LINK,
        PlaceKind.IN_PERSON,
    }


def files() -> dict[str, int]:
    """How many files of each kind people have."""
    db.session.remove()
    with db.engine.connect() as connection:
        found = connection.execute(select(Media.kind, func.count()).group_by(Media.kind)).all()
    return {kind.value: count for kind, count in found}


def counts() -> dict[str, int]:
    """How many rows each table has that stands now."""
    db.session.remove()
    with db.engine.connect() as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(named(name))) or 0
            for name in tables()
        }


def fill_what_the_town_lacks() -> None:
    """A session at Zoom with its meeting, somebody who is here, a picture, and a file in a chat."""
    now = utcnow()
    one = db.session.scalars(select(LearningSession).limit(1)).one()
    conversation = db.session.scalars(select(Conversation).limit(1)).one()
    with transaction():
        one = db.session.merge(one)
        one.place_kind = PlaceKind.ZOOM
        picture = Media(
            name="a.webp", owner_id=one.teacher_id, kind=MediaKind.AVATAR, size=1, created_at=now
        )
        file = Media(
            name="b.webp",
            owner_id=one.teacher_id,
            kind=MediaKind.CHAT,
            size=1,
            conversation_id=conversation.id,
            created_at=now,
        )
        db.session.add_all([picture, file, LivePerson(user_id=one.teacher_id, seen_at=now)])
        db.session.add(Meeting(learning_session_id=one.id, provider=PlaceKind.ZOOM, due_at=now))
        db.session.flush()
        message = select(Message).where(Message.media_id.is_(None)).limit(1)
        db.session.scalars(message).one().media_id = file.id
        teacher = db.session.get_one(User, one.teacher_id)
        box = Sealer("secret", purpose="test")
        second_steps.begin(teacher, box, now)
        db.session.add(RecoveryCode(user_id=teacher.id, code_hash="0"))
        audit.record("person.restored", by=None, subject=teacher, person=teacher, now=now)
        cases.open_case(CaseKind.FLAG, "users", teacher.id, person=teacher, now=now)
        give_a_strike(teacher, now)
        fill_a_note(one.teacher_id, now)
        fill_an_announcement(teacher, now)
        fill_the_feed(one.teacher_id, one.skill_id, now)
        fill_a_ring(one.teacher_id, one.skill_id, now)
        fill_what_is_held(one, now)
        fill_a_claim(one.teacher_id, now)
        fill_the_days()


def give_a_strike(person: User, now: datetime) -> None:
    """A strike, with the case it came of."""
    case = cases.open_case(CaseKind.REPORT, "users", person.id, person=person, now=now)
    stood = {"state": "active", "until": None, "body": ""}
    strike = Strike(
        person_id=person.id,
        case_id=case.id,
        by_id=person.id,
        outcome=StrikeOutcome.NOTE,
        rule=1,
        body="Why",
        about="person",
        subject_type="users",
        subject_id=person.id,
        hides=False,
        before=stood,
        after=stood,
        decided_at=now,
        appeal_by=now,
    )
    db.session.add(strike)
    db.session.flush()


def fill_a_note(person_id: int, now: datetime) -> None:
    """What staff remember of somebody."""
    db.session.add(StaffNote(person_id=person_id, author_id=person_id, body="Hm.", created_at=now))


def fill_an_announcement(author: User, now: datetime) -> None:
    """Something is announced, and its author has put it away."""
    facts = {"audience": Audience.EVERYBODY, "is_public": False, "starts_at": None}
    ends = now + timedelta(days=1)
    made = announcements.publish(author, title="A", body="B", **facts, ends_at=ends, now=now)
    announcements.dismiss(author, made.public_id, now)


def fill_the_feed(user_id: int, skill_id: int, now: datetime) -> None:
    """A post with a picture, a skill, a comment, a like, a bookmark; and who follows it."""
    shown = Media(name="c.webp", owner_id=user_id, kind=MediaKind.POST, size=1, created_at=now)
    post = Post(
        author_id=user_id,
        state=PostState.PUBLISHED,
        rules_version=1,
        created_at=now,
        published_at=now,
    )
    db.session.add_all([shown, post])
    db.session.flush()
    comment = Comment(post_id=post.id, author_id=user_id, body="Good.", created_at=now)
    db.session.add(comment)
    db.session.flush()
    hers = {"user_id": user_id, "created_at": now}
    db.session.add_all(
        [
            PostImage(post_id=post.id, place=1, media_id=shown.id),
            PostSkill(post_id=post.id, skill_id=skill_id, place=1, published_at=now),
            PostLike(post_id=post.id, **hers),
            CommentLike(comment_id=comment.id, **hers),
            Bookmark(post_id=post.id, **hers),
            SkillFollow(skill_id=skill_id, **hers),
        ]
    )


def fill_a_ring(user_id: int, skill_id: int, now: datetime) -> None:
    """A swap ring, with one of its members."""
    ring = SwapRing(starter_id=user_id, round_key="1", started_at=now, respond_by=now)
    ring.members = [SwapRingMember(position=0, user_id=user_id, skill_id=skill_id)]
    db.session.add(ring)


def fill_a_claim(user_id: int, now: datetime) -> None:
    """A claim with a file."""
    claim = Claim(user_id=user_id, kind=ClaimKind.IDENTITY, created_at=now, sent_at=now)
    db.session.add(claim)
    db.session.flush()
    file = ClaimFile(
        claim_id=claim.id,
        name="d.sealed",
        mime="application/pdf",
        size=1,
        key_mark="0" * 16,
        created_at=now,
        erase_by=now,
    )
    db.session.add(file)


def fill_the_days() -> None:
    """A number of a day."""
    statistics.keep({(20_000, Metric.JOINED): 3})


def fill_what_is_held(one: LearningSession, now: datetime) -> None:
    """A pitch that waits for staff."""
    held = HeldPitch(body="Hello.", days=7, held_at=now)
    held.learner_id, held.teacher_id = one.learner_id, one.teacher_id
    held.skill_id = one.skill_id
    db.session.add(held)


def rows(table: type) -> int:
    """How many rows a table has."""
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_a_flag_of_points_that_stands_becomes_a_case(fresh: Flask) -> None:
    migrate(fresh, "head")
    now, names = utcnow(), ("ada", "ben", "cy")
    ada, ben, cy = (people.make_person(name) for name in names)
    with transaction():
        numbers = {"points": 120, "share": 90, "found_at": now - timedelta(days=1)}
        for one, until, cleared in ((ada, 1, None), (ben, -1, None), (cy, 1, now)):
            two = {"user_id": one.id, "partner_id": cy.id if one is not cy else ada.id}
            db.session.add(
                PointsFlag(until=now + timedelta(days=until), cleared_at=cleared, **two, **numbers)
            )
    for _ in range(2):
        db.session.remove()
        config: Config = fresh.extensions["migrate"].migrate.get_config()
        command.downgrade(config, "0024")
        migrate(fresh, "head")
        found = db.session.scalars(select(Case)).all()
        assert [(one.kind, one.person_id, one.other_id) for one in found] == [
            (CaseKind.FLAG, ada.id, cy.id)
        ]
        assert found[0].opened_at == now - timedelta(days=1)
    assert found[0].closed_at is None


def test_rebuilding_a_parent_table_keeps_its_children(fresh: Flask) -> None:
    """A SQLite batch rebuild with foreign keys on would delete them; `env.py` switches them off."""
    migrate(fresh, "head")
    ada = people.ada()
    people.sign_in(ada)
    script = """
from alembic import op
import sqlalchemy as sa
revision, down_revision = "rebuild", "{head}"
def upgrade():
    with op.batch_alter_table("users", recreate="auto") as batch:
        batch.add_column(sa.Column("shoe_size", sa.Integer(), nullable=True))
        batch.alter_column("headline", type_=sa.String(130))
def downgrade():
    pass
"""
    folder = Path(fresh.config["SETTINGS"].media_folder).parent / "more"
    folder.mkdir()
    head = ScriptDirectory(str(ROOT / "migrations")).get_current_head()
    (folder / "rebuild.py").write_text(script.format(head=head))
    config: Config = fresh.extensions["migrate"].migrate.get_config()
    versions = f"{ROOT / 'migrations' / 'versions'}{os.pathsep}{folder}"
    config.set_main_option("version_locations", versions)
    config.set_main_option("path_separator", "os")
    db.session.remove()
    command.upgrade(config, "rebuild")
    assert (rows(User), rows(SignIn), rows(UserSkill)) == (1, 1, 3)
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_the_checks_in_the_database_name_every_value_of_an_enumeration(fresh: Flask) -> None:
    """Autogenerate does not see a value added to an enumeration; this does."""
    migrate(fresh, "head")
    seen = 0
    for table in db.metadata.sorted_tables:
        checks = " ".join(
            str(check["sqltext"]) for check in inspect(db.engine).get_check_constraints(table.name)
        )
        for column in table.columns:
            if isinstance(column.type, Enum):
                seen += 1
                for value in column.type.enums:
                    assert f"'{value}'" in checks, f"{table.name}.{column.name} lacks {value}"
    assert seen > 10


def test_a_sqlite_file_is_in_wal_mode_after_migrating(fresh: Flask) -> None:
    if db.engine.dialect.name != "sqlite":
        return
    migrate(fresh, "head")
    with db.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
