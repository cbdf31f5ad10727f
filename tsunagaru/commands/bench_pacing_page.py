"""docs/pacing.md, from its text and what `tsunagaru bench pacing` printed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tsunagaru.machine import circumstances, machine, table

_WORDS = (
    ("1対1の理論値", "one-to-one by arithmetic"),
    ("1対1", "one-to-one"),
    ("固定倍率", "fixed ratio"),
    ("発信レベル: 上限", "dial level: highest"),
    ("発信レベル", "dial level"),
    ("マルコフ最適", "Markov optimum"),
    ("求めるもの(p=.35、稼働率 %、括弧内は放棄率 %)", "wanted at p=.35: occupancy % (abandonment %)"),
    ("測定", "measured"),
    ("目標", "wanted"),
    ("判定", "reached"),
    ("△ 誤差内", "within its error"),
    ("後処理への割込み、1%(割込み ", "wrap-up pull, 1 % (pulled "),
    ("後処理への割込み", "wrap-up pull"),
    ("マルコフの世界", "Markov world"),
    ("8時間の日が3%を超える割合", "share of 8 h days above 3 %"),
    ("p が±40%動き、直近100件から推定", "p moves ±40 %, estimated from the last 100"),
    ("失う稼働率 ", "occupancy lost "),
    ("放棄 ", "abandoned "),
    ("平均 ", "mean "),
    ("番号ごとの p", "each number's own p "),
    ("同(sd", "the same (sd"),
    ("後処理を30秒に固定", "wrap-up timed at 30 s"),
    (" そのもの", " itself"),
    ("8時間の日", "8 h days"),
    ("p=.35 で", "at p=.35"),
    ("稼働率(放棄率)", "occupancy (abandonment)"),
    ("差 T", "difference T"),
    ("強さ I", "intensity I"),
    ("待機だけで数える", "of the ready only"),
    ("いいえ", "no"),
    ("はい", "yes"),
    (" 以上", " or more"),
    (" 以下", " or less"),
    ("日)", " days)"),
    ("予測", "hazard"),
    ("、", ", "),
    ("(", " ("),
    (")", ")"),
    ("  (", " ("),
)


def write_page(path: Path, tables: Sequence[str], speed: str) -> None:
    """The page; its text is bench_pacing.txt."""
    text = Path(__file__).with_name("bench_pacing.txt").read_text(encoding="utf-8")
    about = table([("machine", ""), *machine().items(), *circumstances().items()])
    for number, each in enumerate(tables, start=1):
        text = text.replace(f"TABLE{number}", _english(each))
    path.write_text(text.replace("MACHINE", about).replace("DECISION", speed), encoding="utf-8")


def _english(japanese: str) -> str:
    for word, meaning in _WORDS:
        japanese = japanese.replace(word, meaning)
    return japanese
