"""The tables: what can be. Importing this module makes all of them known."""

from skillswap.models.event import Event
from skillswap.models.exchange import Exchange, ExchangeLeg, ExchangeState
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
from skillswap.models.media import Media, MediaKind
from skillswap.models.notification import Notification
from skillswap.models.pitch import DeclineReason, Pitch, PitchState
from skillswap.models.skill import Level, Skill, SkillName, SkillState, UserSkill, UserSkillKind
from skillswap.models.user import Attempt, SignIn, StaffRole, User, UserState

__all__ = [
    "Attempt",
    "BookedSlot",
    "DeclineReason",
    "Event",
    "Exchange",
    "ExchangeLeg",
    "ExchangeState",
    "LearningSession",
    "Level",
    "Media",
    "MediaKind",
    "Notification",
    "Outcome",
    "OutcomeAnswer",
    "Pitch",
    "PitchState",
    "PlaceKind",
    "Presence",
    "Proposal",
    "ProposalKind",
    "ProposalState",
    "SessionState",
    "SignIn",
    "Skill",
    "SkillName",
    "SkillState",
    "StaffRole",
    "User",
    "UserSkill",
    "UserSkillKind",
    "UserState",
]
