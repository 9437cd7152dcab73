"""What can a mailed link do, once, and for how long?

The raw token stands only in the payload of the mail until it is sent; the row keeps its hash. To
look at a link changes nothing, since mail scanners open them; using it is a verb.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import contains_eager

from skillswap.db import db
from skillswap.domain import attempts, deliveries, events, sign_ins
from skillswap.domain.credentials import check_new_password, fold_address, same_everywhere
from skillswap.errors import Gone, NotFound, Refused
from skillswap.lib.passwords import hash_password
from skillswap.lib.tokens import new_token, token_hash
from skillswap.models import Channel, EmailToken, TokenPurpose, User

LIFE = {
    TokenPurpose.CONFIRM: timedelta(hours=24),
    TokenPurpose.RESET: timedelta(minutes=30),
    TokenPurpose.CHANGE: timedelta(hours=24),
    TokenPurpose.UNDO_CHANGE: timedelta(hours=72),
}
# where the button of the mail leads; the token follows
PAGES = {
    TokenPurpose.CONFIRM: "/email/confirm/",
    TokenPurpose.RESET: "/password/reset/",
    TokenPurpose.CHANGE: "/email/confirm/",
    TokenPurpose.UNDO_CHANGE: "/email/undo/",
}
FORGOT = "/password/forgot"
CONFIRMS = frozenset({TokenPurpose.CONFIRM, TokenPurpose.CHANGE})
KEPT_AFTER = timedelta(days=7)  # so that an old link still says "too old", not "unknown"


@dataclass(frozen=True, slots=True)
class Link:
    """A link that still works, for the page that shows it."""

    purpose: TokenPurpose
    email: str
    first_name: str


def are_mailed() -> bool:
    """Whether this place sends mail at all; without it nothing here is offered or asked for."""
    return deliveries.is_offered(Channel.EMAIL)


def is_unconfirmed(person: User) -> bool:
    """Whether this person has yet to show that the address is theirs."""
    return person.email_confirmed_at is None and are_mailed()


# -- tokens ---------------------------------------------------------------------------------------


def _bound(user: User, purpose: TokenPurpose) -> str:
    """What a token is tied to. An undo outlives every change: that is what it is for."""
    if purpose is TokenPurpose.UNDO_CHANGE:
        return token_hash(f"{purpose}:{user.id}")
    return token_hash(f"{purpose}:{user.id}:{user.email}:{user.password_hash}")


def _issue(user: User, purpose: TokenPurpose, email: str, now: datetime) -> str:
    """A new token; its row knows only the hash."""
    token = new_token()
    row = EmailToken(
        token_hash=token_hash(token),
        user_id=user.id,
        purpose=purpose,
        email=email,
        bound_to=_bound(user, purpose),
        created_at=now,
        expires_at=now + LIFE[purpose],
    )
    db.session.add(row)
    db.session.flush()
    return token


def _mail(user: User, purpose: TokenPurpose, to: str, now: datetime) -> None:
    """Plan the mail with a new link; the sender forgets the link once it was sent."""
    path = PAGES[purpose] + _issue(user, purpose, to, now)
    until = now + LIFE[purpose]
    deliveries.mail(user, f"account.{purpose}", now=now, to=to, until=until, path=path)


def _open(token: str, purposes: Collection[TokenPurpose], now: datetime) -> EmailToken:
    """The row behind a token, with its user. Raises NotFound, or Gone when it is worthless."""
    row = db.session.scalar(
        select(EmailToken)
        .join(EmailToken.user)
        .options(contains_eager(EmailToken.user))
        .where(EmailToken.token_hash == token_hash(token), EmailToken.purpose.in_(purposes))
    )
    if row is None:
        raise NotFound("link")
    user = row.user
    fits = row.bound_to == _bound(user, row.purpose) and user.is_active
    if row.purpose is TokenPurpose.CONFIRM:
        fits = fits and user.email_confirmed_at is None
    if row.used_at or row.expires_at <= now or not fits:
        raise Gone(row.purpose)
    return row


def _use(row: EmailToken, now: datetime) -> None:
    """Spend it. Of two who press at once the second is told that it is used."""
    done = db.session.execute(
        update(EmailToken)
        .where(EmailToken.id == row.id, EmailToken.used_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    if not done.rowcount:  # type: ignore[attr-defined]  # an UPDATE has one
        raise Gone(row.purpose)


def look(token: str, purposes: Collection[TokenPurpose], now: datetime) -> Link:
    """What a link is for, unspent. Raises NotFound, Gone."""
    row = _open(token, purposes, now)
    return Link(row.purpose, row.email, row.user.first_name)


def forget_due(now: datetime, limit: int) -> int:
    """Erase links long out of date; returns how many."""
    old = select(EmailToken.id).where(EmailToken.expires_at <= now - KEPT_AFTER).limit(limit)
    done = db.session.execute(
        delete(EmailToken)
        .where(EmailToken.id.in_(old))
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]  # a DELETE has one


# -- is the address theirs? -----------------------------------------------------------------------


def send_confirmation(person: User, now: datetime) -> None:
    """Mail the link that confirms the address. Nothing where no mail is sent."""
    if are_mailed():
        _mail(person, TokenPurpose.CONFIRM, person.email, now)


def send_again(person: User, now: datetime) -> bool:
    """Mail another one, at most 5 a day. False when the address is confirmed already.

    Raises NotFound where no mail is sent, TooMany.
    """
    if not are_mailed():
        raise NotFound("link")
    if person.email_confirmed_at is not None:
        return False
    attempts.spend((attempts.CONFIRM_SEND, str(person.id)), field="", now=now)
    send_confirmation(person, now)
    return True


def confirm(token: str, now: datetime) -> None:
    """The address is theirs: the one of the account, or a new one that takes its place now.

    Raises NotFound, Gone; Refused when somebody else has taken the new address meanwhile.
    """
    row = _open(token, CONFIRMS, now)
    _use(row, now)
    if row.purpose is TokenPurpose.CONFIRM:
        row.user.email_confirmed_at = now
        db.session.flush()
        events.record("person.email_confirmed", actor=row.user, subject=row.user, to=[], now=now)
    else:
        _put_address(row.user, row.email, now)
        events.record("person.email_changed", actor=row.user, subject=row.user, to=[], now=now)


def _put_address(user: User, email: str, now: datetime) -> None:
    """The unique index decides. The old address can still undo it for the whole of its time."""
    before = user.email
    try:
        with db.session.begin_nested():
            user.email, user.email_confirmed_at = email, now
            db.session.flush()
    except IntegrityError:
        raise Refused("", "email_taken") from None
    db.session.execute(
        update(EmailToken)
        .where(
            EmailToken.user_id == user.id,
            EmailToken.purpose == TokenPurpose.UNDO_CHANGE,
            EmailToken.email == before,
            EmailToken.used_at.is_(None),
        )
        .values(expires_at=now + LIFE[TokenPurpose.UNDO_CHANGE])
        .execution_options(synchronize_session=False)
    )


# -- a new address --------------------------------------------------------------------------------


def change_email(person: User, email: str, now: datetime) -> Refused | None:
    """Mail a link to the new address, and to the old one how to undo it; nothing changes yet.

    At most 2 a day. Returns, not raises, the refusal that must be counted: the address is taken.
    Raises NotFound where no mail is sent, Refused, TooMany. Ask for the password first.
    """
    if not are_mailed():
        raise NotFound("link")
    address = fold_address(email)
    if address == person.email:
        raise Refused("email", "same_email")
    attempts.spend((attempts.EMAIL_CHANGE, str(person.id)), field="email", now=now)
    if db.session.scalar(select(User.id).where(User.email == address)):
        return Refused("email", "email_taken")
    _withdraw(person.id, TokenPurpose.CHANGE, now)
    _mail(person, TokenPurpose.CHANGE, address, now)
    if person.email_confirmed_at is not None:  # a mistyped one may be somebody else's mailbox
        _mail(person, TokenPurpose.UNDO_CHANGE, person.email, now)
    return None


def waiting_address(person: User, now: datetime) -> str | None:
    """The new address that has yet to be confirmed."""
    row = db.session.scalar(
        select(EmailToken)
        .where(
            EmailToken.user_id == person.id,
            EmailToken.purpose == TokenPurpose.CHANGE,
            EmailToken.used_at.is_(None),
            EmailToken.expires_at > now,
        )
        .order_by(EmailToken.id.desc())
        .limit(1)
    )
    return row.email if row and row.bound_to == _bound(person, row.purpose) else None


def undo_change(token: str, now: datetime) -> str:
    """The old address again; every sign-in ends and the password is void.

    Somebody else may know it and have started this. Returns the token of a link to set a new
    one. Undoes what followed too: a later address cannot take it back. Call it first in its
    transaction: it makes a hash. Raises NotFound, Gone, Refused.
    """
    void = hash_password(new_token())
    row = _open(token, {TokenPurpose.UNDO_CHANGE}, now)
    user = row.user
    _use(row, now)
    _withdraw(user.id, TokenPurpose.CHANGE, now)
    _withdraw(user.id, TokenPurpose.UNDO_CHANGE, now, after=row.id)
    user.password_hash = void
    db.session.flush()
    if user.email != row.email:
        _put_address(user, row.email, now)
    sign_ins.end_all(user, now)
    events.record("person.email_restored", actor=user, subject=user, to=[], now=now)
    return _issue(user, TokenPurpose.RESET, user.email, now)


def _withdraw(user_id: int, purpose: TokenPurpose, now: datetime, *, after: int = 0) -> None:
    """What was mailed for that, since the token `after`, is worthless."""
    db.session.execute(
        update(EmailToken)
        .where(
            EmailToken.user_id == user_id,
            EmailToken.purpose == purpose,
            EmailToken.id > after,
            EmailToken.used_at.is_(None),
        )
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )


# -- a forgotten password -------------------------------------------------------------------------


def count_reset(email: str, *, ip: str, now: datetime) -> None:
    """Count the wish for a link, for an address whether it is known or not. Raises TooMany."""
    attempts.spend(
        (attempts.RESET_ACCOUNT, fold_address(email)),
        (attempts.RESET_IP, attempts.network_of(ip)),
        field="email",
        now=now,
    )


def send_reset(email: str, now: datetime) -> None:
    """Mail the link to set a new password, if there is such an account. Tells nobody."""
    user = db.session.scalar(select(User).where(User.email == fold_address(email)))
    if user is None or not user.is_active:
        return
    _mail(user, TokenPurpose.RESET, user.email, now)


def reset_password(token: str, password: str, now: datetime) -> None:
    """Set the password by a mailed link and end every sign-in.

    It makes a hash before its first write. Raises NotFound, Gone, Refused.
    """
    row = _open(token, {TokenPurpose.RESET}, now)
    user = row.user
    check_new_password(password, user.email, user.first_name, user.last_name)
    made = hash_password(same_everywhere(password))
    _use(row, now)
    user.password_hash = made
    user.email_confirmed_at = user.email_confirmed_at or now  # whoever reads its mail, owns it
    db.session.flush()
    sign_ins.end_all(user, now)
    events.record("person.password_reset", actor=user, subject=user, to=[], now=now)
    deliveries.mail(user, "account.password", now=now, path=FORGOT)
