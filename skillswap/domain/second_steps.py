"""How is the second step of logging in set up, asked for, and taken away?"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyotp
from sqlalchemy import ColumnElement, Executable, delete, exists, func, insert, select, update

from skillswap.db import db
from skillswap.domain import attempts, audit, deliveries, events, sign_ins
from skillswap.errors import Gone, NotFound, Refused, WrongState
from skillswap.lib.sealing import Sealer
from skillswap.lib.tokens import token_hash
from skillswap.models import RecoveryCode, SecondStep, SignIn, User

CODES, LEFT_FEW = 10, 3
HALF_MINUTE = 30
SHOWN_FOR = timedelta(minutes=10)
DRIFT = 1  # half minutes that a phone's clock may be off
ISSUER = "SkillSwap"
SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another
SIGNS_EACH, GROUP = 16, 4
SETTINGS = "/settings/security"


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with somebody's second step."""

    is_on: bool
    since: datetime | None
    codes_left: int

    @property
    def are_few(self) -> bool:
        """Whether it is time for new recovery codes."""
        return self.is_on and self.codes_left <= LEFT_FEW


def standing_of(person: User) -> Standing:
    """Whether it is on, since when, and how many recovery codes are left. One statement."""
    left = (
        select(func.count())
        .where(RecoveryCode.user_id == person.id, RecoveryCode.used_at.is_(None))
        .scalar_subquery()
    )
    row = db.session.execute(
        select(SecondStep.confirmed_at, left).where(SecondStep.user_id == person.id)
    ).first()
    since, codes = row or (None, 0)
    return Standing(since is not None, since, codes)


def is_asked_of(user_id: Any) -> ColumnElement[bool]:
    """Condition: logging in as this person takes a code."""
    return exists().where(SecondStep.user_id == user_id, SecondStep.confirmed_at.is_not(None))


# -- setting it up --------------------------------------------------------------------------------


def begin(person: User, sealer: Sealer, now: datetime) -> None:
    """Make a new secret for the person's app. Nothing is asked of them until it is confirmed.

    Raises WrongState when it is on already.
    """
    found = _held(person.id)
    if found is not None and found.confirmed_at is not None:
        raise WrongState("second step", "on")
    if found is None:
        found = SecondStep(user_id=person.id)
        db.session.add(found)
    found.sealed, found.created_at = sealer.seal(pyotp.random_base32()), now
    db.session.flush()


def secret_of(person: User, sealer: Sealer) -> str:
    """The secret that is being set up, to be shown to its owner. Raises NotFound when none is."""
    found = db.session.get(SecondStep, person.id)
    if found is None or found.confirmed_at is not None:
        raise NotFound("second step")
    return sealer.open(found.sealed)


def address_of(person: User, secret: str) -> str:
    """What the square says: the app reads issuer, account and secret from it."""
    return pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name=ISSUER)


def confirm(person: User, here: SignIn, typed: str, sealer: Sealer, now: datetime) -> None:
    """Switch it on with a first code of the app, and make the recovery codes.

    All other devices are signed out. Raises NotFound, WrongState, Refused.
    """
    found = _held(person.id)
    if found is None:
        raise NotFound("second step")
    if found.confirmed_at is not None:
        raise WrongState("second step", "on")
    count = _fitting(found, typed, sealer, now)
    if count is None:
        raise Refused("code", "wrong_code")
    found.confirmed_at, found.last_count = now, count
    _make_codes(found, sealer, now)
    sign_ins.end_others(person, here, now)
    events.record("person.second_step_on", actor=person, subject=person, to=[], now=now)
    deliveries.mail(person, "account.second_step_on", now=now, path=SETTINGS)


def renew_codes(person: User, sealer: Sealer, now: datetime) -> None:
    """Ten new recovery codes in place of the old ones; ask for the password before."""
    found = _held(person.id)
    if found is None or found.confirmed_at is None:
        raise WrongState("second step", "off")
    _make_codes(found, sealer, now)


def shown_codes(person: User, sealer: Sealer, now: datetime) -> list[str]:
    """The recovery codes to write down, in the minutes after they were made. One statement."""
    row = db.session.execute(
        select(SecondStep.sealed_codes).where(
            SecondStep.user_id == person.id, SecondStep.shown_until > now
        )
    ).first()
    return sealer.open(row.sealed_codes).split() if row else []


def forget_shown_due(now: datetime, limit: int) -> int:
    """Forget codes whose minutes are over: from then on only their hashes are kept."""
    due = select(SecondStep.user_id).where(SecondStep.shown_until <= now).limit(limit)
    if not (ids := list(db.session.scalars(due))):
        return 0
    db.session.execute(
        update(SecondStep)
        .where(SecondStep.user_id.in_(ids), SecondStep.shown_until <= now)
        .values(sealed_codes="", shown_until=None)
        .execution_options(synchronize_session=False)
    )
    return len(ids)


