"""Which words can be ticked for a teacher, which for a learner?"""

from __future__ import annotations

from skillswap.lib.i18n import _
from skillswap.models import RatedRole

# code -> word, in the order of the form; a code that was given once is never taken out
TAGS: dict[RatedRole, dict[str, str]] = {
    RatedRole.TEACHER: {
        "patient": _("Patient"),
        "well_prepared": _("Well prepared"),
        "clear": _("Clear"),
        "good_listener": _("Good listener"),
        "on_time": _("On time"),
        "fun": _("Fun"),
    },
    RatedRole.LEARNER: {
        "curious": _("Curious"),
        "well_prepared": _("Well prepared"),
        "open_to_advice": _("Open to advice"),
        "clear_goal": _("Knows the goal"),
        "on_time": _("On time"),
        "fun": _("Fun"),
    },
}


def words(role: RatedRole, codes: list[str]) -> tuple[str, ...]:
    """The words of these codes, as a page prints them."""
    known = TAGS[role]
    return tuple(_(known[code]) for code in codes if code in known)
