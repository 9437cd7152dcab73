"""Which skills are in the catalogue, under which words? What staff decide about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.exc import IntegrityError

from skillswap.db import db
from skillswap.domain import audit, cases, events, merging, skills, teaching
from skillswap.domain.catalogue import categories
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.lib.keyset import Key, Page, page, paginate
from skillswap.lib.text import Unprintable, clean_body, clean_line, search_key
from skillswap.models import (
    Case,
    CaseKind,
    Skill,
    SkillName,
    SkillState,
    User,
    UserSkill,
    UserSkillKind,
)

CATEGORY_MOST, WORDS_MOST, TYPED_MOST = 40, 300, 60
BY_NAME = [
    Key(func.lower(Skill.name), "low_name", descending=False),
    Key(Skill.id, "id", descending=False),  # type: ignore[arg-type]  # a mapped column is one
]
TABLE = Skill.__tablename__


# -- reads ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SkillRow:
    """One skill in the editor's list."""

    slug: str
    name: str
    category: str
    state: SkillState
    lists: int  # how many lines name it


def found(typed: str, category: str, cursor: str | None) -> Page:
    """The skills that answer to such a word, in one category or all, by name, as SkillRows.

    One statement.
    """
    lists = select(func.count()).where(UserSkill.skill_id == Skill.id).scalar_subquery()
    low = func.lower(Skill.name).label("low_name")
    query = select(
        Skill.id, low, Skill.slug, Skill.name, Skill.category, Skill.state, lists.label("lists")
    ).where(Skill.state != SkillState.MERGED)
    if key := search_key(typed.replace("\x00", " ")[:TYPED_MOST]):
        answers = SkillName.key.contains(key, autoescape=True)
        query = query.where(exists().where(SkillName.skill_id == Skill.id, answers))
    if category:
        query = query.where(Skill.category == category)
    rows = page(db.session.execute(paginate(query, BY_NAME, cursor)).all(), BY_NAME)
    return Page([SkillRow(*row[2:]) for row in rows.rows], rows.after)


@dataclass(frozen=True, slots=True)
class SkillCard:
    """One skill with all its words."""

    slug: str
    name: str
    category: str
    state: SkillState
    aliases: Sequence[str]
    merged: Sequence[str]  # names of those that lead here
    extent: dict[str, int]


def card(slug: str) -> SkillCard:
    """One skill that is active or proposed. Raises NotFound. Four statements."""
    skill = _named(slug)
    words = select(SkillName.key).where(SkillName.skill_id == skill.id, SkillName.is_alias)
    merged = select(Skill.name).where(Skill.merged_into_id == skill.id).order_by(Skill.name)
    return SkillCard(
        slug=skill.slug,
        name=skill.name,
        category=skill.category,
        state=skill.state,
        aliases=db.session.scalars(words.order_by(SkillName.key)).all(),
        merged=db.session.scalars(merged).all(),
        extent=merging.extent(skill.id),
    )


def card_of(case: Case) -> SkillCard:
    """The skill that a case is about."""
    slug = db.session.scalar(select(Skill.slug).where(Skill.id == case.subject_id))
    return card(slug or "")


def _named(slug: str) -> Skill:
    query = select(Skill).where(Skill.slug == slug, Skill.state != SkillState.MERGED)
    if (skill := db.session.scalar(query)) is None:
        raise NotFound("skill")
    return skill


def near(name: str) -> Sequence[str]:
    """Names of the catalogue that are spelled much like it."""
    return [one for one in skills.nearest(name) if search_key(one) != search_key(name)]


# -- what staff do in the editor ------------------------------------------------------------------


def edit(staff: User, slug: str, *, name: str, category: str, now: datetime) -> Skill:
    """Rename a skill of the catalogue, or put it into another category.

    The name it had stays as a word for it. Raises Refused, and NotFound for one that is not in
    the catalogue: what is proposed is decided as a case.
    """
    skill = _active(slug)
    was, sorted_as = skill.name, skill.category
    _name(skill, name, category, now)
    if (was, sorted_as) != (skill.name, skill.category):
        facts: dict[str, Any] = {"name": skill.name, "before": was, "category": skill.category}
        audit.record("skill.edited", by=staff, subject=skill, now=now, **facts)
    return skill


