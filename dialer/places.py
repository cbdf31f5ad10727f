"""Which ready operators are not yet spoken for by a call on its way: one place, one call, one operator (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from dialer.seat import Seat


@dataclass(slots=True)
class Places:
    """Ready seats split by the calls that may need them.

    A call takes a seat that serves only its campaign before one that serves all. `taken`: calls of each campaign that
    found a seat. `over`: calls that found none; as many fewer may be dialed.
    """

    spare: list[Seat]
    taken: dict[UUID | None, int] = field(default_factory=dict)
    over: dict[UUID | None, int] = field(default_factory=dict)

    def for_campaign(self, campaign_id: UUID) -> list[Seat]:
        """Spare seats that may take a call of this campaign."""
        return [seat for seat in self.spare if seat.serves(campaign_id)]

    def take(self, campaign_id: UUID | None) -> bool:
        """One more call is on its way; False: nobody is left for it."""
        fitting = [place for place, seat in enumerate(self.spare) if seat.serves(campaign_id)]
        if not fitting:
            self.over[campaign_id] = self.over.get(campaign_id, 0) + 1
            return False
        own = [place for place in fitting if self.spare[place].assigned_campaign_id is not None]
        # The one who is ready last: whoever has waited longest stays for an offer.
        del self.spare[(own or fitting)[-1]]
        self.taken[campaign_id] = self.taken.get(campaign_id, 0) + 1
        return True


def places(ready: Sequence[Seat], campaigns_of_calls: Iterable[UUID | None]) -> Places:
    """Split the ready seats among the calls on their way. Calls are taken in the order given."""
    found = Places(list(ready))
    for campaign_id in campaigns_of_calls:
        found.take(campaign_id)
    return found
