"""What is reported, and who reads it?

`subjects` copies the thing, `making` puts it before the staff, `automatic` is what the place does
until they look, `reading` is for who decides.
"""

from skillswap.domain.reports.automatic import end_limit
from skillswap.domain.reports.making import is_reported, make_report
from skillswap.domain.reports.reading import (
    KINDS,
    OtherReport,
    OwnReport,
    ReportCard,
    others_about,
    own_report,
    reports_of,
)
from skillswap.domain.reports.subjects import (
    Line,
    Subject,
    SubjectKind,
    subject_of,
)

__all__ = [
    "KINDS",
    "Line",
    "OtherReport",
    "OwnReport",
    "ReportCard",
    "Subject",
    "SubjectKind",
    "end_limit",
    "is_reported",
    "make_report",
    "others_about",
    "own_report",
    "reports_of",
    "subject_of",
]
