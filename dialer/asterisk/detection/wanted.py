"""Which attempts are listened to: those of campaigns whose policy says so."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, select

from casefile.db import Database
from casefile.tables.attempt import Attempt
from dialer.asterisk.detection.policy import Detection
from dialer.tables import Campaign


@dataclass(frozen=True, slots=True)
class CampaignsWish:
    """`Wanted` of `ear.NodeEar`, read anew for each answer: a campaign's policy may change while it runs.

    A call an operator dialed by hand, or an attempt unknown here, is not listened to.
    """

    database: Database
    municipality_id: int

    def __call__(self, attempt_id: UUID) -> bool:
        of_its_campaign = and_(
            Campaign.municipality_id == Attempt.municipality_id, Campaign.campaign_id == Attempt.campaign_id
        )
        asked = (
            select(Campaign.detection)
            .join(Attempt, of_its_campaign)
            .where(Attempt.municipality_id == self.municipality_id, Attempt.attempt_id == attempt_id)
        )
        with self.database.transaction(self.municipality_id) as connection:
            return connection.execute(asked).scalar() == Detection.AMD.value
