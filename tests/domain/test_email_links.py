"""What mailed links may do, once, for how long, and to which account."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from skillswap.db import db, transaction
from skillswap.domain import credentials, email_links, sign_ins
from skillswap.errors import Gone, NotFound, Refused, TooMany
from skillswap.lib.passwords import check_password
from skillswap.models import Delivery, EmailToken, Event, SignIn, TokenPurpose, User, UserState
from tests import people
from tests.people import PASSWORD

HOUR = timedelta(hours=1)
NEW = "a river in the rain"
LIVES = [
    (TokenPurpose.CONFIRM, 24 * HOUR),
    (TokenPurpose.RESET, HOUR / 2),
    (TokenPurpose.CHANGE, 24 * HOUR),
    (TokenPurpose.UNDO_CHANGE, 72 * HOUR),
]


def token_of(purpose: TokenPurpose) -> str:
    """Of the newest mail of that purpose."""
    query = select(Delivery).where(Delivery.kind == f"account.{purpose}").order_by(Delivery.id)
    return db.session.scalars(query).all()[-1].payload["path"].rpartition("/")[2]


def ask(person: User, purpose: TokenPurpose, now) -> str:
    """A link of that purpose, mailed."""
    with transaction():
        if purpose is TokenPurpose.CONFIRM:
            person.email_confirmed_at = None
            email_links.send_confirmation(person, now)
        elif purpose is TokenPurpose.RESET:
            email_links.send_reset(person.email, now)
        else:
            person.email_confirmed_at = now
            assert email_links.change_email(person, f"{purpose}@new.example", now) is None
    return token_of(purpose)


def use(token: str, purpose: TokenPurpose, now) -> None:
    with transaction():
        if purpose is TokenPurpose.RESET:
            email_links.reset_password(token, NEW, now)
        elif purpose is TokenPurpose.UNDO_CHANGE:
            email_links.undo_change(token, now)
        else:
            email_links.confirm(token, now)


def again(person: User) -> User:
    db.session.expire_all()
    return db.session.get_one(User, person.id)


@pytest.mark.parametrize(("purpose", "life"), LIVES)
def test_a_link_lives_as_long_as_its_mail_says(ada, now, purpose, life):
    token = ask(ada, purpose, now)
    last = now + life - timedelta(seconds=1)
    assert email_links.look(token, {purpose}, last).first_name == "Ada"
    with pytest.raises(Gone):
        email_links.look(token, {purpose}, now + life)
    with pytest.raises(Gone):
        use(token, purpose, now + life)
    use(token, purpose, last)


@pytest.mark.parametrize(("purpose", "life"), LIVES)
def test_a_link_works_once(ada, now, purpose, life):
    token = ask(ada, purpose, now)
    use(token, purpose, now)
    with pytest.raises(Gone):
        email_links.look(token, {purpose}, now)
    with pytest.raises(Gone):
        use(token, purpose, now)


def test_of_two_who_found_a_link_unused_at_once_one_uses_it(ada, now):
    token = ask(ada, TokenPurpose.UNDO_CHANGE, now)
    found = email_links._open(token, {TokenPurpose.UNDO_CHANGE}, now)
    use(token, TokenPurpose.UNDO_CHANGE, now)
    with pytest.raises(Gone), transaction():
        email_links._use(found, now)


@pytest.mark.parametrize(("purpose", "life"), LIVES)
def test_the_mail_may_not_go_after_its_link_is_out_of_date(ada, now, purpose, life):
    ask(ada, purpose, now)
    kind = f"account.{purpose}"
    mail = db.session.scalars(select(Delivery).where(Delivery.kind == kind)).one()
    assert mail.payload["until"] == (now + life).isoformat()
    assert mail.due_at == now


@pytest.mark.parametrize("purpose", [TokenPurpose.RESET, TokenPurpose.CHANGE])
@pytest.mark.parametrize("column", ["email", "password_hash"])
def test_a_link_is_bound_to_the_address_and_the_password_of_its_time(ada, now, purpose, column):
    token = ask(ada, purpose, now)
    with transaction():
        setattr(ada, column, "changed@example.org")
    with pytest.raises(Gone):
        use(token, purpose, now)


def test_an_undo_outlives_whatever_a_thief_changes(ada, now):
    ask(ada, TokenPurpose.UNDO_CHANGE, now)
    token = token_of(TokenPurpose.UNDO_CHANGE)
    with transaction():
        ada.email, ada.password_hash = "thief@example.org", "changed"
    use(token, TokenPurpose.UNDO_CHANGE, now)
    assert again(ada).email == "ada@example.org"
    assert not check_password(again(ada).password_hash, PASSWORD)


@pytest.mark.parametrize("state", [UserState.SUSPENDED, UserState.DELETED])
@pytest.mark.parametrize(("purpose", "life"), LIVES)
def test_no_link_opens_an_account_that_is_shut(ada, now, purpose, life, state):
    token = ask(ada, purpose, now)
    with transaction():
        ada.state = state
    with pytest.raises(Gone):
        use(token, purpose, now)


def test_a_link_for_another_purpose_does_not_exist(ada, now):
    for purpose, _life in LIVES:
        token = ask(ada, purpose, now)
        for other in set(TokenPurpose) - {purpose}:
            with pytest.raises(NotFound):
                email_links.look(token, {other}, now)
        with transaction():
            db.session.execute(db.metadata.tables["attempts"].delete())


def test_a_newer_wish_for_an_address_ends_the_one_before(ada, now):
    first = ask(ada, TokenPurpose.CHANGE, now)
    with transaction():
        email_links.change_email(ada, "third@new.example", now)
    with pytest.raises(Gone):
        use(first, TokenPurpose.CHANGE, now)
    assert email_links.waiting_address(ada, now) == "third@new.example"
    use(token_of(TokenPurpose.CHANGE), TokenPurpose.CHANGE, now)
    assert email_links.waiting_address(again(ada), now) is None


def test_a_refused_reset_leaves_the_link_and_every_sign_in(ada, now):
    people.sign_in(ada)
    token = ask(ada, TokenPurpose.RESET, now)
    with pytest.raises(Refused), transaction():
        email_links.reset_password(token, "short", now)
    assert email_links.look(token, {TokenPurpose.RESET}, now)
    live = select(func.count(SignIn.id)).where(SignIn.revoked_at.is_(None))
    assert db.session.scalar(live) == 1


def test_a_reset_ends_every_sign_in_of_that_person_alone(ada, ben, now):
    for person in (ada, ada, ben):
        people.sign_in(person)
    use(ask(ada, TokenPurpose.RESET, now), TokenPurpose.RESET, now)
    live = select(SignIn.user_id).where(SignIn.revoked_at.is_(None))
    assert list(db.session.scalars(live)) == [ben.id]


def test_what_happened_is_recorded_without_a_secret(ada, now):
    for purpose, _life in LIVES:
        use(ask(again(ada), purpose, now), purpose, now)
        with transaction():
            db.session.execute(db.metadata.tables["attempts"].delete())
    events = db.session.scalars(select(Event).order_by(Event.id)).all()
    assert [event.kind for event in events] == [
        "person.email_confirmed",
        "person.password_reset",
        "person.email_changed",
        "person.email_restored",
    ]
    assert all(event.facts == {} for event in events)


def test_the_third_address_of_a_day_waits_and_changes_nothing(ada, now):
    for number in range(2):
        with transaction():
            email_links.change_email(ada, f"a{number}@new.example", now)
    with pytest.raises(TooMany), transaction():
        email_links.change_email(ada, "a3@new.example", now)
    assert email_links.waiting_address(ada, now) == "a1@new.example"
    with transaction():
        assert email_links.change_email(ada, "a3@new.example", now + 25 * HOUR) is None


def test_an_address_is_kept_in_one_spelling(ada, now):
    with transaction():
        email_links.change_email(ada, " Ada@New.Example ", now)
    use(token_of(TokenPurpose.CHANGE), TokenPurpose.CHANGE, now)
    assert again(ada).email == "ada@new.example"


def test_ones_own_password_is_asked_ten_times_in_five_minutes_at_most(ada, now):
    for _time in range(10):
        with transaction():
            credentials.count_check(ada, "password", now)
    with pytest.raises(TooMany), transaction():
        credentials.count_check(ada, "password", now)
    with transaction():
        credentials.count_check(ada, "password", now + timedelta(minutes=5, seconds=1))


def test_a_sign_in_that_lies_idle_is_no_device_any_more(ada, now):
    people.sign_in(ada)
    with transaction():
        db.session.execute(update(SignIn).values(seen_at=now - timedelta(days=14)))
    assert list(sign_ins.devices_of(ada, None, now)) == []


def test_tokens_are_random_and_their_rows_hold_a_hash(ada, now):
    tokens = {ask(ada, TokenPurpose.RESET, now) for _time in range(5)}
    assert len(tokens) == 5
    rows = db.session.scalars(select(EmailToken)).all()
    assert {len(row.token_hash) for row in rows} == {64}
    assert not tokens & {row.token_hash for row in rows}