def switch_off(person: User, typed: str, sealer: Sealer, now: datetime) -> None:
    """Ask for no code any more, by a last one. Raises WrongState, Refused."""
    found = _held(person.id)
    if found is None or found.confirmed_at is None:
        raise WrongState("second step", "off")
    if not _take(found, typed, sealer, now):
        raise Refused("last_code", "wrong_code")
    _forget(person)
    events.record("person.second_step_off", actor=person, subject=person, to=[], now=now)
    deliveries.mail(person, "account.second_step_off", now=now, path=SETTINGS)


def take_away(person: User, now: datetime, *, by: User | None = None) -> None:
    """Staff help somebody whose phone and codes are gone. Raises WrongState when it is off."""
    if _held(person.id) is None:
        raise WrongState("second step", "off")
    _forget(person)
    audit.record("person.second_step_off", by=by, subject=person, person=person, now=now)
    events.record("person.second_step_off", actor=None, subject=person, to=[], now=now)
    deliveries.mail(person, "account.second_step_off", now=now, path=SETTINGS)


# -- logging in -----------------------------------------------------------------------------------


def count_try(user_id: int, field: str, now: datetime) -> list[int]:
    """Count a try; commit it before the code is looked at. Raises TooMany."""
    rations = (attempts.CODE_SOON, attempts.CODE_HOUR, attempts.CODE_DAY)
    return attempts.spend(*((one, str(user_id)) for one in rations), field=field, now=now)


def refund(counted: list[int]) -> None:
    """A try that came out well does not count."""
    attempts.refund(counted)


def check(user_id: int, typed: str, counted: list[int], sealer: Sealer, now: datetime) -> None:
    """A code of the app or a recovery code, used up by this. Raises Refused, and Gone when it was
    switched off meanwhile."""
    found = _held(user_id)
    if found is None or found.confirmed_at is None:
        raise Gone("second step")
    if not _take(found, typed, sealer, now):
        raise Refused("code", "wrong_code")
    attempts.refund(counted)


# -- codes ----------------------------------------------------------------------------------------


def _held(user_id: int) -> SecondStep | None:
    """The row, which nobody else changes until the end of the transaction."""
    query = select(SecondStep).where(SecondStep.user_id == user_id).with_for_update()
    return db.session.scalar(query.execution_options(populate_existing=True))


def _take(found: SecondStep, typed: str, sealer: Sealer, now: datetime) -> bool:
    count = _fitting(found, typed, sealer, now)
    if count is not None:
        found.last_count = count
        db.session.flush()
        return True
    plain = "".join(sign for sign in typed.casefold() if sign in SIGNS)
    used = db.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == found.user_id,
            RecoveryCode.code_hash == token_hash(plain),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    return bool(used.rowcount)  # type: ignore[attr-defined]  # an UPDATE has one


def _fitting(found: SecondStep, typed: str, sealer: Sealer, now: datetime) -> int | None:
    """The half minute whose code was typed, if it is about now and later than the last used."""
    digits = "".join(typed.split())
    maker, present = pyotp.TOTP(sealer.open(found.sealed)), int(now.timestamp()) // HALF_MINUTE
    for count in range(present - DRIFT, present + DRIFT + 1):
        # compared in a time that tells nothing
        fits = secrets.compare_digest(maker.generate_otp(count).encode(), digits.encode())
        if fits and count > found.last_count:
            return count
    return None


def _make_codes(found: SecondStep, sealer: Sealer, now: datetime) -> None:
    codes = ["".join(secrets.choice(SIGNS) for _ in range(SIGNS_EACH)) for _ in range(CODES)]
    db.session.execute(_without(RecoveryCode, found.user_id))
    rows = [{"user_id": found.user_id, "code_hash": token_hash(code)} for code in codes]
    db.session.execute(insert(RecoveryCode), rows)
    parts = range(0, SIGNS_EACH, GROUP)
    shown = ["-".join(code[at : at + GROUP] for at in parts) for code in codes]
    found.sealed_codes, found.shown_until = sealer.seal(" ".join(shown)), now + SHOWN_FOR
    db.session.flush()


def _forget(person: User) -> None:
    for table in (RecoveryCode, SecondStep):
        db.session.execute(_without(table, person.id))


def _without(table: type[RecoveryCode] | type[SecondStep], user_id: int) -> Executable:
    gone: Executable = (
        delete(table)
        .where(table.user_id == user_id)
        .execution_options(synchronize_session="evaluate")
    )
    return gone
