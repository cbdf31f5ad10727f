"""What is done with a channel that lives: it is hung up, or goes on somewhere else in the dialplan. Pure."""

from __future__ import annotations

from dialer.asterisk.wire import Action


def hang_up(channel: str) -> Action:
    """End it as a telephone that is put down does (Q.850 cause 16)."""
    return Action("Hangup", {"Channel": channel, "Cause": "16"})


def send(channel: str, context: str, extension: str = "s") -> Action:
    """It goes on at the beginning of this extension."""
    return Action("Redirect", {"Channel": channel, "Context": context, "Exten": extension, "Priority": "1"})


def send_both(resident: str, context: str, operator: str, their_context: str, extension: str) -> Action:
    """The resident's channel and an operator's go elsewhere at once, or neither does."""
    theirs = {"ExtraChannel": operator, "ExtraContext": their_context, "ExtraExten": extension, "ExtraPriority": "1"}
    return Action("Redirect", {**send(resident, context).fields, **theirs})
