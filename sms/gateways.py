"""What the room needs of an SMS gateway, and the one that is not there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from casefile.db import Json
from casefile.vocabulary import Labelled


class DeliveryState(Labelled):
    """配信結果 (DOMAIN.md §2.12). 到達 is not 既読: nobody knows whether it was read."""

    ACCEPTED = "accepted", "受付"
    SENDING = "sending", "送信中"
    DELIVERED = "delivered", "到達"
    NO_SUCH_NUMBER = "no_such_number", "不達(番号なし)"
    OUT_OF_REACH = "out_of_reach", "不達(圏外・再送期限切れ)"
    REJECTED = "rejected", "受信拒否"
    LANDLINE = "landline", "固定番号"
    ERROR = "error", "エラー"

    @property
    def is_final(self) -> bool:
        return self not in (DeliveryState.ACCEPTED, DeliveryState.SENDING)

    @property
    def kills_number(self) -> bool:
        """Whether the number can never take a text."""
        return self is DeliveryState.NO_SUCH_NUMBER


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gateway has the message and answers for it under `ref`."""

    ref: str


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The gateway will not send it, and says why."""

    state: DeliveryState
    detail: str = ""


GatewayAnswer = Accepted | NotTaken


class GatewayTimeout(Exception):
    """Nobody knows whether the gateway has the message. It is asked again by `lookup`, never sent again blindly."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a network says of a message it was given (配信結果)."""

    gateway: str
    ref: str
    state: DeliveryState
    at: datetime
    detail: Json = field(default_factory=dict)


class Gateway(Protocol):
    """A way to the mobile networks. It is told number and text, nothing else about anybody."""

    @property
    def name(self) -> str:
        """The name stored with each message."""
        ...

    @property
    def connected(self) -> bool:
        """False: nothing can be sent, and due messages wait."""
        ...

    def send(self, message_id: UUID, e164: str, text: str) -> GatewayAnswer:
        """Send once: the same `message_id` again changes nothing and answers the same.

        Raises GatewayTimeout when the answer did not come.
        """
        ...

    def lookup(self, message_id: UUID) -> GatewayAnswer | None:
        """What became of a message; None: the gateway certainly never had it. Raises GatewayTimeout."""
        ...


class NullGateway:
    """No gateway is set up: nothing is sent, everything waits."""

    name = "none"
    connected = False

    def send(self, message_id: UUID, e164: str, text: str) -> GatewayAnswer:  # noqa: ARG002
        return NotTaken(DeliveryState.ERROR, "SMS配信事業者が設定されていません")

    def lookup(self, message_id: UUID) -> GatewayAnswer | None:  # noqa: ARG002
        return None
