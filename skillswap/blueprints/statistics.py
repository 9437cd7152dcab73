"""How the place is doing: numbers of weeks for staff, each with what it means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import request
from flask.typing import ResponseReturnValue

from skillswap.blueprints.moderation import bp
from skillswap.domain import statistics
from skillswap.domain.statistics import WEEKS, Summary
from skillswap.lib.i18n import _
from skillswap.models import Metric
from skillswap.web import render, staff_only

Words = Callable[[], str]
SPANS = frozenset({Metric.ANSWER_MINUTES, Metric.REPORT_MINUTES})

# what a column of a table is called
COLUMNS: dict[Metric, Words] = {
    Metric.JOINED: lambda: _("Joined"),
    Metric.ACTIVE: lambda: _("Active"),
    Metric.PITCHES: lambda: _("Sent"),
    Metric.ANSWERED: lambda: _("Answered"),
    Metric.ACCEPTED: lambda: _("Accepted"),
    Metric.ANSWER_MINUTES: lambda: _("Median"),
    Metric.SESSIONS: lambda: _("Agreed"),
    Metric.KEPT: lambda: _("Kept"),
    Metric.REPORTS: lambda: _("Made"),
    Metric.DECIDED: lambda: _("Decided"),
    Metric.REPORT_MINUTES: lambda: _("Median"),
}
# of each chart: what is drawn and what else its table says, in which colour ("" is a line), how it
# is called, and how it is counted
CHARTS: tuple[tuple[tuple[Metric, ...], str, Words, Words], ...] = (
    (
        (Metric.KEPT, Metric.SESSIONS),
        "a",
        lambda: _("Sessions kept a week"),
        lambda: _(
            "Sessions agreed for that week of which somebody says that they happened and nobody "
            "says otherwise. Those of the last two weeks may still wait for that."
        ),
    ),
    (
        (Metric.PITCHES, Metric.ANSWERED, Metric.ACCEPTED),
        "c",
        lambda: _("Pitches sent a week"),
        lambda: _(
            "On the day they were sent, with what came of them within 60 days. A question is an "
            "answer too. What a wish or a swap ring agreed on is not counted."
        ),
    ),
    (
        (Metric.JOINED,),
        "b",
        lambda: _("People who joined a week"),
        lambda: _("Accounts made, also those whose address nobody has confirmed yet."),
    ),
    (
        (Metric.ACTIVE,),
        "",
        lambda: _("Active people a week"),
        lambda: _(
            "Everybody who did something that leaves a trace, once: wrote, asked, answered, "
            "agreed, rated, liked. Who only reads is not counted."
        ),
    ),
    (
        (Metric.ANSWER_MINUTES,),
        "",
        lambda: _("Time until a pitch is answered"),
        lambda: _("Half of the first answers given in that week came sooner, half later."),
    ),
    (
        (Metric.REPORTS, Metric.DECIDED),
        "c",
        lambda: _("Reports a week"),
        lambda: _("On the day they were made; decided on the day staff decided them."),
    ),
    (
        (Metric.REPORT_MINUTES,),
        "",
        lambda: _("Time until a report is decided"),
        lambda: _("Half of what was decided in that week had waited less, half longer."),
    ),
)
STEPS: dict[Metric, Words] = {
    Metric.PITCHES: lambda: _("Pitches sent"),
    Metric.ANSWERED: lambda: _("Answered"),
    Metric.ACCEPTED: lambda: _("Accepted"),
    Metric.AGREED: lambda: _("First session agreed"),
    Metric.MET: lambda: _("First session kept"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One number of each week."""

    name: str
    values: Sequence[int | None]
    is_span: bool  # minutes, to be read as a length of time


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn is the first column; the table has them all."""

    key: str
    title: str
    says: str
    tone: str
    columns: Sequence[Column]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(self.columns[0].values)


@bp.get("/statistics")
@staff_only
def numbers() -> ResponseReturnValue:
    """The last seven days, the last weeks, and how far pitches come."""
    asked = request.args.get("weeks", "")
    weeks = int(asked) if asked in {str(one) for one in WEEKS} else WEEKS[0]
    found = statistics.read(weeks)
    charts = [] if found is None else [_chart(found, *one) for one in CHARTS]
    return render(
        "moderation/statistics.html", found=found, charts=charts, steps=STEPS, weeks=weeks, M=Metric
    )


def _chart(
    found: Summary, metrics: tuple[Metric, ...], tone: str, title: Words, says: Words
) -> Chart:
    columns = [Column(COLUMNS[one](), found.of(one), one in SPANS) for one in metrics]
    return Chart(metrics[0].value, title(), says(), tone, columns)
