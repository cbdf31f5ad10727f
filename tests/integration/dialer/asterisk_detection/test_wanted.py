"""A campaign's policy decides whether its calls are listened to."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import update

from dialer.asterisk.detection.policy import Detection
from dialer.asterisk.detection.wanted import CampaignsWish
from dialer.tables import Campaign
from tests.integration.dialer.room import Room


@pytest.mark.parametrize(("policy", "listened"), [(Detection.NONE, False), (Detection.AMD, True)])
def test_a_campaigns_calls_are_listened_to_as_it_says(room: Room, policy: Detection, listened: bool) -> None:
    room.fill(people=1, detection=policy)
    room.start()
    room.everybody_ready()
    room.run(2)
    (dial,) = room.carrier.dialed()
    wish = CampaignsWish(room.database, room.municipality_id)
    assert wish(dial.attempt_id) is listened
    assert not wish(uuid4())


def test_a_policy_that_changes_counts_from_the_next_answer(room: Room) -> None:
    room.fill(people=1)
    room.start()
    room.everybody_ready()
    room.run(2)
    (dial,) = room.carrier.dialed()
    wish = CampaignsWish(room.database, room.municipality_id)
    assert not wish(dial.attempt_id)
    with room.transaction() as conn:
        conn.execute(update(Campaign).values(detection=Detection.AMD.value))
    assert wish(dial.attempt_id)
