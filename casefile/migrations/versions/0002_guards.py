"""Guards the database keeps by itself, whoever writes and by whatever way.

Row-level security says whose rows are seen, constraints say what a row may hold; these triggers say what may follow
what: an attempt only on an allowing decision of the same moment and within the caps, nothing ended alive again,
nothing recorded ever changed.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# -- an attempt stands on a decision and within the caps ---------------------------------------------------------------

_ATTEMPT_IS_DECIDED = """
CREATE FUNCTION guard_attempt_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decision record;
    local_time time := (NEW.intended_at AT TIME ZONE 'Asia/Tokyo')::time;
BEGIN
    IF NEW.direction = 'inbound' THEN
        RETURN NEW;
    END IF;
    IF NEW.state <> 'intended' OR NOT NEW.counted OR NEW.person_answered OR NEW.abandoned THEN
        RAISE EXCEPTION 'attempt % must begin as a plain intent', NEW.attempt_id USING ERRCODE = 'check_violation';
    END IF;
    -- The hard limit of 8:00 to 21:00 Japanese time, which no setting widens (DOMAIN.md 2.8).
    IF local_time < '08:00' OR local_time >= '21:00' THEN
        RAISE EXCEPTION 'attempt % at % is outside 8:00-21:00', NEW.attempt_id, local_time
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT d.household_id, d.purpose, d.claim_group, d.allowed, d.decided_at INTO decision
      FROM gate_decision d
     WHERE d.municipality_id = NEW.municipality_id AND d.decision_id = NEW.decision_id;
    IF NOT FOUND OR NOT decision.allowed
       OR (decision.household_id, decision.purpose, decision.claim_group)
          IS DISTINCT FROM (NEW.household_id, NEW.purpose, NEW.claim_group)
       OR NEW.intended_at < decision.decided_at OR NEW.intended_at > decision.decided_at + interval '3 seconds' THEN
        RAISE EXCEPTION 'attempt % has no allowing decision of the gate of the same moment', NEW.attempt_id
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM guard_caps(NEW);
    RETURN NEW;
END $$
"""

# The same counting as casefile/gate/caps.py, as the last wall. Locks first, so that two writers count one another.
_CAPS = """
CREATE FUNCTION guard_caps(wanted attempt) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    caps jsonb;
    today timestamptz := date_trunc('day', wanted.intended_at AT TIME ZONE 'Asia/Tokyo') AT TIME ZONE 'Asia/Tokyo';
    this_month timestamptz := date_trunc('month', wanted.intended_at AT TIME ZONE 'Asia/Tokyo') AT TIME ZONE 'Asia/Tokyo';
    used record;
BEGIN
    PERFORM FROM household h
      WHERE h.municipality_id = wanted.municipality_id AND h.household_id = wanted.household_id FOR NO KEY UPDATE;
    PERFORM FROM phone p
      WHERE p.municipality_id = wanted.municipality_id AND p.e164 = wanted.e164 ORDER BY p.phone_id FOR NO KEY UPDATE;
    SELECT m.settings -> 'caps' INTO caps FROM municipality m WHERE m.municipality_id = wanted.municipality_id;
    SELECT (SELECT count(*) FROM attempt a
             WHERE a.municipality_id = wanted.municipality_id AND a.e164 = wanted.e164 AND a.intended_at >= today
               AND a.counted AND a.direction = 'outbound' AND a.channel = wanted.channel
               AND a.result IS DISTINCT FROM '02') AS number_day,
           (SELECT count(*) FROM attempt a
             WHERE a.municipality_id = wanted.municipality_id AND a.household_id = wanted.household_id
               AND a.intended_at >= today AND a.counted AND a.direction = 'outbound' AND a.channel = wanted.channel
               AND a.result IS DISTINCT FROM '02') AS household_day,
           count(*) AS person_month,
           count(*) FILTER (WHERE a.intended_at >= today) AS person_day
      INTO used
      FROM attempt a
     WHERE a.municipality_id = wanted.municipality_id AND a.addressee_no = wanted.addressee_no
       AND a.intended_at >= this_month AND a.counted AND a.direction = 'outbound' AND a.channel = wanted.channel;
    IF wanted.channel = 'call' AND (
           used.number_day >= coalesce((caps ->> 'number_day')::int, 2)
           OR used.household_day >= coalesce((caps ->> 'household_day')::int, 3)
           OR used.person_month >= coalesce((caps ->> 'person_month')::int, 6))
       OR wanted.channel = 'sms' AND (
           used.person_day >= coalesce((caps ->> 'sms_person_day')::int, 1)
           OR used.person_month >= coalesce((caps ->> 'sms_person_month')::int, 4)) THEN
        RAISE EXCEPTION 'attempt % is over a cap', wanted.attempt_id USING ERRCODE = 'check_violation';
    END IF;
