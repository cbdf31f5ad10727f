"""What the engine is told and what it asks for: frozen facts and frozen wishes, nothing that could reach outside.

Carrier events come as they are (`callflow.events`). Every event carries its own time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from callflow.codes import RecordingMode
from callflow.events import CarrierCommand, CarrierEvent, Listening, Missed
from callflow.states import CallState
from dialer.pull import PullTally

Mode = Literal["preview", "progressive", "predictive"]
SeatState = Literal["offline", "ready", "paused", "reserved", "talking", "wrapup"]
Part = Literal["called_in", "three_way", "left"]
"""取次: what a seat has to do with a call that is not its own. `left`: it has spoken, and writes its record."""


@dataclass(frozen=True, slots=True)
class LineTerms:
    """What is done on a call's line. `listen`: machines are listened for before an operator is joined."""

    recording: RecordingMode = RecordingMode.OFF
    listen: bool = False


@dataclass(frozen=True, slots=True)
class Expected:
    """What the reach model expects of a call, and how it came to be next (`dialer.reach.choice.Pick`)."""

    p_right_party: float
    propensity: float
    eligible: int
    by_chance: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person who may be dialed for a household, and on which number; the gate still decides."""

    campaign_id: UUID | None
    purpose: str
    claim_group: str
    addressee_no: str
    household_id: str
    phone_id: UUID
    e164: str
    answer_probability: float
    evidence: str = ""
    recall_id: UUID | None = None
    operator_id: UUID | None = None
    """Only this operator (a recall booked for one)."""
    reserved: bool = False
    """An operator must be held for it before it is dialed: preview, recalls, whoever met a 放棄呼."""
    expected: Expected | None = None
    """None: it was not the list's order that brought it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls back (返電), as far as the number tells; `e164` None: withheld.

    `addressee_no`, `household_id` and `phone_id` only where the number belongs to one person; `persons` counts those on file under it.
    `last_operator` spoke with one of them last; `skills` are what an operator needs to serve them (a language, a tax,
    a 徴税吏員).
    """

    purpose: str
    claim_group: str
    e164: str | None = None
    addressee_no: str | None = None
    household_id: str | None = None
    phone_id: UUID | None = None
    persons: int = 0
    last_operator: UUID | None = None
    skills: frozenset[str] = frozenset()
    recording: RecordingMode = RecordingMode.OFF

    @property
    def campaign_id(self) -> None:
        """A call-back belongs to no campaign: any operator of the floor may take it."""
        return None

    @property
    def answer_probability(self) -> float:
        """They are there."""
        return 1.0


@dataclass(frozen=True, slots=True)
class PastTimings:
    """Seconds that calls of a campaign have taken: dial → person, dial → line free without one, talk, wrap-up."""

    answer: tuple[float, ...] = ()
    release: tuple[float, ...] = ()
    talk: tuple[float, ...] = ()
    wrapup: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class CampaignTerms:
    """A running campaign as the engine needs it."""

    campaign_id: UUID
    mode: Mode
    ring_seconds: int
    wrapup_seconds: int
    target_abandonment: float
    live_answers_today: int = 0
    abandoned_today: int = 0
    timed_wrapup: bool = False
    """Calls may come again once `wrapup_seconds` are over, whether or not the wrap-up is done."""
    past: PastTimings = PastTimings()


# -- what the engine is told ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; once a second is enough."""

    at: datetime


@dataclass(frozen=True, slots=True)
class CampaignsRunning:
    """The campaigns that run on this floor now; those not named are not dialed any more."""

    at: datetime
    campaigns: tuple[CampaignTerms, ...]


@dataclass(frozen=True, slots=True)
class Supplied:
    """The best numbers of a campaign for this hour, best first; they replace what was left of the last supply.

    They may be dialed until `good_until`. `more_at`: it is of no use to ask again before; None: ask when they run out.
    """

    at: datetime
    campaign_id: UUID
    candidates: tuple[Candidate, ...]
    good_until: datetime
    more_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DueSoon:
    """Somebody of this campaign is due again at `due_at`: an exhausted list is worth a look then."""

    at: datetime
    campaign_id: UUID
    due_at: datetime


