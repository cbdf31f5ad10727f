"""What a supervisor sees and does on the floor."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from agent_ui.context import PanelContext
from agent_ui.errors import NotFound
from agent_ui.floor import board
from agent_ui.floor.schemas import DistrictChoice, Districts, FloorView, StopForm
from agent_ui.identity import SignedIn
from casefile import stops
from casefile.roles import Right
from casefile.stops import StopKind
from casefile.tables import District


def show(context: PanelContext, person: SignedIn) -> FloorView:
    """The whole floor."""
    person.require(Right.FLOOR)
    with context.database.transaction(person.municipality_id) as conn:
        return board.read(conn, person.municipality_id, context.clock.now())


def districts(context: PanelContext, person: SignedIn) -> Districts:
    """Districts by name, for a stop or a selection."""
    with context.database.transaction(person.municipality_id) as conn:
        rows = conn.execute(
            select(District.district_code, District.area, District.town).order_by(District.area, District.district_code)
        ).all()
    return Districts(districts=[DistrictChoice(district_code=row.district_code, name=row.town) for row in rows])


def stop(context: PanelContext, person: SignedIn, form: StopForm) -> FloorView:
    """Stop all dialing and texting. Raises TsunagaruError with a sentence for what cannot be stopped."""
    person.require(Right.STOP_SWITCH)
    now = context.clock.now()
    with context.database.transaction(person.municipality_id) as conn:
        stops.stop_contacts(
            conn,
            person.municipality_id,
            StopKind(form.kind),
            form.reason,
            now,
            context.ids,
            person.user.user_id,
            form.district_code,
        )
        return board.read(conn, person.municipality_id, now)


def resume(context: PanelContext, person: SignedIn, stop_id: UUID) -> FloorView:
    """End one stop. Raises NotFound when nobody stopped it, or somebody ended it already."""
    person.require(Right.STOP_SWITCH)
    now = context.clock.now()
    with context.database.transaction(person.municipality_id) as conn:
        ended = stops.resume_contacts(conn, person.municipality_id, stop_id, now, context.ids, person.user.user_id)
        if not ended:
            raise NotFound("この停止はすでに解除されています。画面を再読み込みしてください。")
        return board.read(conn, person.municipality_id, now)
