"""Two admins who take each other's role at once: one of them is left."""

from __future__ import annotations

from sqlalchemy import func, select

from skillswap.db import db
from skillswap.domain import staff_acts
from skillswap.models import StaffRole, User
from tests import people
from tests.race.racing import again, races, winners


def test_one_admin_is_left_of_two_who_demote_each_other(app, root, now):
    zoe = people.make_person("zoe", staff_role=StaffRole.ADMIN)
    racing = [
        lambda s=staff, o=other: staff_acts.give_role(again(s), o, StaffRole.NONE, now)
        for staff, other in ((root, "zoe"), (zoe, "root")) * 2
    ]
    for answers in races(app, racing):
        assert len(winners(answers)) == 1
        db.session.rollback()
        left = select(func.count()).select_from(User).where(User.staff_role == StaffRole.ADMIN)
        assert db.session.scalar(left) == 1
