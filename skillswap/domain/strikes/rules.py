"""Which rules can be broken? The terms, numbered, in the words a strike names them by.

A number is kept in strikes: a rule may be put better, never renumbered.
"""

from __future__ import annotations

from dataclasses import dataclass

from skillswap.lib.i18n import _


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the house."""

    number: int
    title: str
    body: str


RULES = tuple(
    Rule(number, title, body)
    for number, (title, body) in enumerate(
        (
            (
                _("Be kind"),
                _("No harassment, hate or threats. Disagree about the matter, not the person."),
            ),
            (
                _("Take a no as a no"),
                _("No sexual advances, no pressing after a no, no following people around."),
            ),
            (
                _("Be who you say you are"),
                _("One account a person, your own name and picture, and nothing you cannot teach."),
            ),
            (
                _("No selling"),
                _("No money between members, no advertising, no recruiting, no loans."),
            ),
            (
                _("No spam"),
                _("No chain letters, no pitches by machine, no getting round limits and locks."),
            ),
            (
                _("Keep others safe"),
                _("No recording without a clear yes, and nothing that puts somebody in danger."),
            ),
            (
                _("Keep to the purpose"),
                _("This is for teaching and learning. Dating and politics belong elsewhere."),
            ),
            (
                _("Keep what is shared with you"),
                _("What somebody tells you in confidence, and data about them, stays with you."),
            ),
            (
                _("Nothing against the law"),
                _("Neither where you live nor where the other person does. 18 or older."),
            ),
        ),
        start=1,
    )
)


def rule_of(number: int) -> Rule:
    """The rule of that number. KeyError for one that is none."""
    if not 1 <= number <= len(RULES):
        raise KeyError(number)
    return RULES[number - 1]
