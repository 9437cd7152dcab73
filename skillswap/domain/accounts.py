"""How does a person join, come in and leave?

Joining and logging in take two calls, each in a transaction of its own: the first counts the
try, which must stay counted when the second refuses it; the second makes its hash before its
first statement, so that nothing is locked meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from skillswap.db import db
from skillswap.domain import (
    attempts,
    credentials,
    email_links,
    events,
    live,
    safety,
    second_steps,
)
from skillswap.domain.credentials import check_new_password, fold_address, same_everywhere
from skillswap.domain.usernames import candidates, clean_name, name_key, reads_like_staff
from skillswap.errors import Gone, Refused
from skillswap.lib.clock import is_zone, local
from skillswap.lib.passwords import hash_password, needs_rehash
from skillswap.lib.sealing import Sealer
from skillswap.lib.tokens import new_token, token_hash
from skillswap.models import SignIn, User, UserState

REMEMBERED = timedelta(days=30)
NOT_REMEMBERED = timedelta(days=14)
DEVICE_LENGTH = 200
ADULT, OLDEST = 18, 120


class Role(StrEnum):
    """What somebody says they are here for; two switches afterwards."""

    LEARN, TEACH, BOTH = "learn", "teach", "both"


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody who has asked to join, as far as the rules about what they typed go."""

    first_name: str
    last_name: str
    email: str
    password: str = field(repr=False)
    birth_year: int
    timezone: str
    role: Role


@dataclass(frozen=True, slots=True)
class LogInTry:
    """A try that has been counted, with what it will be checked against."""

    attempt_ids: list[int]
    user_id: int | None = None
    password_hash: str | None = field(default=None, repr=False)
    state: UserState | None = None
    is_asked_for_code: bool = False


# -- joining --------------------------------------------------------------------------------------


def new_person(
    *,
    role: str,
    first_name: str,
    last_name: str,
    email: str,
    password: str,
    birth_year: int,
    timezone: str,
    now: datetime,
) -> NewPerson:
    """What was typed, cleaned. Raises Refused for the first rule it breaks; asks no database.

    Whether they are old enough is not said here but by `count_sign_up`, which remembers it.
    """
    if role not in list(Role):
        raise Refused("role", "needs_role")
    first_name = clean_name("first_name", first_name)
    last_name = clean_name("last_name", last_name)
    if not first_name:
        raise Refused("first_name", "required")
    if reads_like_staff(f"{first_name} {last_name}"):
        raise Refused("first_name", "name_reserved")
    address = fold_address(email)
    check_new_password(password, address, first_name, last_name)
    if not now.year - OLDEST <= birth_year <= now.year:
        raise Refused("birth_year", "birth_year")
    if not is_zone(timezone):
        raise Refused("timezone", "unknown_zone")
    return NewPerson(first_name, last_name, address, password, birth_year, timezone, Role(role))


def count_sign_up(person: NewPerson, *, ip: str, now: datetime) -> Refused | None:
    """Count the try; returns, not raises, the refusal that must be remembered: too young.

    Somebody who gave a year under 18 is not asked again for a day, whatever year comes next.
    (Only the year is known, so it lets in who turns 18 this year.) Raises TooMany.
    """
    young = attempts.TOO_YOUNG
    if now.year - person.birth_year < ADULT:
        attempts.lock(young, person.email, now)
    if attempts.is_locked(young, person.email, now):
        return Refused("birth_year", "too_young")
    attempts.spend((attempts.SIGN_UP_IP, attempts.network_of(ip)), field="", now=now)
    return None


def sign_up(person: NewPerson, *, device: str, now: datetime) -> SignIn:
    """Make the account, mail a link to confirm its address, and open its first sign-in.

    Call it first in its transaction: it makes a hash. Raises Refused when the address is taken.
    """
    password_hash = hash_password(same_everywhere(person.password))
    user = _insert(person, password_hash, now)
    events.record("person.joined", actor=user, subject=user, to=[], now=now)
    email_links.send_confirmation(user, now)
    return _open_sign_in(user.id, device=device, lasts=NOT_REMEMBERED, now=now)


def _insert(person: NewPerson, password_hash: str, now: datetime) -> User:
    """The row, under the first username that is free. The unique indexes decide, nobody else."""
    for username in candidates(person.first_name, person.last_name):
        user = User(
            username=username,
            email=person.email,
            password_hash=password_hash,
            first_name=person.first_name,
            last_name=person.last_name,
            name_key=name_key(person.first_name, person.last_name),
            timezone=person.timezone,
            birth_year=person.birth_year,
            learning=person.role in (Role.LEARN, Role.BOTH),
            teaching=person.role in (Role.TEACH, Role.BOTH),
            created_at=now,
            last_seen_at=now,
        )
        try:
            with db.session.begin_nested():
                db.session.add(user)
        except IntegrityError as error:
            if any(name in str(error.orig) for name in ("uq_users_email", "users.email")):
                raise Refused("email", "email_taken") from None
        else:
            return user
    raise RuntimeError("ten usernames in a row were taken")


