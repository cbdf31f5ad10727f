"""`tsunagaru bench detection`: what our listener makes of people, machines, recorder phones and faxes, and what it costs.

The scenes are made from a synthetic voice on this machine (see docs/detection.md for what that is worth); people and sentences
it is judged by are none it has learned from. The same seed makes the same scenes.
"""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from callflow.events import Detected
from casefile.errors import TsunagaruError
from dialer.asterisk.detection.forest import Forest, load, save
from dialer.asterisk.detection.judging import Judgement, Share, judge_all, share
from dialer.asterisk.detection.learning import learn
from dialer.asterisk.detection.listener import Listener
from dialer.asterisk.detection.policy import FALSE_MACHINES_AT_MOST, HEARD_WITHIN_SECONDS
from dialer.asterisk.detection.scenes import KINDS, Scene, scenes
from dialer.asterisk.detection.speech import Part, sentences, speak
from dialer.asterisk.node.running import default_root, why_not
from tsunagaru.arguments import Parser, a_positive_number
from tsunagaru.machine import circumstances, machine, table

_NAMES = {
    "person": "人(話す)",
    "silent": "人(黙って待つ)",
    "machine": "留守番電話",
    "guard": "防犯通話録音装置",
    "announcement": "網の案内",
    "fax": "FAX",
}
_SAID = {
    None: "何も言わない",
    Detected.PERSON: "人",
    Detected.MACHINE: "機械",
    Detected.FAX: "FAX",
    Detected.ANNOUNCEMENT: "案内",
    Detected.RECORDING_GUARD: "待つ",
}
_MIX = {"person": 1.0, "silent": 0.2, "machine": 0.4, "guard": 0.2, "announcement": 0.1, "fax": 0.1}
"""Scenes of each kind for one of a person who speaks."""


def configure(parser: Parser) -> None:
    parser.add_argument("--people", type=a_positive_number, default=1_500, metavar="人", help="話す人の数(既定 1500)")
    parser.add_argument("--seed", type=int, default=1, help="乱数の種(既定 1)")
    parser.add_argument(
        "--learn", action="store_true", help="判定の木としきい値を作り直してから測る(model.json を書き換えます)"
    )
    parser.add_argument("--page", type=Path, metavar="ファイル", help="docs/detection.md をここに書く")
    parser.add_argument(
        "--live", type=Path, metavar="ファイル", help="実際のAsteriskでの測定結果(make detection)も載せる"
    )


def run(args: Namespace) -> int:
    hindrance = why_not(default_root())
    if hindrance:
        raise TsunagaruError(f"音声を作れません。{hindrance}")
    if args.learn:
        save(_learned(args.people, args.seed))
    forest = load()
    judged = judge_all(_scenes("held_out", args.people, args.seed + 2), lambda: Listener(forest))
    tables = figures(judged, forest, args.seed)
    for each in tables:
        print(each, end="\n\n")
    if args.page:
        about = table([("測った機械", ""), *machine().items(), *circumstances().items()])
        live = args.live.read_text(encoding="utf-8") if args.live and args.live.is_file() else "測っていません。"
        head = Path(__file__).with_name("bench_detection.txt").read_text(encoding="utf-8")
        args.page.write_text(
            head.replace("MACHINE", about).replace("TABLES", "\n\n".join(tables)).replace("LIVE", live.strip()),
            encoding="utf-8",
        )
    return 0 if wronged(judged).upper <= FALSE_MACHINES_AT_MOST or not _enough(judged) else 1


def wronged(judged: Sequence[Judgement]) -> Share:
    """People who would have been lost to the detector."""
    return share([each for each in judged if each.scene.is_person], lambda each: each.wronged)


def figures(judged: Sequence[Judgement], forest: Forest, seed: int) -> list[str]:
    """The tables: what was said of whom, the shares that count, the time it takes."""
    return [_confusion(judged), _shares(judged), _costs(judged, forest, seed)]


def _confusion(judged: Sequence[Judgement]) -> str:
    counts = Counter((each.scene.kind, each.first, each.last) for each in judged)
    endings = sorted({(first, last) for _, first, last in counts}, key=str)
    heading = ("実際 \\ 判定(最初→最後)", *(_ending(*ending) for ending in endings))
    rows = [(_NAMES[kind], *(str(counts[kind, *ending]) for ending in endings)) for kind in KINDS]
    return table([heading, *rows])


def _ending(first: Detected | None, last: Detected | None) -> str:
    return _SAID[first] if first is last else f"{_SAID[first]}→{_SAID[last]}"


def _shares(judged: Sequence[Judgement]) -> str:
    of = {kind: [each for each in judged if each.scene.kind == kind] for kind in KINDS}
    people = [*of["person"], *of["silent"]]
    return table(
        [
            ("割合", "Clopper-Pearson 95%区間つき"),
            (f"人なのに失う(機械とした・間に合わない)。上限 {FALSE_MACHINES_AT_MOST:.1%}", str(wronged(judged))),
            ("人のうち、話し終わるまで待ってから人とした", str(share(people, lambda each: len(each.turns) > 1))),
            ("最初の判定が応答から1.5秒以内", str(share(judged, _in_time))),
            ("録音装置を切ってしまう", str(share(of["guard"], lambda each: each.lost_guard))),
            ("録音装置をベルか声まで待つ", str(share(of["guard"], lambda each: each.kept_from_operator))),
            ("留守番電話がオペレーターに回らない", str(share(of["machine"], lambda each: each.kept_from_operator))),
            ("網の案内がオペレーターに回らない", str(share(of["announcement"], lambda each: each.kept_from_operator))),
            ("FAXがオペレーターに回らない", str(share(of["fax"], lambda each: each.kept_from_operator))),
        ]
    )


def _in_time(judgement: Judgement) -> bool:
    return not judgement.turns or judgement.turns[0].at <= HEARD_WITHIN_SECONDS


def _costs(judged: Sequence[Judgement], forest: Forest, seed: int) -> str:
    first = [each.cpu_first * 1_000 for each in judged if each.turns]
    heard = sum(max(each.turns[-1].at if each.turns else 0.0, 0.02) for each in judged)
    return table(
        [
            ("条件と費用", ""),
            ("場面の数、乱数の種", f"{len(judged):,}、{seed}"),
            ("しきい値", f"{forest.threshold:.3f}"),
            (
                "最初の判定までのCPU(中央値、99パーセンタイル)",
                "{:.1f} ms、{:.1f} ms".format(*np.percentile(first, [50, 99])),
            ),
            ("聞いている1回線あたりのCPU", f"1コアの {sum(each.cpu for each in judged) / heard:.2%} 以下"),
        ]
    )


def _enough(judged: Sequence[Judgement]) -> bool:
    """Whether the limit could be shown at all: with fewer people even a spotless record proves nothing."""
    return Share(0, sum(each.scene.is_person for each in judged)).upper <= FALSE_MACHINES_AT_MOST


def _learned(people: int, seed: int) -> Forest:
    notes = {"people": people, "seed": seed, "material": "learned sentences and speakers of material.toml"}
    return learn(_scenes("learned", people, seed), _scenes("learned", people, seed + 1), notes)


def _scenes(part: Part, people: int, seed: int) -> list[Scene]:
    said = speak(default_root(), sentences(part))
    return scenes(said, {kind: max(1, round(people * share_of)) for kind, share_of in _MIX.items()}, seed)
