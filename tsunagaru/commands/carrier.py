"""`tsunagaru carrier`: the rehearsal's telephone network as a process of its own."""

from __future__ import annotations

import json
import signal
import threading
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from casefile.clock import ShiftedClock
from rehearsal.carrier_process import CarrierProcess
from rehearsal.city import CityPlan, build_city
from tsunagaru.arguments import Parser, a_positive_factor
from tsunagaru.settings import Settings, port_number


def configure(parser: Parser) -> None:
    parser.add_argument("--seed", type=int, default=1, help="架空の市の種(既定 1)")
    parser.add_argument("--households", type=int, default=1_500, help="架空の市の世帯数(既定 1500)")
    parser.add_argument("--port", type=port_number, default=0, help="待ち受けるポート番号。0 なら空いている番号")
    parser.add_argument(
        "--ledger", type=Path, help="鳴らした電話の控え(追記のみ)。省略すると記録用フォルダーに作ります"
    )
    parser.add_argument("--speed", type=a_positive_factor, default=1.0, help="市の時間の進む速さ(既定 1)")
    parser.add_argument("--clock", type=ShiftedClock.decode, help="他のプロセスと同じ時計(起点 開始 速さ)")


def run(args: Namespace) -> int:
    now = datetime.now(UTC)
    clock = args.clock or ShiftedClock(now, now, args.speed)
    ledger = args.ledger or Settings.from_environment().home / "rehearsal" / "carrier-ledger.jsonl"
    city = build_city(CityPlan(seed=args.seed, households=args.households))
    stopping = threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)

    def ready(port: int) -> None:
        print(json.dumps({"port": port}), flush=True)

    CarrierProcess(city, args.seed, clock, ledger, clock.speed).run(stopping, args.port, ready)
    return 0