# -- coming and going -----------------------------------------------------------------------------


def try_log_in(email: str, *, ip: str, now: datetime) -> LogInTry:
    """Count a try, and read what the password will be checked against.

    Raises TooMany after ten failures in five minutes for an address (known or not) or a network.
    """
    address = fold_address(email)
    counted = attempts.spend(
        (attempts.LOG_IN_ACCOUNT, address),
        (attempts.LOG_IN_IP, attempts.network_of(ip)),
        (attempts.LOG_IN_ALL, ""),
        field="",
        now=now,
    )
    row = db.session.execute(
        select(User.id, User.password_hash, User.state, second_steps.is_asked_of(User.id)).where(
            User.email == address
        )
    ).first()
    return LogInTry(counted, *row) if row else LogInTry(counted)


@dataclass(frozen=True, slots=True)
class Halfway:
    """The password was right, and a code is still asked for. It lets nobody do anything."""

    user_id: int
    bound_to: str  # of the password: another one, and this is worth nothing


def log_in(
    tried: LogInTry, password: str, *, device: str, remember: bool, now: datetime
) -> SignIn | Halfway:
    """Open a sign-in; its `token` is for the cookie and is kept nowhere else. Or say that this
    was the first of two steps.

    Call it first in its transaction: it checks a hash, at the same cost whether or not there is
    such an account. Raises Refused, with one sentence for all that can be wrong.
    """
    fits = credentials.fits(tried.password_hash, password)
    if not fits or tried.user_id is None or tried.state is UserState.DELETED:
        raise Refused("", "wrong_login")
    if tried.state is UserState.SUSPENDED:
        _let_in(db.session.get_one(User, tried.user_id), now)
    if tried.password_hash and needs_rehash(tried.password_hash):
        _keep_hash(tried, hash_password(same_everywhere(password)))
    attempts.refund(tried.attempt_ids)
    if tried.is_asked_for_code:
        return Halfway(tried.user_id, _bound_to(tried.user_id))
    lasts = REMEMBERED if remember else NOT_REMEMBERED
    return _open_sign_in(tried.user_id, device=device, lasts=lasts, now=now)


def log_in_by_code(
    halfway: Halfway,
    typed: str,
    counted: list[int],
    sealer: Sealer,
    *,
    device: str,
    remember: bool,
    now: datetime,
) -> SignIn:
    """The second of two steps. Raises Refused for a wrong code, Gone when the first is worth
    nothing any more."""
    person = db.session.get(User, halfway.user_id)
    if person is None or not person.is_active or _bound_to(person.id) != halfway.bound_to:
        raise Gone("second step")
    second_steps.check(person.id, typed, counted, sealer, now)
    lasts = REMEMBERED if remember else NOT_REMEMBERED
    return _open_sign_in(person.id, device=device, lasts=lasts, now=now)


def _bound_to(user_id: int) -> str:
    password_hash = db.session.scalar(select(User.password_hash).where(User.id == user_id))
    return token_hash(f"halfway:{password_hash}")


def _let_in(person: User, now: datetime) -> None:
    """End a suspension whose time is over. Raises Refused for one that still runs."""
    if safety.restore_if_due(person, now):
        return
    if person.state_until is None:
        raise Refused("", "suspended")
    raise Refused("", "suspended_until", day=local(person.state_until, person.timezone).day)


def log_out(sign_in: SignIn, now: datetime) -> None:
    """End the sign-in, wherever its cookie was copied to. Twice is harmless."""
    db.session.execute(
        update(SignIn)
        .where(SignIn.id == sign_in.id, SignIn.revoked_at.is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )
    live.tell([sign_in.user_id], "signed_out", only=sign_in.id)


def _keep_hash(tried: LogInTry, password_hash: str) -> None:
    """Today's hash in place of the old one, unless the password was changed meanwhile."""
    db.session.execute(
        update(User)
        .where(User.id == tried.user_id, User.password_hash == tried.password_hash)
        .values(password_hash=password_hash)
        .execution_options(synchronize_session=False)
    )


def _open_sign_in(user_id: int, *, device: str, lasts: timedelta, now: datetime) -> SignIn:
    token = new_token()
    sign_in = SignIn(
        token_hash=token_hash(token),
        user_id=user_id,
        device="".join(sign for sign in device if sign.isprintable())[:DEVICE_LENGTH],
        created_at=now,
        seen_at=now,
        expires_at=now + lasts,
        stepped_up_at=now,
    )
    db.session.add(sign_in)
    db.session.flush()
    sign_in.token = token
    return sign_in