@dataclass(frozen=True, slots=True)
class RecallsDue:
    """Booked recalls whose time has come, earliest first; they replace the last list."""

    at: datetime
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Admitted:
    """The gate allowed it, and the attempt is a committed row since `at`."""

    at: datetime
    attempt_id: UUID
    candidate: Candidate
    operator_id: UUID | None = None
    line: LineTerms = LineTerms()


@dataclass(frozen=True, slots=True)
class NotTold:
    """More than 3 s passed between the intent and the moment the carrier could be told: it was not told."""

    at: datetime
    attempt_id: UUID


@dataclass(frozen=True, slots=True)
class GateRefused:
    """The gate said no; `reasons` are its Japanese sentences."""

    at: datetime
    candidate: Candidate
    reasons: tuple[str, ...]
    operator_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Identified:
    """Who calls back, and the attempt is a committed row. `since`: when the caller came."""

    at: datetime
    attempt_id: UUID
    since: datetime
    caller: Caller


@dataclass(frozen=True, slots=True)
class NotServed:
    """A caller is not for this room: nobody is here at this hour, another floor has them, or the books say it is over."""

    at: datetime
    attempt_id: UUID
    why: Literal["closed", "elsewhere", "over"]


@dataclass(frozen=True, slots=True)
class PullsAgreed:
    """Who has agreed to be called in the middle of a wrap-up; whoever is not named has not, or not any more."""

    at: datetime
    operators: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class SkillsKnown:
    """What each operator of the floor can do; who is not named can do what everybody can."""

    at: datetime
    skills: Mapping[UUID, frozenset[str]]


CommandKind = Literal[
    "sign_in",
    "sign_out",
    "ready",
    "pause",
    "hang_up",
    "wrapup_done",
    "preview_dial",
    "preview_skip",
    "manual_dial",
    "consult",
    "three_way",
    "hand_over",
    "take_back",
    "listen_in",
    "stop_listening",
]


@dataclass(frozen=True, slots=True)
class OperatorSaid:
    """One floor command of an operator, already read from its row.

    `reason`: of a pause or a skip. `candidate`: whom to dial by hand. `campaign_id`: with sign_in, the only campaign
    this operator works for. `other_id`: the colleague to consult, or the operator to listen to; `how`: in which way.
    """

    at: datetime
    command_no: int | None
    kind: CommandKind
    operator_id: UUID
    attempt_id: UUID | None = None
    reason: str | None = None
    candidate: Candidate | None = None
    campaign_id: UUID | None = None
    other_id: UUID | None = None
    how: Listening | None = None


@dataclass(frozen=True, slots=True)
class SeatRow:
    """A seat as it stands in the database."""

    operator_id: UUID
    state: SeatState
    since: datetime
    pause_reason: str | None = None
    attempt_id: UUID | None = None
    campaign_id: UUID | None = None
    assigned_campaign_id: UUID | None = None
    offered: Candidate | None = None
    pausing: str | None = None
    part: Part | None = None
    put_off: UUID | None = None
    put_off_at: datetime | None = None
    pulls: PullTally = field(default_factory=PullTally)


@dataclass(frozen=True, slots=True)
class ListeningRow:
    """A supervisor listens to this operator in this call."""

    supervisor_id: UUID
    operator_id: UUID
    attempt_id: UUID
    how: Listening
    since: datetime


@dataclass(frozen=True, slots=True)
class CallRow:
    """An attempt a former engine left live, or ended while its operator still writes (`state` is WRAPUP)."""

    attempt_id: UUID
    candidate: Candidate | Caller
    intended_at: datetime
    handed: bool
    next_seq: int
    state: CallState
    operator_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Restored:
    """A new epoch begins with what the last one left."""

    at: datetime
    seats: tuple[SeatRow, ...]
    calls: tuple[CallRow, ...]
    listening: tuple[ListeningRow, ...] = ()


EngineEvent = (
    CarrierEvent
    | Tick
    | CampaignsRunning
    | Supplied
    | DueSoon
    | RecallsDue
    | NotTold
    | Admitted
    | GateRefused
    | Identified
    | NotServed
    | SkillsKnown
    | PullsAgreed
    | OperatorSaid
    | Restored
)


