"""When several processes keep and tell the same, and one person presses in several tabs."""

from __future__ import annotations

from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import dismissals, impressions, recommending, saved_teachers
from skillswap.models import Dismissal, Exposure, Impression, Notification, SavedTeacher, ShownIn
from tests import people
from tests.race.racing import RACERS, again, race


def count(table: type) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_who_watches_is_told_once_by_however_many_workers(app, ada, now):
    for number in range(3):
        with transaction():
            saved_teachers.watch(people.make_person(f"pat{number}"), "ada", now)
    answers = race(app, [lambda: saved_teachers.tell_due(now, 100)] * RACERS)
    assert sum(answers) == 3
    assert count(Notification) == 3


def test_several_tabs_save_and_put_aside_once(app, ada, ben, now):
    def watch():
        return saved_teachers.watch(again(ben), "ada", now).id

    def dismiss():
        return dismissals.dismiss(again(ben), "ada", now).id

    assert race(app, [watch, dismiss] * (RACERS // 2)) == [ada.id] * RACERS
    assert (count(SavedTeacher), count(Dismissal)) == (1, 1)


def test_the_same_look_kept_by_several_processes_counts_once(app, ada, ben, now):
    recommending.people_for_you(ben, ShownIn.HOME, now)
    (one,) = impressions.noted
    impressions.noted.extend([one] * (RACERS - 1))
    race(app, [lambda: impressions.keep_due(now, 1)] * RACERS)
    assert count(Impression) == 1
    assert db.session.scalars(select(Exposure.shown)).all() == [1]