END $$
"""

# -- what an attempt may become ----------------------------------------------------------------------------------------

_ATTEMPT_KEEPS = """
CREATE FUNCTION guard_attempt_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.municipality_id, NEW.attempt_id, NEW.decision_id, NEW.gate_allowed, NEW.channel, NEW.direction, NEW.e164,
        NEW.intended_at)
       IS DISTINCT FROM
       (OLD.municipality_id, OLD.attempt_id, OLD.decision_id, OLD.gate_allowed, OLD.channel, OLD.direction, OLD.e164,
        OLD.intended_at) THEN
        RAISE EXCEPTION 'what was decided about attempt % cannot change', OLD.attempt_id USING ERRCODE = 'check_violation';
    END IF;
    -- Whose call-back it is may be found out once; everything else about the person was frozen with the decision.
    IF (NEW.addressee_no, NEW.household_id) IS DISTINCT FROM (OLD.addressee_no, OLD.household_id)
       AND NOT (OLD.direction = 'inbound' AND OLD.addressee_no IS NULL) THEN
        RAISE EXCEPTION 'attempt % belongs to its person for good', OLD.attempt_id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'ended' AND (NEW.state, NEW.live, NEW.ended_at, NEW.counted, NEW.abandoned)
       IS DISTINCT FROM (OLD.state, OLD.live, OLD.ended_at, OLD.counted, OLD.abandoned) THEN
        RAISE EXCEPTION 'attempt % has ended', OLD.attempt_id USING ERRCODE = 'check_violation';
    END IF;
    -- A call that counted stays counted: only the end itself may say that the network never had it.
    IF OLD.counted AND NOT NEW.counted AND NEW.state <> 'ended' THEN
        RAISE EXCEPTION 'attempt % counts until its end says otherwise', OLD.attempt_id USING ERRCODE = 'check_violation';
    END IF;
    -- Nor may a finished call become a busy one, which would open the caps again.
    IF OLD.state = 'ended' AND NEW.result = '02' AND OLD.result IS DISTINCT FROM '02' THEN
        RAISE EXCEPTION 'attempt % was not busy', OLD.attempt_id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.connected_at IS NOT NULL AND NEW.result IN ('02', '11', '12', '15') THEN
        RAISE EXCEPTION 'attempt % was a conversation', OLD.attempt_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""

# -- a message is sent on an attempt, once -----------------------------------------------------------------------------

_MESSAGE_STEPS = """
CREATE FUNCTION guard_message_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'sending' AND OLD.state <> 'sending' THEN
        IF OLD.state NOT IN ('accepted', 'scheduled') THEN
            RAISE EXCEPTION 'message % cannot be sent from state %', OLD.message_id, OLD.state
                USING ERRCODE = 'check_violation';
        END IF;
        PERFORM FROM attempt a
          WHERE a.municipality_id = NEW.municipality_id AND a.attempt_id = NEW.attempt_id AND a.channel = 'sms'
            AND a.addressee_no = NEW.addressee_no AND a.e164 = NEW.e164 AND a.live;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'message % has no live attempt of its own', OLD.message_id USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF OLD.state IN ('sending', 'unknown') AND NEW.state IN ('accepted', 'scheduled') THEN
        -- Only what the gateway certainly never had may be tried again, on a new decision.
        PERFORM FROM attempt a
          WHERE a.municipality_id = OLD.municipality_id AND a.attempt_id = OLD.attempt_id AND a.live;
        IF FOUND OR NEW.attempt_id IS NOT NULL THEN
            RAISE EXCEPTION 'message % may have been sent', OLD.message_id USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF OLD.state IN ('sent', 'delivered', 'failed', 'suppressed', 'cancelled')
       AND (NEW.state NOT IN ('sent', 'delivered', 'failed', 'suppressed', 'cancelled')
            OR (NEW.e164, NEW.body, NEW.attempt_id) IS DISTINCT FROM (OLD.e164, OLD.body, OLD.attempt_id)) THEN
        RAISE EXCEPTION 'message % is finished', OLD.message_id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state IN ('sending', 'unknown', 'sent') AND NEW.state IN ('suppressed', 'cancelled') THEN
        RAISE EXCEPTION 'message % is out of our hands', OLD.message_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""
_MESSAGE_BEGINS = """
CREATE FUNCTION guard_message_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state NOT IN ('accepted', 'scheduled', 'suppressed') OR NEW.attempt_id IS NOT NULL THEN
        RAISE EXCEPTION 'message % must begin unsent', NEW.message_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""

# -- young tables ------------------------------------------------------------------------------------------------------

# The application's role may not ANALYZE what it does not own; one at a time, and nobody waits for another.
_STATISTICS = """
CREATE FUNCTION refresh_ledger_statistics() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    IF pg_try_advisory_xact_lock(7341002) THEN
        ANALYZE attempt, gate_decision, call_transition, contact_record, contact_hold, promise, follow_up, message;
    END IF;
END $$
"""

# -- what was recorded stays -------------------------------------------------------------------------------------------

_REFUSE = """
CREATE FUNCTION guard_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is not allowed: what was recorded stays as it was', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'check_violation';
END $$
"""
_NEVER_CHANGED = ("audit_entry", "audit_seal", "call_transition", "contact_record", "delivery_report", "gate_decision")
_NEVER_DELETED = ("attempt", "message", "promise", "promise_part")


def upgrade() -> None:
    for function in (
        _CAPS,
        _ATTEMPT_IS_DECIDED,
        _ATTEMPT_KEEPS,
        _MESSAGE_BEGINS,
        _MESSAGE_STEPS,
        _STATISTICS,
        _REFUSE,
    ):
        op.execute(function)
    _before("INSERT", "attempt", "guard_attempt_insert")
    _before("UPDATE", "attempt", "guard_attempt_update")
    _before("INSERT", "message", "guard_message_insert")
    _before("UPDATE", "message", "guard_message_update")
    for table in _NEVER_CHANGED:
        _before("UPDATE OR DELETE", table, "guard_refuse")
    for table in _NEVER_DELETED:
        _before("DELETE", table, "guard_refuse")
    for table in (*_NEVER_CHANGED, *_NEVER_DELETED):
        op.execute(
            f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse()"
        )


def _before(event: str, table: str, function: str) -> None:
    name = f"{function}_{event.lower().replace(' ', '_')}"
    op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()")