def add_alias(staff: User, slug: str, typed: str, now: datetime) -> Skill:
    """Let a skill answer to one more word. Harmless when it does. Raises Refused, NotFound."""
    skill = _active(slug)
    word = _cleaned(typed, "alias")
    if _answer(skill, word, "alias", is_alias=True):
        audit.record("skill.alias_added", by=staff, subject=skill, now=now, name=word)
    return skill


def remove_alias(staff: User, slug: str, key: str, now: datetime) -> Skill:
    """Let it answer to that word no more. Harmless when it does not. Raises NotFound."""
    skill = _active(slug)
    row = db.session.get(SkillName, search_key(key.replace("\x00", " "))[:TYPED_MOST])
    if row is not None and row.skill_id == skill.id and row.is_alias:
        db.session.delete(row)
        skill.curated_at = now  # or the catalogue brings it back
        db.session.flush()
        audit.record("skill.alias_removed", by=staff, subject=skill, now=now, name=row.key)
    return skill


def merge(staff: User, slug: str, into: str, now: datetime) -> Skill:
    """Let one skill of the catalogue be the same as another, for ever; returns that one.

    Raises NotFound, Refused for itself or an unknown one, WrongState when somebody was quicker.
    """
    source = _active(slug, held=False)
    return _merge(staff, source, _target(source, into), SkillState.ACTIVE, now)


def target_of(slug: str, into: str) -> Skill:
    """What it would be merged into. Raises NotFound, Refused for itself or an unknown one."""
    return _target(_active(slug, held=False), into)


def _active(slug: str, *, held: bool = True) -> Skill:
    query = select(Skill).where(Skill.slug == slug, Skill.state == SkillState.ACTIVE)
    if held:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    if (skill := db.session.scalar(query)) is None:
        raise NotFound("skill")
    return skill


def _target(source: Skill, typed: str) -> Skill:
    key = search_key(typed.replace("\x00", " ")[:TYPED_MOST])
    named = select(SkillName.skill_id).where(SkillName.key == key)
    query = select(Skill).where(
        or_(Skill.id.in_(named), Skill.slug == typed.strip().lower().replace("\x00", " ")),
        Skill.state == SkillState.ACTIVE,
    )
    into = db.session.scalar(query.order_by(Skill.id.in_(named).desc()).limit(1)) if key else None
    if into is None:
        raise Refused("into", "unknown_merge")
    if into.id == source.id:
        raise Refused("into", "merge_itself", skill=source.name)
    return into


def _merge(staff: User, source: Skill, into: Skill, was: SkillState, now: datetime) -> Skill:
    source, into = merging.hold(source.id, into.id)
    for skill, wanted in ((source, was), (into, SkillState.ACTIVE)):
        if skill.state is not wanted:  # somebody was quicker
            raise WrongState("skill", skill.state)
    merging.merge(source, into, now)
    facts: dict[str, Any] = {"name": into.name, "before": source.name}
    audit.record("skill.merged", by=staff, subject=source, now=now, **facts)
    return into


# -- what staff decide about a proposed one -------------------------------------------------------


def accept(staff: User, case_public_id: str, *, name: str, category: str, now: datetime) -> Skill:
    """Take a proposed skill into the catalogue, perhaps under a better name.

    Raises Refused for a name that is none or taken, what `cases.held` raises.
    """
    case, skill, person = _held(staff, case_public_id, now)
    typed = skill.name
    _name(skill, name, category, now)
    if search_key(skill.name) != search_key(typed):  # nobody has seen its address so far
        skill.slug = skills.free_slug(skill.name)
    skill.state = SkillState.ACTIVE
    db.session.flush()
    cases.close(case, now, by=staff)
    facts: dict[str, Any] = {"name": skill.name, "before": typed, "category": skill.category}
    audit.record("skill.accepted", by=staff, subject=skill, person=person, now=now, **facts)
    said: dict[str, Any] = {"skill": skill.name, "typed": typed}
    events.record("skill.accepted", actor=None, subject=skill, to=[person], now=now, **said)
    return skill


def merge_proposed(staff: User, case_public_id: str, *, into: str, now: datetime) -> Skill:
    """What was proposed is known under another name: it becomes a word for that.

    Raises Refused for an unknown one, what `cases.held` raises.
    """
    case, skill, person = _held(staff, case_public_id, now)
    target = _merge(staff, skill, _target(skill, into), SkillState.PROPOSED, now)
    cases.close(case, now, by=staff)
    said: dict[str, Any] = {"skill": target.name, "typed": skill.name}
    events.record("skill.merged", actor=None, subject=skill, to=[person], now=now, **said)
    return target


