"""When many like, unlike, comment and delete at once, are the numbers those of the rows?

Threads over the domain, on both databases.
"""

from __future__ import annotations

import os

from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import comments, likes, safety
from skillswap.models import Comment, Event
from tests import people
from tests.race.racing import again, race, winners

ROUNDS = int(os.environ.get("ANSWER_ROUNDS", "100"))
RACERS = 16


def count(table):
    return db.session.scalar(select(func.count()).select_from(table))


def test_numbers_are_those_of_the_rows(app, ada, now):
    """Sixteen at a time, a hundred times: four people press like and unlike of one post and one
    comment at once, each in several tabs; one comments, twice with the same key, and what was
    said the round before is deleted twice.
    """
    crowd = [people.make_person(f"racer{number}") for number in range(4)]
    with transaction():
        for person in crowd:  # nothing to tell: the numbers alone are raced for
            safety.mute(ada, person.username, now)
    post = people.make_post(ada).public_id
    with transaction():
        top = comments.make_comment(ada, post, body="Ask me", now=now).public_id
    last = None  # who said what in the round before

    def verbs(step):
        turn = [likes.like_post, likes.unlike_post] * 5
        for number, verb in enumerate(turn):
            yield lambda v=verb, p=crowd[(step + number // 3) % 4]: v(again(p), post, now)
        for verb in (likes.like_comment, likes.unlike_comment):
            yield lambda v=verb, p=crowd[step % 4]: v(again(p), top, now)
        speaker = crowd[step // 20 % 4]
        for _tab in range(2):
            yield lambda: (
                speaker,
                comments.make_comment(
                    again(speaker), post, body="Yes", parent=top, client_key=f"k{step}", now=now
                ).public_id,
            )
        for _tab in range(2):
            yield lambda: last and delete(*last)

    def delete(who, key):
        comments.delete_comment(again(who), key, now=now)

    for step in range(ROUNDS):
        racing = list(verbs(step))
        assert len(racing) == RACERS
        made = {one for one in winners(race(app, racing)) if isinstance(one, tuple)}
        assert len({key for _who, key in made}) <= 1
        last = next(iter(made), None)
        db.session.rollback()
        assert likes.drift() == comments.drift() == []
    assert count(Comment) > ROUNDS / 2
    assert count(Event) > ROUNDS
