"""The other web processes of this installation: whose screens are open there.

Whatever changes reaches every web process by the database's own notification (`notifier.py`), and each serves the browsers
that are connected to it; so no event passes through here, and none can come twice. What a process cannot know by itself
is whether an operator whose screen it lost, or never had, is at work at another one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Operator:
    municipality_id: int
    operator_id: UUID


class WebProcesses(Protocol):
    """What a web process must know of the others, and they of it."""

    def start(self, own: Callable[[], set[Operator]], lost: Callable[[], None]) -> None:
        """Begin to tell whose screens are open here (`own`), and to call `lost` when another process has ended."""

    def close(self) -> None:
        """This process ends."""

    def changed(self) -> None:
        """The screens open here differ; the others are told soon."""

    def show(self, operator: Operator) -> bool:
        """Whether another process has a screen of this operator."""


class NoOthers:
    """This web process is the only one."""

    def start(self, own: Callable[[], set[Operator]], lost: Callable[[], None]) -> None:
        del own, lost

    def close(self) -> None:
        pass

    def changed(self) -> None:
        pass

    def show(self, operator: Operator) -> bool:
        del operator
        return False
