"""Points that come from too few people are a case: it opens, ends by itself, or staff decide."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select, update

from skillswap.db import db, transaction
from skillswap.domain import cases, collusion, points, sweep
from skillswap.domain.points import flags
from skillswap.domain.points.writing import Award, add_up, award
from skillswap.errors import NotFound, WrongState
from skillswap.models import AuditEntry, Case, CaseKind, Event, PointsFlag, PointsKind, User
from tests import people
from tests.casework import keys, take
from tests.conftest import HTMX
from tests.domain.test_points import DAY, noon
from tests.domain.test_points_farming import off


@pytest.fixture
def monday(app) -> datetime:
    return noon()


def earn(person: User, partner: User | None, number: int, at: datetime) -> None:
    """Points from that partner at that time, and a look at where they all come from."""
    with transaction():
        happened = {"kind": "person.joined", "happened_at": at, "audience": [], "facts": {}}
        event = Event(subject_type="users", subject_id=person.id, **happened)
        db.session.add(event)
        db.session.flush()
        partner_id = partner.id if partner else None
        source = f"test/{event.id}"
        award(event, Award(person.id, PointsKind.TAUGHT, number, source, partner_id=partner_id))
        add_up()
        flags.look(event)


@pytest.fixture
def key(ada, ben, monday) -> str:
    """The case about ada, most of whose points come from ben."""
    earn(ada, ben, 110, monday)
    return flagged().public_id


def flagged(name: str = "ada") -> Case:
    """The one case there is about a flag of that person."""
    db.session.rollback()
    about = (Case.kind == CaseKind.FLAG, User.username == name)
    query = select(Case).join(User, User.id == Case.person_id).where(*about)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def decide(client, key: str, verb: str, words: str = "They are brothers."):
    return client.post(f"/moderation/cases/{key}/{verb}", data={"words": words})


def acts() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_a_flag_is_one_case_however_often_it_is_seen(ada, ben, cy, mo, monday, key):
    earn(ada, ben, 30, monday + 2 * DAY)
    earn(ada, ben, 10, monday + 3 * DAY)
    one = flagged()
    assert (one.public_id, one.person_id, one.other_id) == (key, ada.id, ben.id)
    assert one.facts["share"] == 100
    people.make_staff(ben)
    with pytest.raises(NotFound), transaction():
        cases.claim(ben, key, monday)


def test_staff_read_where_the_points_come_from(browser, ada, ben, mo, key, queries):
    client = browser(mo)
    assert key in keys(client, "flag")
    assert "Ben" not in client.get("/moderation").text
    page = take(client, key)
    assert "100% of" in page
    assert "came from Ben Example" in page
    assert page.count("<meter") == 1
    queries.clear()
    client.get(f"/moderation/cases/{key}")
    assert len(queries) <= 7


def test_who_is_let_back_is_on_the_boards_and_no_question_for_90_days(
    browser, ada, ben, mo, monday, key
):
    client = browser(mo)
    take(client, key)
    assert decide(client, key, "clear-flag").status_code == 303
    assert acts() == ["case.claimed", "collusion.cleared"]
    assert "They are brothers." in client.get("/moderation/audit").text
    assert not off(ada, monday + DAY)
    assert key not in keys(client)
    assert decide(client, key, "clear-flag").status_code == 409
    earn(ada, people.make_person("dot"), 10, monday + 3 * DAY)
    assert flagged().closed_by_id == mo.id
    assert not off(ada, monday + 4 * DAY)


def test_who_is_kept_off_stays_off_and_is_no_question_while_it_lasts(
    browser, ada, ben, mo, monday, key
):
    client = browser(mo)
    take(client, key)
    assert decide(client, key, "keep-flag").status_code == 303
    assert acts() == ["case.claimed", "collusion.kept"]
    earn(ada, ben, 20, monday + 3 * DAY)
    assert off(ada, monday + 4 * DAY)
    assert flagged().closed_by_id == mo.id
    assert key not in keys(client)


def test_it_is_asked_again_when_it_was_over_and_comes_again(ada, ben, mo, monday, key):
    with transaction():
        cases.claim(mo, key, monday)
        collusion.keep(mo, key, words="Too much of one.", now=monday)
    with transaction():  # it was last seen two months ago
        db.session.execute(update(PointsFlag).values(until=monday - DAY))
    earn(ada, ben, 20, monday + DAY)
    db.session.rollback()
    states = db.session.scalars(
        select(Case.closed_at)
        .where(Case.kind == CaseKind.FLAG, Case.person_id == ada.id)
        .order_by(Case.id)
    ).all()
    assert [one is None for one in states] == [False, True]


def test_a_decision_needs_its_reason_and_comes_back_with_the_form(browser, mo, key):
    client = browser(mo)
    take(client, key)
    for verb in ("clear-flag", "keep-flag"):
        answer = decide(client, key, verb, " ")
        assert answer.status_code == 422
        assert "Say why. It goes into the audit log." in answer.text
        assert "came from Ben Example" in answer.text
    part = client.post(
        f"/moderation/cases/{key}/keep-flag", data={"words": "Too much."}, headers=HTMX
    )
    assert part.status_code in (200, 204)


def test_only_who_has_taken_it_decides(browser, ada, ben, mo, key):
    assert decide(browser(ada), key, "clear-flag").status_code == 404
    assert decide(browser(mo), key, "clear-flag").status_code == 409
    take(browser(mo), key)
    colleague = people.make_person("max", staff_role="moderator")
    assert decide(browser(colleague), key, "keep-flag").status_code == 409
    assert acts() == ["case.claimed"]


def test_when_points_come_from_others_too_its_case_is_closed(ada, cy, monday, key):
    assert flagged().closed_at is None
    earn(ada, cy, 120, monday + DAY)
    one = flagged()
    assert one.closed_at == monday + DAY
    assert one.closed_by_id is None
    assert not off(ada, monday + 2 * DAY)


def test_thirty_days_after_it_was_seen_its_case_is_closed(ada, mo, monday, key):
    later = db.session.scalars(select(PointsFlag.until).where(PointsFlag.user_id == ada.id)).one()
    with transaction():
        cases.claim(mo, key, later - DAY)
    with pytest.raises(WrongState), transaction():  # before the sweep has been here
        collusion.clear(mo, key, words="They are brothers.", now=later)
    assert sweep.run("flags", points.lapse_due, later - DAY) == 0
    assert sweep.run("flags", points.lapse_due, later) >= 1
    assert sweep.run("flags", points.lapse_due, later) == 0
    assert flagged().closed_at == later


def test_a_case_of_another_kind_is_no_flag(ada, ben, mo, monday, key):
    with transaction():
        other = cases.open_case(CaseKind.SKILL, "users", ada.id, person=ada, now=monday)
        cases.claim(mo, other.public_id, monday)
    with pytest.raises(NotFound), transaction():
        collusion.clear(mo, other.public_id, words="They are brothers.", now=monday)


def test_whoever_met_one_of_them_does_not_decide(ada, key, monday):
    max_ = people.make_person("max", wants=("Watercolour",), staff_role="moderator")
    people.make_exchange(max_, ada)
    with pytest.raises(NotFound), transaction():
        cases.claim(max_, key, monday)
