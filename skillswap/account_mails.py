"""What do the mails about an account say, and their buttons?"""

from __future__ import annotations

from dataclasses import dataclass

from skillswap.lib.i18n import _


@dataclass(frozen=True, slots=True)
class AccountMail:
    """The words of a mail about the account, and of its button."""

    subject: str
    said: tuple[str, ...]
    button: str


NOT_YOU = _("If it was not you, ignore this mail: nothing happens.")
# kind -> words; the payload of such a delivery holds `path`, where the button leads
ACCOUNT_MAILS = {
    "account.confirm": AccountMail(
        _("Confirm your address"),
        (
            _("Somebody, most likely you, joined SkillSwap with this address."),
            _("Confirm it within 24 hours, and you can send your first pitch."),
            NOT_YOU,
        ),
        _("Confirm your address"),
    ),
    "account.reset": AccountMail(
        _("Choose a new password"),
        (
            _("Somebody, most likely you, asked for a new password."),
            _("The link works once, for 30 minutes."),
            NOT_YOU,
        ),
        _("Choose a new password"),
    ),
    "account.change": AccountMail(
        _("Confirm your new address"),
        (
            _("Somebody, most likely you, wants to use this address on SkillSwap."),
            _("The link works once, for 24 hours. Until then the old address stays."),
            NOT_YOU,
        ),
        _("Confirm the new address"),
    ),
    "account.undo_change": AccountMail(
        _("The address of your account changes"),
        (
            _("Somebody, most likely you, asked to use another address for your account."),
            _("If it was you, there is nothing to do."),
            _("If it was not you, undo it within 72 hours and choose a new password."),
        ),
        _("Undo the change"),
    ),
    "account.second_step_on": AccountMail(
        _("Logging in now takes a code"),
        (
            _("The second step of your account was switched on a moment ago."),
            _("All other devices were signed out. Keep the recovery codes somewhere safe."),
            _("If it was not you, choose a new password now and write to us."),
        ),
        _("Security settings"),
    ),
    "account.second_step_off": AccountMail(
        _("Logging in takes no code any more"),
        (
            _("The second step of your account was switched off a moment ago."),
            _("If it was you, there is nothing to do. If not, choose a new password now."),
        ),
        _("Security settings"),
    ),
    # to somebody who cannot sign in: their own link shows the strike and takes an appeal
    "account.strike_made": AccountMail(
        _("A strike on your account"),
        (
            _("Our staff have looked at a report, and your account is suspended."),
            _("This link, yours alone, says why and until when."),
            _("If we are wrong, appeal there, once, within 30 days. Somebody else decides."),
        ),
        _("Read it, and appeal"),
    ),
    "account.strike_kept": AccountMail(
        _("Your appeal has been answered"),
        (
            _("Somebody else on our staff has read your appeal. The strike stays."),
            _("This link, yours alone, says why."),
        ),
        _("Read the answer"),
    ),
    "account.strike_overturned": AccountMail(
        _("Your appeal has been answered"),
        (
            _("Your appeal was right, and the strike is off."),
            _("Your account is still suspended for another reason."),
        ),
        _("Read the answer"),
    ),
    # what a member of staff did to an account; the payload holds their `words`
    "account.limited": AccountMail(
        _("Your account is limited"),
        (
            _("Our staff have limited your account for a while. It ends by itself."),
            _("You can finish what is agreed, but begin nothing new. This is why:"),
        ),
        _("Safety at SkillSwap"),
    ),
    "account.suspended": AccountMail(
        _("Your account is suspended"),
        (
            _("Our staff have suspended your account for a while. It ends by itself."),
            _("Until then you cannot log in, and nobody sees you. This is why:"),
        ),
        _("Safety at SkillSwap"),
    ),
    "account.restored": AccountMail(
        _("Your account is free again"),
        (_("Our staff have ended what kept your account back. You can do everything again."),),
        _("Open SkillSwap"),
    ),
    "account.password": AccountMail(
        _("Your password was changed"),
        (
            _("The password of your account was changed a moment ago."),
            _("If it was you, there is nothing to do. If not, choose a new one now."),
        ),
        _("Choose a new password"),
    ),
}
