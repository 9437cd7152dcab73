"""Can staff read and press everything? Their pages are linked from nowhere a member comes to."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from skillswap.db import db, transaction
from skillswap.domain import cases, skills
from skillswap.lib.clock import utcnow
from skillswap.models import Level, StaffRole, UserSkillKind
from tests import people, striking, verifying
from tests.browser.conftest import Place, Visitors
from tests.browser.test_accessibility import SIDEWAYS, SMALL, WIDTHS, violations

LISTS = [
    "/moderation",
    "/moderation?kind=claim",
    "/moderation/people",
    "/moderation/people/tara",
    "/moderation/contests",
    "/moderation/skills",
    "/moderation/announcements",
    "/moderation/announcements/new",
    "/moderation/deliveries",
    "/moderation/statistics",
    "/moderation/audit",
]


@pytest.fixture(scope="module")
def pages(place: Place) -> Sequence[str]:
    """Those of ida, who has taken a report, a claim, a proposed skill and an appeal."""
    with place.app.app_context():
        now = utcnow()
        tara, rob = people.make_person("tara"), people.make_person("rob", offers=("Go",))
        ida = people.make_person("ida", staff_role=StaffRole.MODERATOR)
        other = people.make_person("otto", staff_role=StaffRole.MODERATOR)
        strike = striking.struck(other, tara, rob)
        with transaction():
            skills.propose_skill(
                tara,
                UserSkillKind.OFFERED,
                "Lantern making",
                level=Level.BEGINNER,
                note="",
                now=now,
            )
        striking.reported(rob, "person", "tara")
        striking.appealed(rob, strike)
        verifying.ask(tara)
        taken = []
        for line in cases.queue(ida, None, None, now):
            with transaction():
                cases.claim(ida, line.public_id, now)
            taken.append(f"/moderation/cases/{line.public_id}")
        db.session.remove()
    return [*LISTS, *taken]


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_on_the_pages_of_staff(
    pages: Sequence[str], visitor: Visitors, width: int
) -> None:
    one, found = visitor("Ida", username="ida", width=width), []
    for path in pages:
        one.open(path)
        found += violations(one)
    assert found == [], "\n".join(found)


def test_staff_press_everything_with_a_thumb(pages: Sequence[str], visitor: Visitors) -> None:
    one, faults = visitor("Ida", username="ida", width=320), []
    for path in pages:
        one.open(path)
        wide = one.page.evaluate(SIDEWAYS)
        faults += [f"{path}: {wide} px too wide"] if wide else []
        faults += [f"{path}: {each}" for each in one.page.evaluate(SMALL)]
    assert faults == [], "\n".join(faults)
