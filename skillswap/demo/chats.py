"""What do people of the demo write to each other, and who follows whom?

Written between the steps of the plan, so that lines and cards stand in the order of their instants.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from skillswap.demo.plan import DAY, HOUR, MINUTE, Step, Verb
from skillswap.domain import conversations, follows
from skillswap.lib.storage import Folder
from skillswap.models import User

NO_FILES = Folder(Path())  # nothing of the demo is attached
MOST = 30  # threads of the crowd: enough to look lived in, and quick to load
EDITED_AFTER, DELETED_AFTER, READ_AFTER = 2 * MINUTE, 3 * MINUTE, 10 * MINUTE


@dataclass(frozen=True, slots=True)
class Line:
    """One message; `better` are the words put instead, `gone` one that was taken back. Without
    words the sender begins to follow the other."""

    at: datetime
    sender: str
    to: str
    body: str = ""
    better: str = ""
    gone: bool = False
    read: bool = True


FOLLOWED = (
    ("ada", "ben"),
    ("ben", "ada"),
    ("ada", "ines-duarte"),
    ("ines-duarte", "ada"),
    ("malik-robinson", "ada"),
    ("freya-halvorsen", "ada"),
    ("nour-khalil", "ada"),
    ("ada", "hye-jin-oh"),
    ("ben", "camila-rojas"),
    ("oliver-nyberg", "ben"),
    ("cy", "hye-jin-oh"),
)
# hours before now, who, words, what was put instead
LIVELY: Sequence[tuple[float, str, str, str]] = (
    (49, "ben", "I tried the wet sky twice. The second one almost looks like rain.", ""),
    (48.8, "ada", "Almost like rain is the best thing a sky can be. Send it?", ""),
    (48.7, "ben", "It is still drying on the fridge. Tomorrow, I promise.", ""),
    (48.6, "ada", "Good. Do not touch it before then, whatever it says to you.", ""),
    (31, "ada", "How is the starter? Mine has doubled and smells of apples.", ""),
    (
        30.4,
        "ben",
        "Apples is perfect. Feed it tonigth and bake in the morning.",
        "Apples is perfect. Feed it tonight and bake in the morning.",
    ),
    (30.2, "ada", "At what heat?", ""),
    (
        30.1,
        "ben",
        "250 degrees with the lid on for 20 minutes, then 220 without. If it sings, it is done.",
        "",
    ),
    (9, "ada", "IT SINGS", ""),
    (8.9, "ada", "I have burnt my tongue and I regret nothing.", ""),
    (8.5, "ben", "Ha. That is the whole lesson, really.", ""),
    (3.2, "ben", "I sent this to the wrong chat, sorry", "gone"),
    (3.1, "ada", "No harm done. For tomorrow: bring one photo of a sky you like.", ""),
    (
        3.0,
        "ada",
        "This is the paper: https://example.org/paper/cold-pressed-300g and any other will do.",
        "",
    ),
    (0.7, "ben", "I have three from the roof already.", ""),
    (0.6, "ben", "Shall we do clouds first, or the roofs below them?", ""),
)
# after the first session; 0 is the teacher, 1 the learner
TALKS: Sequence[Sequence[tuple[int, str]]] = (
    (
        (1, "Thank you, that hour went by so quickly."),
        (0, "It did. You were better prepared than you said."),
        (1, "I will do the exercise twice before next time."),
    ),
    (
        (0, "I looked for the page I mentioned and found it. I will bring it along."),
        (1, "Lovely. Same room as last time?"),
        (0, "Same room."),
    ),
    (
        (1, "One question already: is it normal that my hands hurt a little?"),
        (0, "For the first week, yes. Shorter and more often is better than long."),
        (1, "That is a relief. Shorter it is."),
        (0, "Tell me on the day how it went."),
    ),
    ((1, "I told my sister about this and now she wants to begin too."),),
)
REQUEST = (
    "Hello Ada, I saw your watercolour of the harbour in the library. I do not want lessons, only "
    "to ask which paper you used: mine always buckles."
)


def lines_of(steps: Sequence[Step], now: datetime) -> list[Line]:
    """All that is written, in its order. Pure."""
    lines = [_lively(now, *told) for told in LIVELY]
    now = now.replace(microsecond=0)
    lines.append(Line(now - 5 * HOUR, "cy", "ada", REQUEST, read=False))
    lines += [Line(now - day * DAY, *pair) for day, pair in enumerate(FOLLOWED, start=1)]
    spoken: set[frozenset[str]] = {frozenset(("ada", "ben"))}
    for step in steps:
        pair = frozenset((step.story.learner.username, step.story.teacher.username))
        if step.verb is Verb.CONFIRM and pair not in spoken and len(spoken) < MOST:
            lines += _talk(step, now, TALKS[len(spoken) % len(TALKS)], len(spoken))
            spoken.add(pair)
    return sorted(lines, key=lambda line: line.at)


def _lively(now: datetime, hours: float, sender: str, body: str, better: str) -> Line:
    to, gone = ("ben" if sender == "ada" else "ada"), better == "gone"
    return Line(
        (now - hours * HOUR).replace(microsecond=0),
        sender,
        to,
        body,
        better="" if gone else better,
        gone=gone,
        read=hours > 1,
    )


def _talk(step: Step, now: datetime, talk: Sequence[tuple[int, str]], nth: int) -> Iterator[Line]:
    names = step.story.teacher.username, step.story.learner.username
    for number, (who, body) in enumerate(talk):
        at = step.at + (number + 1) * (7 + nth % 5) * MINUTE
        if at < now - HOUR:
            yield Line(at, names[who], names[1 - who], body, read=now - at > DAY)


class Chats:
    """Writes the lines up to an instant, in the caller's transaction."""

    def __init__(self, users: Mapping[str, User], lines: Sequence[Line]) -> None:
        self.users, self.waiting = users, list(lines)

    def until(self, at: datetime | None) -> None:
        """All that was written before then; without an instant, the rest."""
        while self.waiting and (at is None or self.waiting[0].at < at):
            self.write(self.waiting.pop(0))

    def write(self, line: Line) -> None:
        """One line: sent, mended or taken back, read."""
        sender, reader = self.users[line.sender], self.users[line.to]
        if not line.body:
            follows.follow(sender, reader.username, line.at)
            return
        message, key = conversations.send_to(
            sender, reader.username, body=line.body, client_key="", now=line.at
        )
        if line.better:
            at = line.at + EDITED_AFTER
            conversations.edit_message(sender, message.public_id, body=line.better, now=at)
        if line.gone:
            at = line.at + DELETED_AFTER
            conversations.delete_message(sender, message.public_id, store=NO_FILES, now=at)
        if line.read:
            conversations.read_to(reader, key, message.seq, line.at + READ_AFTER)