def refuse(staff: User, case_public_id: str, *, words: str, now: datetime) -> Skill:
    """Take a proposed skill off every list; what is open about it is closed, against nobody.

    Whoever listed it reads `words`. Raises Refused without any, what `cases.held` raises.
    """
    case, skill, person = _held(staff, case_public_id, now)
    said = _words(words)
    merging.hold(skill.id, skill.id)
    lines = select(UserSkill.user_id, UserSkill.kind).where(UserSkill.skill_id == skill.id)
    listed = [(line.user_id, UserSkillKind(line.kind)) for line in db.session.execute(lines)]
    ids = {person.id, *(user_id for user_id, _kind in listed)}
    people = {one.id: one for one in db.session.scalars(select(User).where(User.id.in_(ids)))}
    for user_id, kind in sorted(listed):
        teaching.remove_skill(people[user_id], kind, skill.slug, now=now)
    names = delete(SkillName).where(SkillName.skill_id == skill.id)
    db.session.execute(names.execution_options(synchronize_session=False))
    skill.state, skill.slug = SkillState.MERGED, skills.free_slug("refused")
    db.session.flush()
    cases.close(case, now, by=staff)
    facts: dict[str, Any] = {"name": skill.name, "decision": said}
    audit.record("skill.refused", by=staff, subject=skill, person=person, now=now, **facts)
    to = [people[user_id] for user_id in sorted(people)]
    told: dict[str, Any] = {"skill": skill.name, "words": said}
    events.record("skill.refused", actor=None, subject=skill, to=to, now=now, **told)
    return skill


def _held(staff: User, public_id: str, now: datetime) -> tuple[Case, Skill, User]:
    """The case that this member of staff has taken, which nobody else decides; its skill; and
    who proposed that."""
    case = cases.held(staff, public_id, now, CaseKind.SKILL)
    query = select(Skill).where(Skill.id == case.subject_id)
    skill = db.session.scalars(query.execution_options(populate_existing=True)).one()
    if skill.state is not SkillState.PROPOSED:
        raise WrongState("skill", skill.state)
    return case, skill, db.session.get_one(User, case.person_id)


def _words(typed: str) -> str:
    try:
        words = clean_body(typed)
    except Unprintable:
        raise Refused("words", "control_characters") from None
    if not words:
        raise Refused("words", "required")
    if len(words) > WORDS_MOST:
        raise Refused("words", "too_long", limit=WORDS_MOST)
    return words


# -- names ----------------------------------------------------------------------------------------


def _name(skill: Skill, name: str, category: str, now: datetime) -> None:
    """Call it that and sort it there; what it was called stays as a word for it."""
    name = _cleaned(name, "name")
    try:
        category = clean_line(category)
    except Unprintable:
        raise Refused("category", "control_characters") from None
    if category not in {*categories(), skills.UNSORTED, skill.category}:
        raise Refused("category", "unknown_category")
    if (name, category) == (skill.name, skill.category):
        return
    if search_key(name) != search_key(skill.name):
        _answer(skill, name, "name", is_alias=False)
        old = db.session.get(SkillName, search_key(skill.name))
        if old is not None and old.skill_id == skill.id:
            old.is_alias = True
    skill.name, skill.category, skill.curated_at = name, category, now
    db.session.flush()


def _cleaned(typed: str, field: str) -> str:
    try:
        return skills.clean_skill_name(typed)
    except Refused as error:
        raise Refused(field, error.code, **error.params) from None


def _answer(skill: Skill, word: str, field: str, *, is_alias: bool) -> bool:
    """Let it answer to a word; whether that is new. The key of the table decides who is first.

    Raises Refused when another skill does.
    """
    key = search_key(word)
    row = db.session.get(SkillName, key)
    if row is None:
        try:
            with db.session.begin_nested():
                db.session.add(SkillName(key=key, skill_id=skill.id, is_alias=is_alias))
        except IntegrityError:  # in this moment
            raise Refused(field, "skill_word_taken", skill=word) from None
        return True
    if row.skill_id != skill.id:
        other = db.session.get_one(Skill, row.skill_id)
        raise Refused(field, "skill_word_taken", skill=other.name)
    if not is_alias:
        row.is_alias = False
    return False
