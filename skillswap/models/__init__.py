"""The tables: what can be. Importing this module makes all of them known."""

from skillswap.models.announcement import (
    Announcement,
    AnnouncementDismissal,
    AnnouncementState,
    Audience,
)
from skillswap.models.audit import AuditEntry
from skillswap.models.availability import (
    AvailabilityException,
    AvailabilityWindow,
    ExceptionKind,
)
from skillswap.models.badge import BadgeCheck, BadgeCode, BadgeGrant
from skillswap.models.block import Block, Mute
from skillswap.models.board import Board, BoardPlace
from skillswap.models.case import Case, CaseKind
from skillswap.models.claim import OPEN_CLAIMS, Claim, ClaimFile, ClaimKind, ClaimState
from skillswap.models.contest import Contest, ContestState
from skillswap.models.conversation import (
    Conversation,
    ConversationMember,
    LivePerson,
    Message,
    MessageKind,
)
from skillswap.models.delivery import (
    Channel,
    Delivery,
    DeliveryResult,
    Preference,
    PushSubscription,
)
from skillswap.models.dismissal import Dismissal
from skillswap.models.email_token import EmailToken, TokenPurpose
from skillswap.models.event import Event
from skillswap.models.exchange import Exchange, ExchangeLeg, ExchangeNote, ExchangeState
from skillswap.models.follow import Follow, SkillFollow
from skillswap.models.held_pitch import HeldPitch, HeldState
from skillswap.models.impression import Exposure, Impression, ShownIn
from skillswap.models.learning_session import (
    BookedSlot,
    LearningSession,
    Outcome,
    OutcomeAnswer,
    PlaceKind,
    Presence,
    Proposal,
    ProposalKind,
    ProposalState,
    SessionState,
)
from skillswap.models.listing import HourMask, SwapEdge, TeacherListing
from skillswap.models.media import Media, MediaKind
from skillswap.models.meeting import Meeting, MeetingState
from skillswap.models.notification import Notification
from skillswap.models.person_word import PersonWord, WordKey
from skillswap.models.pitch import DeclineReason, Pitch, PitchState, PitchTurn, TurnKind
from skillswap.models.points import (
    PeriodKind,
    PointsDue,
    PointsEntry,
    PointsFlag,
    PointsKind,
    PointsPeriod,
    PointsReason,
    PointsSkillPeriod,
)
from skillswap.models.post import (
    Bookmark,
    Comment,
    CommentLike,
    CommentState,
    PartnerConsent,
    Post,
    PostImage,
    PostKind,
    PostLike,
    PostSkill,
    PostState,
)
from skillswap.models.rating import RatedRole, Rating, RatingPrompt, RatingState, RatingTotal
from skillswap.models.report import Report, ReportCategory, ReportState
from skillswap.models.saved_teacher import SavedTeacher
from skillswap.models.second_step import RecoveryCode, SecondStep
from skillswap.models.skill import Level, Skill, SkillName, SkillState, UserSkill, UserSkillKind
from skillswap.models.staff_note import StaffNote
from skillswap.models.statistic import DailyStat, Metric
from skillswap.models.streak import MarkKind, StreakAward, StreakMark
from skillswap.models.strike import Strike, StrikeOutcome, StrikeState
from skillswap.models.swap_ring import RingAnswer, RingState, SwapRing, SwapRingMember
from skillswap.models.trend import SkillCount, SkillDay, SkillHour, Trend, TrendSpan
from skillswap.models.user import Attempt, PauseKind, SignIn, StaffRole, User, UserState
from skillswap.models.wish import OfferState, Wish, WishOffer, WishState

__all__ = [
    "OPEN_CLAIMS",
    "Announcement",
    "AnnouncementDismissal",
    "AnnouncementState",
    "Attempt",
    "Audience",
    "AuditEntry",
    "AvailabilityException",
    "AvailabilityWindow",
    "BadgeCheck",
    "BadgeCode",
    "BadgeGrant",
    "Block",
    "Board",
    "BoardPlace",
    "BookedSlot",
    "Bookmark",
    "Case",
    "CaseKind",
    "Channel",
    "Claim",
    "ClaimFile",
    "ClaimKind",
    "ClaimState",
    "Comment",
    "CommentLike",
    "CommentState",
    "Contest",
    "ContestState",
    "Conversation",
    "ConversationMember",
    "DailyStat",
    "DeclineReason",
    "Delivery",
    "DeliveryResult",
    "Dismissal",
    "EmailToken",
    "Event",
    "ExceptionKind",
    "Exchange",
    "ExchangeLeg",
    "ExchangeNote",
    "ExchangeState",
    "Exposure",
    "Follow",
    "HeldPitch",
    "HeldState",
    "HourMask",
    "Impression",
    "LearningSession",
    "Level",
    "LivePerson",
    "MarkKind",
    "Media",
    "MediaKind",
    "Meeting",
    "MeetingState",
    "Message",
    "MessageKind",
    "Metric",
    "Mute",
    "Notification",
    "OfferState",
    "Outcome",
    "OutcomeAnswer",
    "PartnerConsent",
    "PauseKind",
    "PeriodKind",
    "PersonWord",
    "Pitch",
    "PitchState",
    "PitchTurn",
    "PlaceKind",
    "PointsDue",
    "PointsEntry",
    "PointsFlag",
    "PointsKind",
    "PointsPeriod",
    "PointsReason",
    "PointsSkillPeriod",
    "Post",
    "PostImage",
    "PostKind",
    "PostLike",
    "PostSkill",
    "PostState",
    "Preference",
    "Presence",
    "Proposal",
    "ProposalKind",
    "ProposalState",
    "PushSubscription",
    "RatedRole",
    "Rating",
    "RatingPrompt",
    "RatingState",
    "RatingTotal",
    "RecoveryCode",
    "Report",
    "ReportCategory",
    "ReportState",
    "RingAnswer",
    "RingState",
    "SavedTeacher",
    "SecondStep",
    "SessionState",
    "ShownIn",
    "SignIn",
    "Skill",
    "SkillCount",
    "SkillDay",
    "SkillFollow",
    "SkillHour",
    "SkillName",
    "SkillState",
    "StaffNote",
    "StaffRole",
    "StreakAward",
    "StreakMark",
    "Strike",
    "StrikeOutcome",
    "StrikeState",
    "SwapEdge",
    "SwapRing",
    "SwapRingMember",
    "TeacherListing",
    "TokenPurpose",
    "Trend",
    "TrendSpan",
    "TurnKind",
    "User",
    "UserSkill",
    "UserSkillKind",
    "UserState",
    "Wish",
    "WishOffer",
    "WishState",
    "WordKey",
]
