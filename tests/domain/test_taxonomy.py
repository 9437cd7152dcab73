"""What may staff do with skills, and what becomes of everything that names one?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import (
    cases,
    listings,
    merging,
    notifications,
    pitches,
    points,
    rings,
    skills,
    taxonomy,
    trends,
)
from skillswap.domain.catalogue import load_catalogue
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.lib.clock import utcnow
from skillswap.models import (
    AuditEntry,
    Case,
    CaseKind,
    ExchangeLeg,
    Impression,
    Level,
    OfferState,
    Pitch,
    PitchState,
    RingState,
    Skill,
    SkillDay,
    SkillFollow,
    SkillName,
    SkillState,
    SwapRing,
    User,
    UserSkill,
    UserSkillKind,
    Wish,
    WishOffer,
    WishState,
)
from tests import people, town, trios, wishing

OFFERED, WANTED = UserSkillKind.OFFERED, UserSkillKind.WANTED


@pytest.fixture
def aquarelle(app) -> Skill:
    """The same as watercolour, in another word."""
    return people.make_skill("Aquarelle")


def again(person: User) -> User:
    return db.session.get_one(User, person.id)


def merge(mo: User, source: str = "aquarelle", into: str = "watercolour") -> None:
    with transaction():
        taxonomy.merge(again(mo), source, into, utcnow())
    db.session.expunge_all()


def named(slug: str) -> Skill:
    return db.session.scalars(select(Skill).where(Skill.slug == slug)).one()


def count(table: type, *which) -> int:
    return db.session.scalar(select(func.count()).select_from(table).where(*which)) or 0


def naming(skill_id: int) -> dict[str, int]:
    """How many rows of each table name that skill, whatever their column is called."""
    found = {}
    for table in db.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column.table.name == "skills" and table.name not in ("impressions", "skills"):
                rows = select(func.count()).select_from(table).where(key.parent == skill_id)
                found[f"{table.name}.{key.parent.name}"] = db.session.scalar(rows) or 0
    return {name: rows for name, rows in found.items() if rows}


def skill_drift() -> list[str]:
    return [line for line in points.drift() if line.startswith("points_skill_periods")]


# -- merging --------------------------------------------------------------------------------------


def test_everything_in_a_town_follows_the_skill_it_names(app):
    town.build()
    mo = db.session.scalars(select(User).where(User.username == "mo")).one()
    calligraphy = people.make_skill("Calligraphy")
    into, source = calligraphy.id, named("watercolour").id
    before = naming(source)
    assert len(before) >= 14  # or this would say little
    assert not skill_drift()
    merge(mo, "watercolour", "calligraphy")
    assert naming(source) == {}
    after = naming(into)
    derived = {"skill_counts.skill_id", "trends.skill_id", "swap_edges.offer_id"}
    for name in before.keys() - derived - {"swap_edges.want_id"}:
        assert after[name] >= before[name], name
    assert list(listings.drift(utcnow())) == []
    assert list(trends.drift(utcnow())) == []
    assert not skill_drift()
    with transaction():
        points.rebuild()
    assert naming(source) == {}


def test_who_lists_both_keeps_one_line_with_the_higher_level(ada, aquarelle, mo, now):
    with transaction():
        skills.add_skill(ada, OFFERED, "aquarelle", level=3, note="Skies", now=now)
        skills.add_skill(ada, WANTED, "aquarelle", level=1, note="", now=now)
    merge(mo)
    lines = db.session.scalars(select(UserSkill).where(UserSkill.user_id == ada.id)).all()
    kept = {(line.kind, line.skill_id): (line.level, line.note) for line in lines}
    watercolour = named("watercolour").id
    assert kept[OFFERED, watercolour] == (Level.EXPERT, "Skies")
    assert kept[WANTED, watercolour] == (Level.BEGINNER, "")
    assert aquarelle.id not in {line.skill_id for line in lines}
    assert list(listings.drift(utcnow())) == []
    assert list(trends.drift(utcnow())) == []


def test_old_words_and_earlier_merges_lead_to_the_one_that_stays(ada, aquarelle, mo):
    people.make_skill("Water painting")
    merge(mo, "water-painting", "Aquarelle")
    merge(mo)
    for typed in ("aquarelle", "Water painting", "water-painting", "WATERCOLOUR"):
        assert skills.find_skill(ada, typed).slug == "watercolour"
    assert set(taxonomy.card("watercolour").aliases) == {"aquarelle", "water painting"}
    assert set(taxonomy.card("watercolour").merged) == {"Aquarelle", "Water painting"}
    with pytest.raises(NotFound):
        taxonomy.card("aquarelle")


def test_of_two_open_pitches_the_one_about_the_merged_skill_is_closed(ada, ben, aquarelle, mo, now):
    with transaction():
        skills.add_skill(ada, OFFERED, "aquarelle", level=2, note="", now=now)
    kept = people.make_pitch(ben, ada)
    double = people.make_pitch(ben, ada, "aquarelle", body="Another picture, of the bridge.")
    merge(mo)
    found = {one.id: one for one in db.session.scalars(select(Pitch))}
    assert found[kept.id].state is PitchState.PENDING
    assert (found[double.id].state, found[double.id].close_reason) == (PitchState.CLOSED, "skill")
    assert {one.skill_id for one in found.values()} == {named("watercolour").id}
    with transaction():
        pitches.accept_pitch(again(ada), kept.public_id, now=utcnow())


def test_a_pitch_of_one_for_the_other_is_closed_and_keeps_both_names(ada, ben, aquarelle, mo, now):
    with transaction():
        skills.add_skill(ben, OFFERED, "aquarelle", level=2, note="", now=now)
    pitch = people.make_pitch(ben, ada, offered="aquarelle")
    merge(mo)
    found = db.session.get_one(Pitch, pitch.id)
    assert found.state is PitchState.CLOSED
    assert (found.skill_id, found.offered_skill_id) == (named("watercolour").id, aquarelle.id)


def test_of_two_open_wishes_one_stays_and_nothing_is_offered_for_itself(ada, ben, mo, now):
    people.make_skill("Aquarelle")
    with transaction():
        skills.add_skill(ada, OFFERED, "aquarelle", level=2, note="", now=now)
        skills.add_skill(ben, OFFERED, "aquarelle", level=2, note="", now=now)
    stays, double = wishing.make_wish(ben), wishing.make_wish(ben, "aquarelle")
    wishing.make_offer(ada, double)
    wishing.make_offer(ada, stays, in_return="aquarelle")
    merge(mo)
    states = {one.id: one.state for one in db.session.scalars(select(Wish))}
    assert states == {stays.id: WishState.OPEN, double.id: WishState.CLOSED}
    assert set(db.session.scalars(select(WishOffer.state))) == {OfferState.CLOSED}


def test_a_ring_goes_on_with_the_other_skill(aquarelle, mo):
    ada, ben, cleo = trios.trio()
    ring = trios.make_ring(ada, ben, cleo)
    merge(mo, "watercolour", "aquarelle")
    for person in (ben, cleo):
        with transaction():
            rings.accept_ring(again(person), ring.public_id, body=trios.WORDS, now=utcnow())
        db.session.expunge_all()
    kept = db.session.get_one(SwapRing, ring.id)
    assert kept.state is RingState.ACCEPTED
    assert f"{ada.id}:{aquarelle.id}" in kept.round_key
    assert count(ExchangeLeg, ExchangeLeg.skill_id == aquarelle.id) == 1


def test_days_of_both_are_added_up(ada, aquarelle, mo):
    watercolour = named("watercolour").id
    with transaction():
        db.session.add_all(
            SkillDay(skill_id=skill, day=day, people=number)
            for skill, day, number in ((watercolour, 1, 2), (aquarelle.id, 1, 3))
        )
        db.session.add(SkillDay(skill_id=aquarelle.id, day=2, people=4))
    merge(mo)
    found = {row.day: row.people for row in db.session.scalars(select(SkillDay))}
    assert found == {1: 5, 2: 4}
    assert count(SkillDay, SkillDay.skill_id == watercolour) == 2


def test_what_was_begun_in_the_moment_of_merging_follows_by_itself(ada, aquarelle, mo, now):
    merge(mo)
    with transaction():  # its skill was read before, its row is written after
        db.session.add(SkillFollow(user_id=ada.id, skill_id=aquarelle.id, created_at=now))
    for later, moved in ((timedelta(), 0), (timedelta(minutes=3), 1), (timedelta(minutes=4), 0)):
        with transaction():
            assert merging.follow_due(now + later, 100) == moved
    assert db.session.scalars(select(SkillFollow.skill_id)).all() == [named("watercolour").id]


def test_a_list_that_was_open_meanwhile_gets_the_one_that_stays(ada, cy, aquarelle, mo, now):
    found = skills.find_skill(cy, "aquarelle")
    merge(mo)
    with transaction():
        skills._add_line(again(cy), OFFERED, found, 2, "", now)
    assert "Watercolour" in {line.name for line in skills.lines_of(cy.id)}


@pytest.mark.parametrize(
    ("into", "code"),
    [("aquarelle", "merge_itself"), ("yodelling", "unknown_merge"), ("\x00", "unknown_merge")],
)
def test_a_skill_is_merged_only_into_another_of_the_catalogue(ada, aquarelle, mo, into, code):
    with transaction():
        skills.propose_skill(ada, OFFERED, "Yodelling", level=1, note="", now=utcnow())
    with pytest.raises(Refused, match=code):
        merge(mo, "aquarelle", into)
    with pytest.raises(NotFound):
        merge(mo, "yodelling", "aquarelle")  # a case decides about that one


def test_what_was_shown_to_whom_stays_as_it_was(ada, ben, aquarelle, mo, now):
    shown = {"viewer_id": ben.id, "teacher_id": ada.id, "day": now.date(), "position": 1}
    with transaction():
        more = {"shown_in": "browse", "skill_id": aquarelle.id, "parts": {}, "shown_at": now}
        db.session.add(Impression(**shown, **more))
    merge(mo)
    assert db.session.scalar(select(Impression.skill_id)) == aquarelle.id


# -- words and categories -------------------------------------------------------------------------


def test_a_skill_is_renamed_and_still_answers_to_what_it_was_called(ada, mo, now):
    people.make_skill("Sourdough")
    with transaction():
        taxonomy.edit(mo, "watercolour", name="Water colours", category="Other", now=now)
    found = skills.find_skill(ada, "watercolour")
    assert (found.name, found.slug, found.category) == ("Water colours", "watercolour", "Other")
    assert skills.find_skill(ada, "water colours").id == found.id
    with pytest.raises(Refused, match="skill_word_taken"), transaction():
        taxonomy.edit(mo, "watercolour", name="Sourdough", category="Other", now=now)
    with pytest.raises(Refused, match="unknown_category"), transaction():
        taxonomy.edit(mo, "watercolour", name="Water colours", category="Mine", now=now)
    with pytest.raises(Refused, match="name: skill_name_shape"), transaction():
        taxonomy.edit(mo, "watercolour", name="x", category="Other", now=now)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.actor_id == mo.id)).one()
    assert entry.facts == {"name": "Water colours", "before": "Watercolour", "category": "Other"}


def test_words_are_given_and_taken_away(ada, mo, now):
    for _ in range(2):
        with transaction():
            taxonomy.add_alias(mo, "watercolour", " Aquarell ", now)
    assert skills.find_skill(ada, "AQUARELL").slug == "watercolour"
    with pytest.raises(Refused, match="skill_word_taken"), transaction():
        taxonomy.add_alias(mo, "piano", "aquarell", now)
    for word in ("aquarell", "aquarell", "watercolour", "piano", "\x00"):
        with transaction():
            taxonomy.remove_alias(mo, "watercolour", word, now)
    assert skills.find_skill(ada, "aquarell") is None
    assert skills.find_skill(ada, "watercolour") is not None  # its name is no alias
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["skill.alias_added", "skill.alias_removed"]


def test_the_catalogue_leaves_alone_what_staff_decided(ada, mo, now):
    with transaction():
        load_catalogue(now)
    with transaction():
        taxonomy.edit(mo, "spanish", name="Spanisch", category="Other", now=now)
        taxonomy.remove_alias(mo, "spanish", "castellano", now)
        taxonomy.merge(mo, "french", "portuguese", now)
    db.session.expunge_all()
    with transaction():
        assert load_catalogue(now) == 0
    spanish = named("spanish")
    assert (spanish.name, spanish.category) == ("Spanisch", "Other")
    assert db.session.get(SkillName, "castellano") is None
    assert skills.find_skill(ada, "français").slug == "portuguese"
    assert named("french").state is SkillState.MERGED


# -- proposals ------------------------------------------------------------------------------------


@pytest.fixture
def proposed(cy, mo, now) -> str:
    """Cy has proposed yodelling, and mo has taken the case."""
    with transaction():
        skills.propose_skill(cy, OFFERED, "Yodeling", level=1, note="", now=now)
    waits = db.session.scalars(select(Case).where(Case.kind == CaseKind.SKILL)).one()
    assert (waits.person_id, waits.facts) == (cy.id, {"name": "Yodeling"})
    with transaction():
        cases.claim(mo, waits.public_id, now)
    return waits.public_id


def told(person: User) -> list[str]:
    return [line.kind for line in notifications.page_of(person, None, utcnow())]


def is_closed(key: str) -> bool:
    return db.session.scalar(select(Case.closed_at).where(Case.public_id == key)) is not None


def test_two_who_propose_the_same_are_one_case(proposed, ada, now):
    with transaction():
        skills.propose_skill(ada, OFFERED, "yodeling", level=1, note="", now=now)
    assert count(Case) == 1


def test_a_proposal_is_accepted_under_a_better_name(proposed, cy, ada, mo, now):
    with pytest.raises(Refused, match="name: skill_word_taken"), transaction():
        taxonomy.accept(mo, proposed, name="Piano", category="Other", now=now)
    with transaction():
        taxonomy.accept(again(mo), proposed, name="Yodelling", category="Other", now=now)
    for typed in ("yodelling", "Yodeling"):
        assert skills.find_skill(ada, typed).slug == "yodelling"
    assert is_closed(proposed)
    assert told(cy) == ["skill.accepted"]
    with pytest.raises(WrongState), transaction():
        taxonomy.refuse(again(mo), proposed, words="No.", now=now)
    assert count(AuditEntry, AuditEntry.action == "skill.accepted") == 1


def test_a_proposal_becomes_a_word_for_what_is_known(proposed, cy, mo, now):
    people.make_skill("Singing")
    with transaction():
        taxonomy.merge_proposed(mo, proposed, into="singing", now=now)
    db.session.expunge_all()
    assert {"Singing"} < {line.name for line in skills.lines_of(cy.id)}
    assert skills.find_skill(cy, "yodeling").slug == "singing"
    assert is_closed(proposed)
    assert told(cy) == ["skill.merged"]


def test_a_refused_proposal_is_off_every_list_and_may_be_proposed_anew(
    proposed, cy, ada, ben, mo, now
):
    with transaction():
        skills.propose_skill(ada, WANTED, "yodeling", level=1, note="", now=now)
    pitch = people.make_pitch(ben, cy, "yodeling")
    with pytest.raises(Refused, match="words: required"), transaction():
        taxonomy.refuse(mo, proposed, words=" ", now=now)
    with transaction():
        taxonomy.refuse(again(mo), proposed, words="We list what can be taught.", now=now)
    db.session.expunge_all()
    assert {line.name for line in skills.lines_of(cy.id)} == {"JavaScript"}
    assert count(UserSkill, UserSkill.user_id == ada.id) == 3
    assert db.session.get_one(Pitch, pitch.id).state is PitchState.CLOSED
    assert told(ada) == ["skill.refused"]
    assert "skill.refused" in told(cy)
    assert skills.find_skill(cy, "yodeling") is None
    with transaction():
        skills.propose_skill(again(cy), OFFERED, "Yodeling", level=1, note="", now=now)
    assert count(Case, Case.closed_at.is_(None)) == 1


def test_nobody_decides_about_what_they_have_not_taken_or_proposed_themselves(proposed, mo, now):
    max_ = people.make_person("max", staff_role="moderator")
    with pytest.raises(WrongState), transaction():
        taxonomy.accept(max_, proposed, name="Yodelling", category="Other", now=now)
    with transaction():
        skills.propose_skill(again(mo), OFFERED, "Juggling fire", level=1, note="", now=now)
    key = db.session.scalar(select(Case.public_id).where(Case.person_id == mo.id))
    with pytest.raises(NotFound), transaction():
        cases.claim(again(mo), key, now)


def test_what_the_catalogue_brings_itself_waits_no_more(proposed, cy, now):
    with transaction():
        skill = db.session.scalars(select(Skill).where(Skill.name == "Yodeling")).one()
        db.session.get_one(SkillName, "yodeling").key = "french"
        skill.name = "French"
        db.session.flush()
        load_catalogue(now)
    assert is_closed(proposed)
    assert named("french").state is SkillState.ACTIVE


def test_the_list_is_one_statement_whatever_is_looked_for(app, now, queries):
    with transaction():
        load_catalogue(now)
    queries.clear()
    first = taxonomy.found("", "", None)
    assert len(first) == 20
    assert {row.slug for row in taxonomy.found("castell", "Languages", None)} >= {"spanish"}
    assert len(taxonomy.found("castell", "Music", None)) == 0
    assert len(taxonomy.found("", "", first.after)) == 20
    assert len(queries) == 4