# -- what the engine asks for ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell the carrier, after everything before it is committed."""

    command: CarrierCommand


@dataclass(frozen=True, slots=True)
class Wanted:
    """One candidate to put before the gate; with an operator held for it or not."""

    candidate: Candidate
    mode: Literal["auto", "preview", "manual"]
    operator_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Admit:
    """Ask the gate and, where it allows, commit the intent: in one transaction with the check of the epoch."""

    wanted: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Identify:
    """Somebody calls back: find who it may be and commit the attempt, then say so (`Identified`, or `NotServed`)."""

    attempt_id: UUID
    at: datetime
    e164: str | None


@dataclass(frozen=True, slots=True)
class EnterMissed:
    """Somebody called back whom nobody could take: into the ledger, once, and a call of ours is booked if wanted."""

    missed: Missed


@dataclass(frozen=True, slots=True)
class Supply:
    """Bring the next candidates of a campaign; `without`: households already on the line or in hand."""

    campaign_id: UUID
    limit: int
    without: frozenset[str]


@dataclass(frozen=True, slots=True)
class StoreTransition:
    attempt_id: UUID
    seq: int
    at: datetime
    from_state: CallState
    event: str
    to_state: CallState
    detail: dict[str, str]


@dataclass(frozen=True, slots=True)
class StoreHanded:
    attempt_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class StoreAnswered:
    attempt_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class StoreJoined:
    attempt_id: UUID
    at: datetime
    speech_at: datetime | None
    operator_id: UUID


@dataclass(frozen=True, slots=True)
class StoreUnknown:
    attempt_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class StoreEnded:
    """The line is free. `person_answered`: 有人応答. `connected`: 通話; neither connected nor abandoned: 早期切断."""

    attempt_id: UUID
    candidate: Candidate
    at: datetime
    intended_at: datetime
    handed_at: datetime | None
    result: str
    cause: str
    counted: bool
    person_answered: bool
    connected: bool
    abandoned: bool
    answered_at: datetime | None
    speech_at: datetime | None
    operator_id: UUID | None


@dataclass(frozen=True, slots=True)
class StoreCallBackEnded:
    """A call-back's line is free. Not `connected`: the caller gave up in the queue, and is called back."""

    attempt_id: UUID
    caller: Caller
    at: datetime
    since: datetime
    result: str
    cause: str
    connected: bool
    operator_id: UUID | None


@dataclass(frozen=True, slots=True)
class StoreWrappedUp:
    """`candidate` None: a call-back, which stands in no list."""

    attempt_id: UUID
    candidate: Candidate | None
    at: datetime
    put_off_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class StoreSeat:
    """The seat as it is from now on; `changed` false where only its offer or its wish to pause changed."""

    seat: SeatRow
    changed: bool


@dataclass(frozen=True, slots=True)
class StoreListening:
    """A supervisor listens in from now on, or in another way."""

    row: ListeningRow


@dataclass(frozen=True, slots=True)
class StoreListeningEnded:
    supervisor_id: UUID


@dataclass(frozen=True, slots=True)
class StoreSkip:
    """An operator passed over a case on offer; why is kept, and the case waits until the next office day."""

    candidate: Candidate
    operator_id: UUID
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a floor command: `done`, or a Japanese sentence that says what to do."""

    command_no: int
    at: datetime
    answer: str


@dataclass(frozen=True, slots=True)
class Notify:
    """Wake the screens: ids only."""

    kind: Literal["seat", "call", "figures"]
    operator_id: UUID | None = None
    attempt_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a campaign's pacer dials as it does, in one line."""

    campaign_id: UUID
    reason: str


EngineCommand = (
    Tell
    | Admit
    | Identify
    | EnterMissed
    | Supply
    | StoreTransition
    | StoreHanded
    | StoreAnswered
    | StoreJoined
    | StoreUnknown
    | StoreEnded
    | StoreCallBackEnded
    | StoreWrappedUp
    | StoreSeat
    | StoreListening
    | StoreListeningEnded
    | StoreSkip
    | Answer
    | Notify
    | Explained
)
