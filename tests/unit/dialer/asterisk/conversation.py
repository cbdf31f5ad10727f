"""One call with two or three of ours, small step by small step, and what must be true of it whatever breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from callflow.events import (
    CalledIn,
    Confer,
    Consult,
    Ended,
    HandOver,
    Join,
    Joined,
    Left,
    ListenIn,
    Listening,
    Reconcile,
    Reconciled,
    StopListening,
    TakeBack,
)
from callflow.states import Act, CallState, Happening, step
from dialer.asterisk.node.node import ASIDE, CONSULT, HOLD, JOIN, TOGETHER
from tests.unit.dialer.asterisk.house import House, line_of
from tests.unit.dialer.asterisk.stories import dial
from tests.unit.dialer.asterisk.world import World

A, C, S = UUID(int=1), UUID(int=2), UUID(int=3)
_TRANSFERS: dict[Act, type[Consult | Confer | HandOver | TakeBack]] = {
    Act.CONSULT: Consult,
    Act.CONFER: Confer,
    Act.TAKE_BACK: TakeBack,
    Act.HAND_OVER: HandOver,
}


@dataclass
class Play:
    """One call of an engine that knows `callflow.states` and its rows: state, operator, colleague; and who listens.

    `cut_at`: the small step before which something breaks (`breaks`); they are counted from the join on.
    """

    cut_at: int = -1
    breaks: Callable[[Play], None] = lambda play: None
    world: World = field(default_factory=lambda: World(node_of=House))
    state: CallState = CallState.TALKING
    operator: UUID = A
    colleague: UUID | None = None
    consults: int = 0
    steps: int = 0
    heard: int = 0

    def __post_init__(self) -> None:
        node = self.world.nodes[0]
        assert isinstance(node, House)
        self.node = node
        node.connect()
        self.world.settle()
        self.attempt_id = dial(self.world)
        self.world.settle()
        for _ in range(2):
            node.proceeds(node.channels[self.attempt], 1)
            self.world.settle()
        self.world.board.obey(Join(self.attempt_id, A))
        self.world.settle()
        self.heard = len(self.world.told)

    @property
    def attempt(self) -> str:
        return str(self.attempt_id)

    def play(self, story: list[str]) -> None:
        for what in story:
            self.do(what)
            self.live_on()

    def do(self, what: str) -> None:
        """One thing is done, by somebody of us or by somebody at a telephone."""
        match what:
            case "takes_up":
                self.node.takes_up(line_of(C))
            case "colleague_off":
                self.node.rings_off(line_of(C))
            case "operator_off":
                self.node.rings_off(line_of(A))
            case "resident_off":
                self.node.resident_rings_off(self.attempt)
            case "unplugged":
                self.node.absent.add(line_of(C))
            case "listen" | "whisper" | "barge":
                if self.state is not CallState.WRAPUP:
                    self.world.board.obey(ListenIn(self.attempt_id, self.operator, S, Listening(what)))
            case "stop":
                self.world.board.obey(StopListening(self.attempt_id, S))
            case "consulted":
                if self.state is CallState.TALKING:
                    self.colleague = C
                    self.happen(Happening.CONSULTED)
            case "":
                pass
            case _:
                # Nobody is offered on the screen what their call does not allow.
                if self.state.has_colleague:
                    self.happen(Happening(what))

    def happen(self, happening: Happening) -> None:
        found = step(self.state, happening)
        if found is None:
            return
        self.state = found.to
        for act in found.acts:
            if act in _TRANSFERS and self.colleague is not None:
                self.world.board.obey(_TRANSFERS[act](self.attempt_id, self.operator, self.colleague))
            self.consults += act is Act.CONSULT
            if act is Act.HAND_OVER and self.colleague is not None:
                self.operator, self.colleague = self.colleague, None
            elif act is Act.FREE_COLLEAGUE:
                self.colleague = None

    def live_on(self) -> None:
        """Everything on its way arrives, one small step after the other, and the dialplan does what it does by itself."""
        self.hear()
        for _ in range(3):
            while self.node.arrived or self.node.to_carrier or self.node.to_node:
                if self.node.arrived or self.node.to_carrier:
                    self._small_step(self.node.deliver)
                if self.node.to_node:
                    self._small_step(self.node.work)
            self.node.passes()

    def _small_step(self, happens: Callable[[], None]) -> None:
        if self.steps == self.cut_at:
            self.steps += 1
            self.breaks(self)
        self.steps += 1
        happens()
        self.hear()

    def hear(self) -> None:
        """What `dialer.engine` makes of it."""
        while self.heard < len(self.world.told):
            event = self.world.told[self.heard]
            self.heard += 1
            match event:
                case CalledIn(colleague_id=who) if who == self.colleague:
                    self.happen(Happening.COLLEAGUE_TOOK)
                case CalledIn(colleague_id=who) if not self.state.has_colleague and who != self.operator:
                    self.world.board.obey(TakeBack(self.attempt_id, self.operator, who))
                case Left(operator_id=who) if self.state.has_colleague and who == self.colleague:
                    self.happen(Happening.COLLEAGUE_LEFT)
                case Left(operator_id=who) if self.state.has_colleague and who == self.operator:
                    self.happen(Happening.OPERATOR_LEFT)
                case Ended():
                    self.happen(Happening.ENDED)
                case Reconciled() if self.state is CallState.UNKNOWN:
                    self._resume(event)

    # -- what breaks -------------------------------------------------------------------------------------------------

    def cut(self, arrives: int, still_comes: int, gap: str, late: str) -> None:
        """The line is cut and healed. `gap`: what happens meanwhile; `late`: when what was on its way to the node arrives."""
        self.node.cut(arrives, still_comes)
        self.hear()
        if late == "in the gap":
            self._late()
        self.do(gap)
        for _ in range(3):
            self.node.passes()
        self.node.connect()
        self.live_on()
        self._late()
        self.live_on()

    def kill(self, still_comes: int, gap: str) -> None:
        """The engine dies; the next one reads the rows and asks."""
        rows = self.state
        self.world.kill_engine(still_comes)
        self.heard = 0
        self.do(gap)
        self._late()
        for _ in range(3):
            self.node.passes()
        if rows is not CallState.WRAPUP:
            self.state, self._rows = CallState.UNKNOWN, rows
            self.world.board.obey(Reconcile(self.attempt_id))
        for node in self.world.nodes:
            node.connect()
        self.world.settle()
        self.hear()
        self.live_on()

    def _resume(self, event: Reconciled) -> None:
        if not event.live:
            self.state, self.colleague = CallState.WRAPUP, None
            return
        self.state = CallState.TALKING
        (joined,) = (fact.operator_id for fact in event.past if isinstance(fact, Joined))
        if joined != self.operator:
            self.world.board.obey(HandOver(self.attempt_id, joined, self.operator))
        found = {
            CallState.CALLING_IN: Happening.COLLEAGUE_RINGS,
            CallState.CONSULTING: Happening.COLLEAGUE_TOOK,
            CallState.THREE_WAY: Happening.CONFERRED,
        }.get(self._rows)
        if found is not None:
            self.happen(found)

    def _late(self) -> None:
        while self.node.late:
            self.node.work_late()

    # -- what must be true ---------------------------------------------------------------------------------------------

    def nobody_is_alone(self) -> None:
        """The resident hears somebody, or is told to wait by a line that ends by itself."""
        where, there = self.node.where(self.attempt), self.node.in_room(self.attempt)
        if where == JOIN:
            assert any(one.with_ == self.attempt for one in self.node.telephones()), "talks to nobody"
        elif where == TOGETHER:
            assert there, "alone in the room"
        elif where == ASIDE:
            asks = [one for one in self.node.telephones() if one.context == CONSULT]
            assert asks or len(there) > 1, "waits for nobody"
        else:
            assert where in (HOLD, ""), where

    def engine_and_node_agree(self) -> None:
        """Who is in the call, as the engine says and as it is."""
        where = self.node.where(self.attempt)
        if not where:
            assert self.state is CallState.WRAPUP, self.state
            assert not self.node.telephones(), "stays behind"
            return
        there = {one.line for one in self.node.telephones() if one.line != line_of(S)}
        assert self.state is not CallState.WRAPUP, self.state
        wanted = {line_of(self.operator)} | ({line_of(self.colleague)} if self.colleague else set())
        assert there <= wanted, (self.state, where)
        if self.state.has_colleague:
            assert there == wanted, (self.state, where)
            assert where == (TOGETHER if self.state is CallState.THREE_WAY else ASIDE), (self.state, where)
        else:
            assert where in (JOIN, TOGETHER, HOLD), where

    def node_knows_the_colleague(self) -> bool:
        """Whether the dead engine's Consult had arrived; else the new one has to wait for its own limits."""
        resident = self.node.resident(self.attempt)
        return resident is not None and resident.variables.get("COLLEAGUE") == C.hex

    def everybody_who_left_is_told_of_once(self) -> None:
        left = {who: sum(Left(self.attempt_id, who, one.at) == one for one in self.world.told) for who in (A, C)}
        there = {who: len(self.node.telephones(line_of(who))) for who in (A, C)}
        expected = {A: self.node.left[line_of(A)], C: self.consults - there[C]}
        if not self.node.where(self.attempt):
            assert all(left[who] <= expected[who] + there[who] for who in left), left
        else:
            assert left == expected, (left, expected)

    def nobody_was_rung_twice(self) -> None:
        assert self.node.rung[line_of(C)] <= self.consults
        left = sum(isinstance(event, Left) and event.operator_id == S for event in self.world.told)
        assert self.node.rung[line_of(S)] <= 1 + left
        assert self.node.invited[self.attempt] == 1

    def nobody_stays_behind(self) -> None:
        self.node.resident_rings_off(self.attempt)
        self.live_on()
        assert not self.node.telephones(), [one.name for one in self.node.telephones()]
