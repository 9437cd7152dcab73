"""What does each part of a score say? The reasons on a card, its caution, and what would help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from skillswap.domain.answering import Pace
from skillswap.domain.answering import shown as answers_shown
from skillswap.domain.matching.scoring import Part, PartKind, Score
from skillswap.lib.i18n import _, ngettext
from skillswap.lib.languages import language_names
from skillswap.models import Level

REASONS_MOST = 3
# what a part usually is: what is above it speaks for somebody, the most above it first
USUAL = {
    PartKind.SKILL: 0.6,
    PartKind.TIME: 0.5,
    PartKind.SWAP: 0.1,
    PartKind.LANGUAGE: 0.9,
    PartKind.RATING: 0.6,
    PartKind.ANSWERS: 0.7,
}
ICONS = {
    PartKind.SKILL: "graduation-cap",
    PartKind.TIME: "clock",
    PartKind.SWAP: "arrow-left-right",
    PartKind.LANGUAGE: "languages",
    PartKind.RATING: "star",
    PartKind.ANSWERS: "zap",
    PartKind.ACTIVE: "sun",
    PartKind.ROOM: "users",
    PartKind.FAIR: "sparkles",
}
# says that speak for somebody, and says that people had better know before they pitch
GOOD = {
    PartKind.SKILL: ("beyond", "level"),
    PartKind.TIME: ("some",),
    PartKind.SWAP: ("mutual", "theirs"),
    PartKind.LANGUAGE: ("shared",),
    PartKind.RATING: ("rated",),
    PartKind.ANSWERS: ("answers",),
}
LONG_GONE = 30  # days
WORTH_A_CHANGE = 2  # points


class Reason(NamedTuple):
    """A sentence and the icon before it."""

    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """What the learner could do so that the two fit better."""

    icon: str
    text: str
    at: str  # which settings: "availability", "profile" or "skills"
    points: int  # what it would add at most


def sentence(part: Part, score: Score) -> str:
    """What this part says of the two."""
    return _SAYS[part.kind](part, score)


def reasons(score: Score) -> tuple[Reason, ...]:
    """What speaks most for this teacher: at most three, the strongest first."""
    lifts = [
        (part.contribution - USUAL[part.kind] * part.weight, part)
        for part in score.parts
        if part.says in GOOD.get(part.kind, ())
    ]
    strong = sorted((one for one in lifts if one[0] > 0), key=lambda one: -one[0])
    return tuple(
        Reason(ICONS[part.kind], sentence(part, score)) for _lift, part in strong[:REASONS_MOST]
    )


def caution(score: Score) -> str:
    """The one thing to know before a pitch, or "": of several what costs most."""
    missing = [part for part in score.parts if _is_caution(part)]
    if not missing:
        return ""
    return sentence(max(missing, key=lambda part: part.weight - part.contribution), score)


def changes(score: Score) -> Sequence[Change]:
    """What the learner could change about it, the most rewarding first."""
    name, found = score.teacher.first_name, []
    for part in score.parts:
        gain = part.weight - part.points
        if text := _CHANGES.get((part.kind, part.says)):
            at, words = text
            found.append(Change(ICONS[part.kind], words.format(name=name), at, gain))
    worth = [change for change in found if change.points >= WORTH_A_CHANGE]
    return sorted(worth, key=lambda change: -change.points)


_CHANGES = {
    (PartKind.SKILL, "none"): ("skills", _("List what you want to learn of what {name} teaches")),
    (PartKind.SKILL, "asked"): ("skills", _("List it as wanted, with the level you are at")),
    (PartKind.TIME, "mine"): ("availability", _("Say when you are usually free")),
    (PartKind.TIME, "both"): ("availability", _("Say when you are usually free")),
    (PartKind.TIME, "none"): ("availability", _("Find an hour that {name} has free as well")),
    (PartKind.LANGUAGE, "mine"): ("profile", _("Say which languages you speak")),
}


def _is_caution(part: Part) -> bool:
    match part.kind:
        case PartKind.SKILL:
            return part.says == "below"
        case PartKind.TIME | PartKind.LANGUAGE:
            return part.says == "none"
        case PartKind.ANSWERS:
            return _answers_of(part) is not None and 2 * part.count < part.of
        case PartKind.ACTIVE:
            return part.count > LONG_GONE
        case PartKind.ROOM:
            return part.count <= 1 < part.of
    return False


def _skill(part: Part, score: Score) -> str:
    if part.skill is None:
        return _("Teaches nothing on your list of skills to learn")
    words = {
        "beyond": _("Teaches {skill}, at your level and beyond"),
        "level": _("Teaches {skill} up to your level"),
        "below": _("Teaches {skill} only up to {level}, below your level"),
        "asked": _("Teaches {skill}, up to {level}"),
    }[part.says]
    return words.format(skill=part.skill.name, level=Level(part.skill.level).word)


def _time(part: Part, score: Score) -> str:
    name = score.teacher.first_name
    if part.says == "some":
        return _("{time} in common in the next 14 days").format(time=_span(part.count))
    return {
        "none": _("No hours in common in the next 14 days"),
        "mine": _("You have not said when you are free"),
        "theirs": _("{name} has not said when"),
        "both": _("Neither of you has said when"),
    }[part.says].format(name=name)


def _span(minutes: int) -> str:
    """In hours from one on: nobody counts the quarters of two weeks."""
    if minutes < 60:
        return _("{count} minutes").format(count=minutes)
    hours = minutes // 60
    return ngettext("{count} hour", "{count} hours", hours).format(count=hours)


def _swap(part: Part, score: Score) -> str:
    if part.skill is None:
        return _("Wants nothing that you teach. A return is never needed")
    words = (
        _("A true swap: wants {skill}, which you teach")
        if part.says == "mutual"
        else _("Wants {skill}, which you teach")
    )
    return words.format(skill=part.skill.name)


def _language(part: Part, score: Score) -> str:
    if part.says == "shared":
        names = language_names(part.count)
        spoken = _("{some} and {last}").format(some=", ".join(names[:-1]), last=names[-1])
        return _("You both speak {names}").format(names=spoken if len(names) > 1 else names[0])
    return {
        "none": _("No language in common"),
        "mine": _("You have not said which languages you speak"),
        "theirs": _("{name} has not said which languages"),
    }[part.says].format(name=score.teacher.first_name)


def _rating(part: Part, score: Score) -> str:
    if part.says == "few":
        return _("Rated by too few to say, so the usual counts")
    return ngettext(
        "Rated {mean:.1f} by {count} person", "Rated {mean:.1f} by {count} people", part.of
    ).format(mean=part.count / 1_000, count=part.of)


def _answers_of(part: Part) -> object:
    return answers_shown(part.count, part.of - part.count, None)


def _answers(part: Part, score: Score) -> str:
    teacher = score.teacher
    known = answers_shown(teacher.answered, teacher.unanswered, teacher.reply_minutes)
    if known is None:
        return _("Asked by too few to say, so the usual counts")
    words = {
        None: _("Answers {answered} of {asked} pitches"),
        Pace.DAY: _("Answers {answered} of {asked} pitches, usually within a day"),
        Pace.THREE_DAYS: _("Answers {answered} of {asked} pitches, usually within 3 days"),
        Pace.WEEK: _("Answers {answered} of {asked} pitches, usually within a week"),
        Pace.LONGER: _("Answers {answered} of {asked} pitches, usually after more than a week"),
    }[known.pace]
    return words.format(answered=known.answered, asked=known.asked)


def _active(part: Part, score: Score) -> str:
    for days, words in (
        (0, _("Here today")),
        (6, _("Here this week")),
        (LONG_GONE, _("Here this month")),
    ):
        if part.count <= days:
            return words
    return _("Not here for more than a month")


def _room(part: Part, score: Score) -> str:
    if part.count == 0:
        return _("No place free at the moment")
    if part.count == 1 < part.of:
        return _("Nearly full: 1 place left")
    words = ngettext("{free} of {count} place free", "{free} of {count} places free", part.of)
    return words.format(free=part.count, count=part.of)


def _fair(part: Part, score: Score) -> str:
    return {
        "often": _("Shown often this week, so hardly any lift today"),
        "new": _("New here, so lifted a little. The rest is chance, another every day"),
        "turn": _("A little chance, another every day, so that everybody has a turn"),
    }[part.says]


_SAYS: dict[PartKind, Callable[[Part, Score], str]] = {
    PartKind.SKILL: _skill,
    PartKind.TIME: _time,
    PartKind.SWAP: _swap,
    PartKind.LANGUAGE: _language,
    PartKind.RATING: _rating,
    PartKind.ANSWERS: _answers,
    PartKind.ACTIVE: _active,
    PartKind.ROOM: _room,
    PartKind.FAIR: _fair,
}
