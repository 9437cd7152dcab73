"""What staff do to accounts: whom they may, that it is written down, and who is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from skillswap import mailing
from skillswap.db import db, transaction
from skillswap.domain import deliveries, letters, safety, staff_acts, staff_people
from skillswap.domain.staff_acts import Act
from skillswap.domain.staff_people import Which
from skillswap.errors import NotAllowed, NotFound, Refused, WrongState
from skillswap.models import AuditEntry, Delivery, SignIn, StaffRole, User, UserState
from tests import people

DAY = timedelta(days=1)
WHY = "Asked four people for money."


def changed(staff, person, now, act=Act.LIMIT, days=7, reason=WHY) -> None:
    with transaction():
        staff_acts.change(staff, person.username, act=act, days=days, reason=reason, now=now)


def acts() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def mails() -> list[tuple[str, str]]:
    rows = db.session.scalars(
        select(Delivery).where(Delivery.kind.startswith("account.")).order_by(Delivery.id)
    )
    return [(one.kind, one.payload.get("words", "")) for one in rows]


def names(staff, now, typed="", which=Which.ALL) -> list[str]:
    return [one.username for one in staff_people.search(staff, typed, which, None, now)]


# -- finding --------------------------------------------------------------------------------------


def test_people_are_found_by_name_username_and_address_in_every_state(ada, ben, mo, root, now):
    with transaction():
        safety.suspend(ben, days=7, reason="", now=now)
    assert names(mo, now) == ["ben", "ada"]  # neither themselves nor an admin
    assert names(root, now) == ["mo", "ben", "ada"]
    assert names(mo, now, "exa ad") == ["ada"]  # each word begins one of the name
    assert names(mo, now, "BEN@exam") == ["ben"]
    assert names(mo, now, "%@example") == names(mo, now, "nobody") == []
    assert names(mo, now, which=Which.KEPT_OUT) == ["ben"]
    assert names(root, now, which=Which.STAFF) == ["mo"]


def test_a_moderator_sees_no_admin_and_nobody_themselves(ada, mo, root, now):
    assert staff_people.facts_of(root, "mo", now).person.id == mo.id
    for staff, whom in ((mo, "root"), (mo, "mo"), (root, "root"), (ada, "mo"), (mo, "nobody")):
        with pytest.raises(NotFound):
            staff_people.facts_of(staff, whom, now)


# -- how somebody stands --------------------------------------------------------------------------


def test_limit_suspend_restore_are_written_down_and_mailed_with_the_words(ben, mo, now):
    changed(mo, ben, now)
    assert (ben.state, ben.state_until, ben.state_body) == (UserState.LIMITED, now + 7 * DAY, WHY)
    changed(mo, ben, now, Act.SUSPEND, days=90)
    assert (ben.state, ben.state_until) == (UserState.SUSPENDED, now + 90 * DAY)
    changed(mo, ben, now, Act.RESTORE, days=None, reason="")
    assert ben.state is UserState.ACTIVE
    assert acts() == ["person.limited", "person.suspended", "person.restored"]
    assert mails() == [
        ("account.limited", WHY),
        ("account.suspended", WHY),
        ("account.restored", ""),
    ]


def test_who_is_suspended_reads_in_a_mail_why(ben, mo, now):
    changed(mo, ben, now, Act.SUSPEND)
    row = db.session.scalars(select(Delivery)).one()
    mail = mailing.compose(letters.letter_for(deliveries.claim_of(row), now))
    assert (mail["To"], mail["Subject"]) == (ben.email, "Your account is suspended")
    for body in ("plain", "html"):
        words = mail.get_body((body,)).get_content()
        assert WHY in words
        assert mo.name not in words


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"act": None}, "act"),
        ({"days": 6}, "days"),
        ({"days": 31}, "days"),
        ({"days": None}, "days"),
        ({"act": Act.SUSPEND, "days": 91}, "days"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
    ],
)
def test_an_act_takes_its_days_and_a_reason(ben, mo, now, wrong, field):
    with pytest.raises(Refused) as refused:
        changed(mo, ben, now, **wrong)
    assert refused.value.field == field
    assert (ben.state, acts(), mails()) == (UserState.ACTIVE, [], [])


def test_what_is_done_already_is_not_done_twice_but_again_once_it_is_over(ben, mo, now):
    with pytest.raises(WrongState):
        changed(mo, ben, now, Act.RESTORE)
    changed(mo, ben, now)
    with pytest.raises(WrongState):
        changed(mo, ben, now)
    changed(mo, ben, now + 8 * DAY)  # the first ended by itself
    assert acts() == ["person.limited", "person.limited"]


def test_who_knows_them_colleagues_and_the_deleted_are_for_somebody_else(ada, ben, root, now):
    mo = people.make_person("mo", offers=("Watercolour",), staff_role=StaffRole.MODERATOR)
    max_ = people.make_person("max", staff_role=StaffRole.MODERATOR)
    people.make_exchange(ben, mo)
    for staff, whom in ((mo, ben), (mo, max_)):
        with pytest.raises(NotAllowed):
            changed(staff, whom, now)
    changed(mo, ada, now)
    changed(max_, ben, now)
    changed(root, max_, now)
    with transaction():
        safety.delete_person(db.session.get_one(User, ada.id), now=now)
    with pytest.raises(NotAllowed):
        changed(mo, ada, now, Act.SUSPEND)


def test_signing_out_ends_every_sign_in(ben, mo, now):
    people.sign_in(ben)
    people.sign_in(ben)
    with transaction():
        assert staff_acts.sign_out(mo, "ben", now) == 2
    assert acts() == ["person.signed_out"]


def test_the_confirmation_is_mailed_again_and_not_to_who_has_confirmed(ben, mo, now):
    with pytest.raises(WrongState), transaction():
        staff_acts.confirm_again(mo, "ben", now)
    new = people.make_person("new", email_confirmed_at=None)
    with transaction():
        staff_acts.confirm_again(mo, new.username, now)
    assert acts() == ["person.confirmation_sent"]
    assert [kind for kind, _words in mails()] == ["account.confirm"]


def test_notes_are_kept_in_order_and_the_log_does_not_repeat_them(ben, mo, now):
    for body in ("First.", "Second."):
        with transaction():
            staff_acts.note(mo, "ben", body=body, now=now)
    assert [one.body for one in staff_people.notes_of(ben, None)] == ["Second.", "First."]
    for body, code in ((" ", "required"), ("x" * 2_001, "too_long")):
        with pytest.raises(Refused, match=code):
            staff_acts.note(mo, "ben", body=body, now=now)
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(one.action, one.facts) for one in entries] == [("person.noted", {})] * 2


# -- roles ----------------------------------------------------------------------------------------


def given(staff, person, role, now) -> None:
    with transaction():
        staff_acts.give_role(staff, person.username, role, now)


def test_an_admin_gives_and_takes_roles_and_they_sign_in_anew(ben, root, now):
    people.sign_in(ben)
    given(root, ben, StaffRole.MODERATOR, now)
    assert ben.staff_role is StaffRole.MODERATOR
    over = select(func.count()).where(SignIn.user_id == ben.id, SignIn.revoked_at.is_not(None))
    assert db.session.scalar(over) == 1
    with pytest.raises(WrongState):
        given(root, ben, StaffRole.MODERATOR, now)
    given(root, ben, StaffRole.NONE, now)
    assert acts() == ["person.role_given", "person.role_given"]


def test_roles_are_for_admins_not_for_oneself_and_one_admin_stays(app, ada, ben, mo, root, now):
    for staff, whom in ((mo, ben), (root, root), (ada, ben)):
        with pytest.raises(NotFound):
            given(staff, whom, StaffRole.ADMIN, now)
    with pytest.raises(Refused, match="last_admin"), transaction():
        safety.give_role(db.session.merge(root), StaffRole.NONE, now=now)
    told = app.test_cli_runner().invoke(args=["make-moderator", root.email])
    assert (told.exit_code, told.output) == (1, "Without this admin there would be none.\n")
    zoe = people.make_person("zoe", staff_role=StaffRole.ADMIN)
    given(zoe, root, StaffRole.NONE, now)
    with pytest.raises(NotFound):  # the slower of two who demote each other
        given(root, zoe, StaffRole.NONE, now)
    with pytest.raises(Refused, match="not_an_answer"):
        given(zoe, ben, None, now)
    changed(mo, ben, now)
    with pytest.raises(Refused, match="role_standing"):
        given(zoe, ben, StaffRole.MODERATOR, now)
