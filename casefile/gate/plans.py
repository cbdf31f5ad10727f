"""Keeping PostgreSQL on the short way: the gate's statements are found by index, and planned once.

A young table misleads the planner: without statistics every index that begins with the municipality looks alike, and
a plan made then is kept. So while a session is young it has the ledger's statistics taken anew, more and more rarely;
afterwards autovacuum does. None of this changes what is found, only how fast.
"""

from __future__ import annotations

from sqlalchemy import Connection

_SETTINGS = """
SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
       set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
       set_config('jit', 'off', true)
"""
_USES = "gate_uses"
_SETTLED = "gate_settled"
_STATISTICS_AT = frozenset(2**power for power in range(3, 11))


def keep_short(conn: Connection) -> None:
    """Settle how the rest of this transaction is planned; once is enough for each transaction.

    No hash or merge joins: a list of requests is taken for a hundred rows, and whole tables would be read to join them.
    """
    uses = conn.info[_USES] = conn.info.get(_USES, 0) + 1
    if uses in _STATISTICS_AT:
        conn.exec_driver_sql("SELECT refresh_ledger_statistics()")
    transaction = conn.get_transaction()
    if conn.info.get(_SETTLED) is not transaction:
        conn.exec_driver_sql(_SETTINGS)
        conn.info[_SETTLED] = transaction
