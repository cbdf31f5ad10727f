"""`tsunagaru bench ami`: events a second from a manager interface's socket to the listener, none lost, all in order.

The far end is a process of its own that has everything ready beforehand and writes as fast as it is read. Its events are
as long as Asterisk's, with a Japanese caller's name; the second row's bear two channel variables besides.
"""

from __future__ import annotations

import multiprocessing
import socket
import threading
import time
from argparse import Namespace
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe

from casefile.errors import TsunagaruError
from dialer.asterisk.ami import Ami, AmiAddress, AmiTerms, Event, LiveChannel
from tsunagaru.arguments import Parser, a_positive_number
from tsunagaru.machine import table

_CHUNK = 1000
_PATIENCE_SECONDS = 120.0
_EVENT = """Event: Newexten\r
Privilege: dialplan,all\r
Channel: PJSIP/trunk-{number:08x}\r
ChannelState: 4\r
ChannelStateDesc: Ring\r
CallerIDNum: 0312345678\r
CallerIDName: 髙橋 𠮷子\r
ConnectedLineNum: <unknown>\r
ConnectedLineName: <unknown>\r
Language: ja\r
AccountCode: \r
Context: tsunagaru-outbound\r
Exten: 09000000000\r
Priority: 3\r
Uniqueid: 7f1c0000-0000-4000-8000-{number:012x}\r
Linkedid: 7f1c0000-0000-4000-8000-{number:012x}\r
Extension: 09000000000\r
Application: Playback\r
AppData: tsunagaru/who-called\r
"""
_VARIABLES = "ChanVariable: TSUNAGARU_ATTEMPT=7f1c0000\r\nChanVariable: TSUNAGARU_FLOOR=1\r\n"


def configure(parser: Parser) -> None:
    parser.add_argument("--events", type=a_positive_number, default=200_000, metavar="件", help="通知の数(既定 200000)")


def run(args: Namespace) -> int:
    rows: list[tuple[str, ...]] = [
        ("AMIの通知", "件", "失われたか順序の違う件", "秒", "CPU秒", "件/秒", "待ち行列の最大", "1件のバイト数")
    ]
    for name, variables in (("変数なし", ""), ("チャネル変数2つ", _VARIABLES)):
        seen = measure(args.events, variables)
        size = len((_EVENT.format(number=1) + variables).encode()) + 2
        rate = f"{args.events / seen.seconds:,.0f}"
        rows.append(
            (
                name,
                f"{args.events:,}",
                str(seen.misplaced),
                f"{seen.seconds:.2f}",
                f"{seen.cpu_seconds:.2f}",
                rate,
                f"{seen.deepest_queue:,}",
                str(size),
            )
        )
    print(table(rows))
    return 0


def measure(events: int, variables: str = "") -> _Counting:
    """All events through one line; what its listener saw."""
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    far_end = spawning.Process(target=_flood, args=(theirs, events, variables), daemon=True)
    far_end.start()
    counting = _Counting(events)
    try:
        if not ours.poll(_PATIENCE_SECONDS):
            raise TsunagaruError("測定の相手が起動しませんでした。もう一度実行してください。")
        address = AmiAddress("127.0.0.1", ours.recv(), "bench", "bench")
        ami = Ami("bench", address, counting, AmiTerms(ping_seconds=_PATIENCE_SECONDS, deaf_seconds=_PATIENCE_SECONDS))
        ami.start()
        try:
            counting.done.wait(_PATIENCE_SECONDS)
            if counting.told < events:
                reason = counting.lost_by
                raise TsunagaruError(
                    f"{events:,}件のうち{counting.told:,}件で止まりました({reason})。もう一度実行してください。"
                )
        finally:
            counting.deepest_queue = ami.figures().deepest_queue
            ami.close()
    finally:
        far_end.terminate()
        far_end.join()
        ours.close()
        theirs.close()
    return counting


@dataclass
class _Counting:
    """A listener that looks at the order and the time, and at nothing else."""

    wanted: int
    told: int = 0
    misplaced: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    deepest_queue: int = 0
    lost_by: str = "時間切れ"
    done: threading.Event = field(default_factory=threading.Event)

    def on_resync(self, channels: tuple[LiveChannel, ...]) -> None:
        assert not channels
        self.seconds, self.cpu_seconds = -time.perf_counter(), -time.process_time()

    def on_lost(self, reason: str) -> None:
        self.lost_by = reason
        self.done.set()

    def on_event(self, event: Event) -> None:
        if int(event.headers["Uniqueid"][-12:], 16) != self.told:
            self.misplaced += 1
        self.told += 1
        if self.told == self.wanted:
            self.seconds += time.perf_counter()
            self.cpu_seconds += time.process_time()
            self.done.set()


def _flood(pipe: Pipe, events: int, variables: str) -> None:
    """The far end, in its own process: signs one client in and writes."""
    chunks = [
        "".join(
            _EVENT.format(number=number) + variables + "\r\n" for number in range(first, min(first + _CHUNK, events))
        )
        for first in range(0, events, _CHUNK)
    ]
    ready = [chunk.encode() for chunk in chunks]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        pipe.send(listener.getsockname()[1])
        tcp, _ = listener.accept()
        with tcp:
            tcp.sendall(b"Asterisk Call Manager/9.0.0\r\n")
            _answer(tcp, "")
            _answer(
                tcp,
                "EventList: start\r\n",
                "Event: CoreShowChannelsComplete\r\nEventList: Complete\r\nListItems: 0\r\n",
            )
            for chunk in ready:
                tcp.sendall(chunk)
            while tcp.recv(65536):
                pass


def _answer(tcp: socket.socket, headers: str, closing: str = "") -> None:
    asked = b""
    while not asked.endswith(b"\r\n\r\n"):
        asked += tcp.recv(65536)
    action_id = next(line for line in asked.decode().split("\r\n") if line.startswith("ActionID:"))
    told = f"Response: Success\r\n{action_id}\r\n{headers}\r\n"
    if closing:
        told += f"{closing}{action_id}\r\n\r\n"
    tcp.sendall(told.encode())
