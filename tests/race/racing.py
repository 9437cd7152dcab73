"""How do several people do something in the same instant, and who won?"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flask import Flask

from skillswap.db import db, transaction
from skillswap.errors import DomainError
from skillswap.models import User
from tests.support import rows

RACERS = 8
TRIALS = int(os.environ.get("RACE_TRIALS", "10"))  # `make bench` runs 200


def race(app: Flask, verbs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Call all of `verbs` at once, each in a thread and transaction of its own.

    Returns for each what it answered: its value, or the refusal. Anything else fails the test.
    """
    gate = threading.Barrier(len(verbs))
    answers: list[Any] = [None] * len(verbs)

    def run(number: int) -> None:
        with app.app_context():
            gate.wait()
            try:
                with transaction():
                    answers[number] = verbs[number]()
            except Exception as error:  # noqa: BLE001 - judged below
                answers[number] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(verbs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for answer in answers:
        if isinstance(answer, Exception) and not is_refusal(answer):
            raise answer
    return answers


def races(app: Flask, verbs: Sequence[Callable[[], Any]]) -> Iterator[list[Any]]:
    """Run a race TRIALS times, each from what stands in the tables now; all answers of each."""
    beginning = rows.scene()
    for _ in range(TRIALS):
        beginning.again()
        yield race(app, verbs)


def is_refusal(answer: Any) -> bool:
    """Whether this is the rules saying no (and not a locked database, or a bug)."""
    return isinstance(answer, DomainError) or type(answer).__name__ == "StaleDataError"


def winners(answers: Sequence[Any]) -> list[Any]:
    """What those got who were not refused."""
    return [answer for answer in answers if not isinstance(answer, Exception)]


def again(person: User) -> User:
    """The same person, as this thread's own database session reads them."""
    return db.session.get_one(User, person.id)
