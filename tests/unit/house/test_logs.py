"""Persons stay out of the logs."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from tsunagaru.logs import configure_logs


@pytest.fixture(autouse=True)
def quiet_again() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def test_an_event_is_one_line_with_its_process(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("json", "worker")
    structlog.get_logger().info("message sent", message_id=7)
    logging.getLogger("library").warning("as %s", "usual")
    first, second = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (first["event"], first["message_id"], first["process"], first["level"]) == (
        "message sent",
        7,
        "worker",
        "info",
    )
    assert (second["event"], second["process"], second["level"]) == ("as usual", "worker", "warning")


def test_what_an_event_says_besides_its_text_is_said_whoever_logs_it(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("json", "engine")
    logging.getLogger("library").warning("the line is lost", extra={"node": "node-1", "personal_name": "山田"})
    told = json.loads(capsys.readouterr().err)
    assert (told["node"], told["process"]) == ("node-1", "engine")
    assert "山田" not in str(told)


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_marked_person_is_hidden(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(log_format, "worker")
    structlog.get_logger().info("looked up", personal_name="山田 太郎", attempt_id=3)
    shown = capsys.readouterr().err
    assert "山田" not in shown
    assert "personal_name" in shown


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_quotes_no_row_and_no_local_variable(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(log_format, "worker")
    name = "山田" + " 太郎"
    try:
        raise ValueError(
            f"duplicate key\nDETAIL:  Key (name)=({name}) already exists.\n[parameters: {{'n': '{name}'}}]"
        )
    except ValueError:
        structlog.get_logger().exception("failed")
    shown = capsys.readouterr().err
    assert "duplicate key" in shown
    assert "太郎" not in shown


def test_a_quoted_memo_of_several_lines_stays_out_and_the_next_error_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs("json", "worker")
    memo = "夫が失業\n山田" + " 太郎"
    try:
        try:
            raise ValueError(f"null value\nDETAIL:  Failing row contains (1, {memo}).\n[SQL: INSERT]")
        except ValueError as error:
            raise RuntimeError("not stored") from error
    except RuntimeError:
        structlog.get_logger().exception("failed")
    shown = json.loads(capsys.readouterr().err)["exception"]
    assert "太郎" not in shown
    assert "[SQL: INSERT]" in shown
    assert "RuntimeError: not stored" in shown
