"""What did staff do, to whom, when? One entry an act, in the act's own transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from skillswap.db import Model, db
from skillswap.lib.i18n import _
from skillswap.lib.keyset import AnySelect, Key, Page, page, paginate
from skillswap.models import AuditEntry, User

Actor, Met = aliased(User), aliased(User)
NEWEST = [Key(AuditEntry.id, "id")]  # type: ignore[arg-type]  # a mapped column is one

# every act there is, in words
ACTIONS: dict[str, Callable[[], str]] = {
    "announcement.edited": lambda: _("Changed an announcement"),
    "announcement.published": lambda: _("Announced something"),
    "announcement.withdrawn": lambda: _("Withdrew an announcement"),
    "appeal.kept": lambda: _("Let a strike stand"),
    "appeal.overturned": lambda: _("Took a strike off"),
    "case.claimed": lambda: _("Took a case"),
    "case.handed_back": lambda: _("Handed a case back"),
    "claim.approved": lambda: _("Approved a claim"),
    "claim.file_opened": lambda: _("Opened a file of a claim"),
    "claim.more_asked": lambda: _("Asked for more about a claim"),
    "claim.refused": lambda: _("Refused a claim"),
    "claim.revoked": lambda: _("Took an approval back"),
    "collusion.cleared": lambda: _("Let somebody back on the boards"),
    "collusion.kept": lambda: _("Kept somebody off the boards"),
    "contest.upheld": lambda: _("Took a contested mark off"),
    "contest.dismissed": lambda: _("Let a contested mark count"),
    "delivery.retried": lambda: _("Sent a failed delivery again"),
    "pitch.kept_back": lambda: _("Kept a held pitch back"),
    "pitch.released": lambda: _("Let a held pitch go on"),
    "person.limited": lambda: _("Limited an account"),
    "person.confirmation_sent": lambda: _("Mailed the link that confirms an address again"),
    "person.noted": lambda: _("Left a note about somebody"),
    "person.signed_out": lambda: _("Signed somebody out everywhere"),
    "person.restored": lambda: _("Restored an account"),
    "person.role_given": lambda: _("Gave a role"),
    "person.second_step_off": lambda: _("Took the second step of an account away"),
    "person.suspended": lambda: _("Suspended an account"),
    "report.dismissed": lambda: _("Found nothing wrong in a report"),
    "report.upheld": lambda: _("Gave a strike"),
    "skill.accepted": lambda: _("Took a proposed skill into the catalogue"),
    "skill.alias_added": lambda: _("Gave a skill one more word"),
    "skill.alias_removed": lambda: _("Took a word of a skill away"),
    "skill.edited": lambda: _("Changed a skill"),
    "skill.merged": lambda: _("Merged a skill into another"),
    "skill.refused": lambda: _("Refused a proposed skill"),
}

# what an entry says beside it
FACTS: dict[str, Callable[[], str]] = {
    "before": lambda: _("Before"),
    "category": lambda: _("Category"),
    "name": lambda: _("Name"),
    "days": lambda: _("Days"),
    "file": lambda: _("File"),
    "decision": lambda: _("In their words"),
    "kind": lambda: _("About"),
    "hidden": lambda: _("Taken out of sight"),
    "outcome": lambda: _("What follows"),
    "reason": lambda: _("Reason"),
    "role": lambda: _("Role"),
    "rule": lambda: _("Rule"),
}


def record(
    action: str,
    /,
    *,
    by: User | None,
    subject: Model,
    now: datetime,
    person: User | None = None,
    **facts: Any,
) -> AuditEntry:
    """Write that a member of staff did this to `subject`, or with `by=None` the command line.

    `person` is whom it met, if that is somebody; `facts` (plain JSON values) are its reason and
    extent. In the caller's transaction: no act without its entry. KeyError for an action or a fact
    that has no words.
    """
    if unknown := {action} - ACTIONS.keys() | facts.keys() - FACTS.keys():
        raise KeyError(*unknown)
    entry = AuditEntry(
        actor_id=by.id if by else None,
        action=action,
        subject_type=subject.__tablename__,
        subject_id=subject.id,  # type: ignore[attr-defined]  # every subject has one
        person_id=person.id if person else None,
        facts={key: value for key, value in facts.items() if value not in (None, "")},
        happened_at=now,
    )
    db.session.add(entry)
    db.session.flush()
    return entry


@dataclass(frozen=True, slots=True)
class Filters:
    """Which entries are looked for: by action, by whom, about whom (usernames)."""

    action: str = ""
    by: str = ""
    person: str = ""

    @property
    def active(self) -> bool:
        """Whether any of them is set."""
        return bool(self.action or self.by or self.person)


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One act in a list."""

    id: int
    action: str  # in words
    by: str  # a name, or "" from the command line
    by_username: str
    person: str
    person_username: str
    facts: Sequence[tuple[str, str]]
    happened_at: datetime


def entries(filters: Filters, cursor: str | None) -> Page:
    """The acts those filters leave, the latest first, as AuditLines. One statement."""
    query = paginate(_query(filters), NEWEST, cursor)
    found = page(db.session.execute(query).all(), NEWEST)
    return Page([_line(row) for row in found.rows], found.after)


@lru_cache(maxsize=64)
def _query(filters: Filters) -> AnySelect:
    query: Any = (
        select(
            AuditEntry.id,
            AuditEntry.action,
            AuditEntry.facts,
            AuditEntry.happened_at,
            Actor.username.label("by_username"),
            Actor.first_name.label("by_first"),
            Actor.last_name.label("by_last"),
            Met.username.label("met_username"),
            Met.first_name.label("met_first"),
            Met.last_name.label("met_last"),
        )
        .outerjoin(Actor, Actor.id == AuditEntry.actor_id)
        .outerjoin(Met, Met.id == AuditEntry.person_id)
    )
    if filters.action:
        query = query.where(AuditEntry.action == filters.action)
    for column, username in (
        (AuditEntry.actor_id, filters.by),
        (AuditEntry.person_id, filters.person),
    ):
        if username:
            whose = select(User.id).where(User.username == username).scalar_subquery()
            query = query.where(column == whose)
    found: AnySelect = query
    return found


def _line(row: Any) -> AuditLine:
    return AuditLine(
        id=row.id,
        action=ACTIONS[row.action]() if row.action in ACTIONS else row.action,
        by=f"{row.by_first or ''} {row.by_last or ''}".strip(),
        by_username=row.by_username or "",
        person=f"{row.met_first or ''} {row.met_last or ''}".strip(),
        person_username=row.met_username or "",
        facts=[(FACTS[key](), str(value)) for key, value in row.facts.items() if key in FACTS],
        happened_at=row.happened_at,
    )


def choices() -> list[tuple[str, str]]:
    """Every action with its words, by the words."""
    return sorted(((key, words()) for key, words in ACTIONS.items()), key=lambda one: one[1])
