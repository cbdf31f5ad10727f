"""The worker is killed at random points, again and again: nothing is lost and nothing goes out twice."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from callflow.tables import FollowUp
from casefile.city import City
from casefile.clock import VirtualClock, at_jst
from casefile.db import Database
from casefile.ids import TimeOrderedIds
from casefile.tables import Attempt, ContactRecord
from sms.seeding import seed_templates
from sms.tables import Message
from tests.integration.sms import killing
from tests.integration.sms.desk import follow_up
from tests.people import People, key, mobile

NOW = at_jst(date(2026, 9, 1), 10)
TEXTS = 70
KILLS = 22

# A server that has loaded everything once, so that a new worker is there in milliseconds.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.integration.sms.killing"])


@contextmanager
def process(target: Any, *args: Any) -> Iterator[tuple[int, Any]]:
    """A process that says when it is ready; killed without warning at the end."""
    ours, theirs = PROCESSES.Pipe()
    child = PROCESSES.Process(target=target, args=(theirs, *args))
    child.start()
    assert child.pid is not None
    try:
        assert ours.poll(60), "the process did not come up"
        yield child.pid, ours.recv()
    finally:
        if child.is_alive():
            os.kill(child.pid, signal.SIGKILL)
        child.join(30)
        child.close()


def test_killed_at_random_points_nothing_is_lost_and_nothing_goes_out_twice(
    database: Database, database_url: str, city: City, tmp_path: Path
) -> None:
    ids = TimeOrderedIds(VirtualClock(NOW).now, random.Random(1))
    with database.transaction(city.id) as conn:
        people = People(conn, city.id, date(2026, 8, 31))
        people.city_data()
        seed_templates(conn, city, drafted_by=key("writer"), approved_by=key("chief"), now=NOW, ids=ids)
        for nr in range(TEXTS):
            people.debtor(f"P{nr:02d}", mobile(nr))
            follow_up(conn, city.id, f"P{nr:02d}", NOW)
    rng, began, book = random.Random(20260901), time.time(), tmp_path / "book"
    with process(killing.serve_gateway, book, 5) as (_, port):
        patience, killed_after = 0.2, 0
        for turn in range(KILLS):
            with process(killing.work, database_url, city.id, port, NOW.isoformat(), began, turn) as (pid, _):
                time.sleep(rng.uniform(0, patience))
                os.kill(pid, signal.SIGKILL)
            before, killed_after = killed_after, len(book.read_text(encoding="ascii").splitlines())
            # However fast the machine is, two or three texts a life keep the kills in the middle of the work.
            patience *= 1.5 if killed_after == before else 0.7 if killed_after > before + 3 else 1
        with process(killing.work, database_url, city.id, port, NOW.isoformat(), began, KILLS):
            deadline = time.monotonic() + 90
            while _finished(database, city) < TEXTS:
                assert time.monotonic() < deadline, _states(database, city)
                time.sleep(0.1)
    sent = [line.split() for line in book.read_text(encoding="ascii").splitlines()]
    # The kills struck in the middle of the work, not before or after it.
    assert 0 < killed_after < TEXTS
    with database.transaction(city.id) as conn:
        ours = {str(row.message_id): row.e164 for row in conn.execute(select(Message.message_id, Message.e164))}
        assert sorted(map(tuple, sent)) == sorted(ours.items())
        assert set(Counter(message for message, _ in sent).values()) == {1}
        assert set(Counter(number for _, number in sent).values()) == {1}
        assert conn.scalar(select(func.count()).select_from(Attempt).where(Attempt.live)) == 0
        assert conn.scalar(select(func.count()).select_from(ContactRecord)) == TEXTS
        assert conn.scalars(select(FollowUp.state).distinct()).all() == ["done"]


def _finished(database: Database, city: City) -> int:
    return _states(database, city).get("sent", 0)


def _states(database: Database, city: City) -> dict[str, int]:
    with database.transaction(city.id) as conn:
        rows = conn.execute(select(Message.state, func.count()).group_by(Message.state)).all()
        return {row[0]: row[1] for row in rows}
