"""What is reported, and who reads it?

`subjects` copies the thing, `making` puts it before the staff.
"""

from skillswap.domain.reports.making import (
    ReportCard,
    is_reported,
    make_report,
    open_count,
    queue,
    report_of,
    waiting_for,
)
from skillswap.domain.reports.subjects import (
    Line,
    Subject,
    SubjectKind,
    subject_of,
)

__all__ = [
    "Line",
    "ReportCard",
    "Subject",
    "SubjectKind",
    "is_reported",
    "make_report",
    "open_count",
    "queue",
    "report_of",
    "subject_of",
    "waiting_for",
]
