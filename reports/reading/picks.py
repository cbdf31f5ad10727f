"""Why calls were next: what was expected of them, and how likely each was to be picked."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, and_, select

from casefile.tables import Attempt
from casefile.vocabulary import Purpose
from dialer.tables import ReachPick
from reports.reach_facts import PickFact
from reports.reading.contacts import handed_over
from reports.reading.known import Known, as_text
from reports.request import Period


def read_picks(conn: Connection, known: Known, period: Period, purpose: Purpose) -> Mapping[str, PickFact]:
    """By call, for those handed over in the period and ended by the moment that the reach model had picked."""
    query = (
        select(
            as_text(ReachPick.attempt_id),
            ReachPick.p_live,
            ReachPick.p_right_party,
            ReachPick.propensity,
            ReachPick.eligible,
            ReachPick.by_chance,
        )
        .join(
            Attempt,
            and_(Attempt.municipality_id == ReachPick.municipality_id, Attempt.attempt_id == ReachPick.attempt_id),
        )
        .where(
            *handed_over(known, period, purpose),
            Attempt.ended_at <= known.moment,
        )
        .order_by(Attempt.handed_at, Attempt.attempt_id)
    )
    return {row[0]: PickFact(*row) for row in conn.execute(query)}
