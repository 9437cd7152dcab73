"""Are the demo people here, and how do they come in?"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, insert, select, update
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.demo import announced, checked, phones, rings, saved, standing
from skillswap.demo.cast import LEADS, Person, cast, usernames
from skillswap.demo.chats import Chats, lines_of
from skillswap.demo.crowd import Crowd
from skillswap.demo.free import free_of
from skillswap.demo.kept import keep_tutorials, remember_skills
from skillswap.demo.leads import Leads
from skillswap.demo.likings import Likings
from skillswap.demo.past import Past
from skillswap.demo.plan import Plan, Step, Verb
from skillswap.demo.play import Play, last_acts
from skillswap.demo.posts import Posts
from skillswap.demo.reviews import Reviews
from skillswap.demo.wishes import Wishes
from skillswap.domain import deliveries, name_words, touched
from skillswap.domain.catalogue import load_catalogue
from skillswap.domain.usernames import name_key
from skillswap.lib.languages import mask_of
from skillswap.lib.markdown import render_markdown
from skillswap.lib.passwords import hash_password
from skillswap.lib.sealing import Sealer
from skillswap.models import (
    AvailabilityException,
    AvailabilityWindow,
    Event,
    Level,
    Notification,
    Skill,
    StaffRole,
    User,
    UserSkill,
    UserSkillKind,
)

SEED = 20_260_101
STAFF = {"mo": StaffRole.MODERATOR, "root": StaffRole.ADMIN}
PLACES = {"ada": 6}  # so that whoever tries ada can say yes to a pitch
CONFIRMED_AFTER = timedelta(minutes=4)
LEFT_UNREAD = 4  # of a lead's notifications
HERE_NOW, TODAY, THIS_MONTH = timedelta(hours=1), timedelta(days=1), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Loaded:
    """How much has come in."""

    people: int
    steps: int


def is_loaded() -> bool:
    """Whether somebody of the demo has an account here already."""
    names = usernames()
    addresses = [address_of(username) for username in names]
    query = select(User.id).where(User.username.in_(names) | User.email.in_(addresses)).limit(1)
    return db.session.scalar(query) is not None


def address_of(username: str) -> str:
    """What somebody of the demo signs in with."""
    return f"{username}@example.org"


def plan_of(now: datetime) -> tuple[dict[str, Person], Sequence[Step]]:
    """The people and what they do, always the same in relation to `now`. Pure."""
    rng = random.Random(SEED)
    now = now.replace(microsecond=0)
    people = cast(now, rng)
    plan = Plan(now, rng)
    Leads(plan, people).fill()
    Crowd(plan, people).fill()
    Past(plan, people).fill()
    Reviews(plan).fill()
    return people, plan.steps()


def load_demo(now: datetime, password: str, sealer: Sealer) -> Loaded:
    """Bring in all of it, in the caller's transaction: everything, or nothing.

    All share one hash of `password`, made before the first statement.
    """
    password_hash = hash_password(password)
    people, steps = plan_of(now)
    load_catalogue(now)
    _insert_people(people, last_acts(steps), password_hash, now)
    for one in db.session.scalars(select(User).where(User.username.in_(STAFF))):
        phones.give(one, sealer, now)
    with deliveries.silence():  # nobody is mailed about a past that is being invented
        _play(people, steps, now)
    remember_skills(now)
    _read_notifications()
    return Loaded(len(people), len(steps))


def _play(people: Mapping[str, Person], steps: Sequence[Step], now: datetime) -> None:
    """What they do, and between it what they write."""
    play = Play(people)
    chats = Chats(play.users, lines_of(steps, now))
    written = Posts(people, play.users, now)
    wished = Wishes(play.users, now)

    def said(at: datetime | None) -> None:
        wished.until(at, chats.until)
        chats.until(at)

    for step in steps:
        written.until(step.at, said)
        said(step.at)
        play.play([step])
        if step.verb is Verb.COMPLETE:
            written.ended(step.story, play.exchanges[step.story][0], step.at)
    written.until(None, said)
    said(None)
    Likings(people, play.users, now).fill(written.made)
    keep_tutorials(written.made, people, play.users, now)
    saved.fill(play.users, now)
    rings.fill(play.users, now)
    standing.fill(play.users, now)
    checked.fill(play.users, now)
    announced.fill(play.users, now)


def _insert_people(
    people: Mapping[str, Person],
    acts: Mapping[str, datetime],
    password_hash: str,
    now: datetime,
) -> None:
    rng = random.Random(SEED)
    rows = []
    for username, person in people.items():
        seen = max(person.joined_at, now - _away(username, rng))
        seen = max(seen, acts.get(username, seen)).replace(microsecond=0)
        rows.append(_row(person) | {"password_hash": password_hash, "last_seen_at": seen})
    db.session.execute(insert(User), rows)
    known = select(User.username, User.id).where(User.username.in_(people))
    ids = {row.username: row.id for row in db.session.execute(known)}
    _insert_skills(people, ids)
    _insert_hours(people, ids, now)
    # inserted in bulk: nothing else says that lists and names have changed
    touched.touch(*ids.values())
    name_words.keep(ids.values())
    db.session.execute(
        insert(Event),
        [
            {
                "kind": "person.joined",
                "actor_id": ids[person.username],
                "subject_type": User.__tablename__,
                "subject_id": ids[person.username],
                "audience": [],
                "facts": {},
                "happened_at": person.joined_at,
            }
            for person in people.values()
        ],
    )


def _row(person: Person) -> dict[str, object]:
    return {
        "username": person.username,
        "email": address_of(person.username),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "name_key": name_key(person.first_name, person.last_name),
        "headline": person.headline,
        "bio": person.bio,
        "bio_html": render_markdown(person.bio),
        "education": list(person.education),
        "timezone": person.timezone,
        "language_mask": mask_of(list(person.languages)),
        "birth_year": person.birth_year,
        "learning": person.learning,
        "teaching": person.teaching,
        "staff_role": STAFF.get(person.username, StaffRole.NONE),
        "places": PLACES.get(person.username, 3),
        "created_at": person.joined_at,
        "email_confirmed_at": person.joined_at + CONFIRMED_AFTER,
    }


def _away(username: str, rng: random.Random) -> timedelta:
    """For how long somebody has not been here."""
    span = rng.choices((HERE_NOW, TODAY, THIS_MONTH), (15, 40, 45))[0]
    return (HERE_NOW if username in LEADS else span) * rng.random()


def _insert_skills(people: Mapping[str, Person], ids: Mapping[str, int]) -> None:
    rows = db.session.execute(select(Skill.slug, Skill.id))
    skills = {row.slug: row.id for row in rows}
    lists = ((UserSkillKind.OFFERED, "offered"), (UserSkillKind.WANTED, "wanted"))
    db.session.execute(
        insert(UserSkill),
        [
            {
                "user_id": ids[person.username],
                "kind": kind,
                "skill_id": skills[line.skill],
                "level": Level[line.level.upper()],
                "note": line.note,
                "created_at": person.joined_at + CONFIRMED_AFTER,
            }
            for person in people.values()
            for kind, name in lists
            for line in getattr(person, name).values()
        ],
    )


def _insert_hours(people: Mapping[str, Person], ids: Mapping[str, int], now: datetime) -> None:
    windows, other_days = [], []
    for person in people.values():
        free, user_id = free_of(person, now), ids[person.username]
        windows += [{"user_id": user_id, **asdict(window)} for window in free.week]
        other_days += [
            {"user_id": user_id, "kind": kind, "body": body, **asdict(days)}
            for kind, days, body in free.other_days
        ]
    db.session.execute(insert(AvailabilityWindow), windows)
    db.session.execute(insert(AvailabilityException), other_days)


def _read_notifications() -> None:
    """People have read what they have acted on since, and what had come when they were here.

    The leads have left the newest of the others unread.
    """
    since = aliased(Event)
    acted_on = exists().where(
        since.actor_id == Notification.user_id,
        since.subject_type == Notification.subject_type,
        since.subject_id == Notification.subject_id,
        since.id > Notification.event_id,
    )
    rows = db.session.execute(
        select(
            Notification.id,
            Notification.created_at,
            User.username,
            User.last_seen_at,
            acted_on.label("acted_on"),
        )
        .join(User, User.id == Notification.user_id)
        .order_by(Notification.id.desc())
    ).all()
    left = dict.fromkeys(LEADS, LEFT_UNREAD)
    read = []
    for row in rows:
        if not row.acted_on and left.get(row.username, 0):
            left[row.username] -= 1
        elif row.created_at < row.last_seen_at:
            read.append({"id": row.id, "read_at": row.last_seen_at})
    if read:
        db.session.execute(update(Notification), read)
