"""`tsunagaru doctor --call`: whether a number may be tried, the test call, and what its figures mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from casefile.errors import TsunagaruError
from casefile.phone_number import display, is_synthetic, read_phone
from dialer.asterisk.node.node import Node, Trunk
from rehearsal.sip.line_check import LineChecked, NoLineCheck, Way, check_line
from tsunagaru.doctor import Finding
from tsunagaru.telephones import ami_address

# One way: ITU-T G.114 (150 ms and less disturbs nobody). The others are the house's own for a line of one's own network.
_LONGEST_WAY_MS = 150.0
_LATEST_RINGING = 8.0
_MOST_LOST = 0.01
_MOST_JITTER_MS = 30.0
_QUIETEST, _LOUDEST = -38.0, -3.0
_CAUSES: Mapping[str, tuple[str, str]] = {
    "1": ("欠番です", "番号を確かめてください。"),
    "17": ("話し中です", "しばらくしてから、もう一度実行してください。"),
    "18": ("応答がありません", "相手の電話機が動いているか確かめてください。"),
    "19": ("出ませんでした", "出られるときに、もう一度実行してください。"),
    "20": ("圏外か電源が切れています", "相手の電話機の電源と電波を確かめてください。"),
    "21": ("拒まれました", "発信者番号の通知と、回線の契約(国際・携帯への発信など)を回線事業者に確かめてください。"),
    "22": ("番号が変わっています", "番号を確かめてください。"),
    "28": ("番号の桁が足りません", "番号と、回線が求める番号の形(0から始まるか +81 か)を確かめてください。"),
    "34": ("回線が混んでいるか、止まっています", "同時に使える回線の数と、回線事業者の障害情報を確かめてください。"),
    "38": ("回線の相手先に届きません", "相手先のアドレスと、SIP(UDP 5060など)が通ることを確かめてください。"),
}
_OTHERWISE = (
    "つながりません",
    "回線の設定(相手先・登録・発信者番号)を確かめ、Asterisk の messages.log を見てください。",
)


_SILENT = (
    "設定の host と port が回線事業者の知らせたとおりか、SIP(UDP)がファイアウォールを往復とも通るか、"
    "こちらのアドレス(bind・media_address)が事業者に届けたものか、登録(user)の要る回線ではないかを確かめてください。"
)


@dataclass(frozen=True, slots=True)
class NumberToTry:
    e164: str
    national: str


def number_to_try(raw: str, *, really: bool, again: Callable[[], str]) -> NumberToTry:
    """The number of a test call. One that can reach somebody needs `really`, and is typed a second time.

    Raises TsunagaruError for what is no number, may not be dialed, or was typed differently.
    """
    read = read_phone(raw)
    if read.e164 is None:
        raise TsunagaruError(f"「{raw}」には発信できません({read.problem})。市外局番から書いてください。")
    if not is_synthetic(read.e164):
        if not really:
            raise TsunagaruError(
                f"{display(read.e164)} は実在しうる番号です。自分の電話など、鳴らしてよい番号であることを確かめ、"
                "--really を付けて実行してください。"
            )
        if read_phone(again()).e164 != read.e164:
            raise TsunagaruError("二度目の番号が違います。発信していません。")
    return NumberToTry(read.e164, f"0{read.e164.removeprefix('+81')}")


def trunk_to_try(node: Node, name: str | None) -> Trunk:
    """The trunk of this name; without one the only there is. Raises TsunagaruError."""
    names = "、".join(trunk.name for trunk in node.trunks)
    if not node.trunks:
        raise TsunagaruError(f"ノード {node.name} には回線がありません。設定ファイルの [[trunk]] に書いてください。")
    if name is None and len(node.trunks) > 1:
        raise TsunagaruError(f"回線が二つ以上あります。--trunk で {names} から選んでください。")
    found = next((trunk for trunk in node.trunks if name in (None, trunk.name)), None)
    if found is None:
        raise TsunagaruError(f"回線 {name} はありません。{names} から選んでください。")
    return found


def try_line(node: Node, trunk: Trunk, number: NumberToTry, *, own_far_end: bool, seconds: float) -> LineChecked:
    """Place the call. Raises TsunagaruError."""
    try:
        return check_line(
            ami_address(node),
            trunk,
            number.national,
            own_address=node.bind,
            own_far_end=own_far_end,
            talk_seconds=seconds,
        )
    except NoLineCheck as error:
        raise TsunagaruError(str(error)) from error


def findings_of(checked: LineChecked) -> Iterator[Finding]:
    """What the figures mean, and what to do."""
    if checked.silent is not None:
        yield Finding("応答", f"回線 {checked.trunk} の相手先 {checked.silent} は何も応えませんでした", _SILENT)
        return
    yield _ringing(checked)
    if checked.answered_after is None:
        yield _why_not_answered(checked)
        return
    yield Finding("応答", f"発信から {checked.answered_after:.2f} 秒")
    yield from _sound("相手 → 役所", checked.to_us)
    if checked.from_us is None:
        found = "相手が自分の電話機ではないので測れません(相手の耳で確かめてください)"
        yield Finding("役所 → 相手", found, looked_at=False)
    else:
        yield from _sound("役所 → 相手", checked.from_us)


def _why_not_answered(checked: LineChecked) -> Finding:
    found, remedy = _CAUSES.get(checked.cause or "", _OTHERWISE)
    if checked.cause == "19" and checked.ringing_after is not None:
        found = f"呼び出しましたが、{found}"
    return Finding("応答", f"{found}(理由コード {checked.cause or 'なし'})", remedy)


def _ringing(checked: LineChecked) -> Finding:
    if checked.ringing_after is None:
        return Finding("呼び出し", "呼び出し音の知らせはありませんでした", looked_at=False)
    found = f"発信から {checked.ringing_after:.2f} 秒"
    if checked.ringing_after > _LATEST_RINGING:
        return Finding(
            "呼び出し", found, "つながるまでが遅すぎます。名前の解決(DNS)と回線事業者の応答を確かめてください。"
        )
    return Finding("呼び出し", found)


def _sound(subject: str, way: Way | None) -> Iterator[Finding]:
    hearing = way.hearing if way is not None else None
    if way is None or hearing is None or hearing.packets == 0:
        remedy = "RTP のポート(設定の rtp_first から rtp_last、UDP)と media_address を、ファイアウォールとともに確かめてください。"
        yield Finding(f"{subject} 音声", "一つも届きません", remedy)
        return
    yield _received(subject, hearing.packets, hearing.lost, hearing.loss_share)
    yield _level(subject, hearing.voiced_seconds, hearing.level_dbfs)
    jitter = Finding(f"{subject} ゆらぎ", f"{hearing.jitter_ms:.1f} ミリ秒")
    if hearing.jitter_ms > _MOST_JITTER_MS:
        jitter = replace(jitter, remedy="ネットワークが混んでいます。音声を優先する設定(QoS)にしてください。")
    yield jitter
    if way.delay_ms is None:
        found = "測れません(両端が自分の電話機のときだけ測れます)"
        yield Finding(f"{subject} 片道の遅れ", found, looked_at=False)
        return
    delay = Finding(f"{subject} 片道の遅れ", f"{way.delay_ms:.1f} ミリ秒")
    if way.delay_ms > _LONGEST_WAY_MS:
        delay = replace(delay, remedy="遅れが150ミリ秒を超えています。経路(VPNなど)を短くしてください。")
    yield delay


def _received(subject: str, packets: int, lost: int, share: float) -> Finding:
    found = Finding(f"{subject} 音声", f"{packets} 個届き、{lost} 個が失われました({share:.1%})")
    if share > _MOST_LOST:
        return replace(
            found, remedy="1%を超えて失われています。回線の混雑と、機器の二重の設定(全二重・半二重)を確かめてください。"
        )
    return found


def _level(subject: str, seconds: float, dbfs: float) -> Finding:
    name = f"{subject} 音量"
    if seconds == 0:
        return Finding(name, "無音です", "相手が話していたなら、コーデックと相手側のマイクを確かめてください。")
    found = Finding(name, f"{dbfs:.0f} dBFS({seconds:.1f} 秒間)")
    if dbfs < _QUIETEST:
        return replace(found, remedy="小さすぎます。相手側か回線の音量の設定を確かめてください。")
    if dbfs > _LOUDEST:
        return replace(found, remedy="大きすぎて割れます。相手側か回線の音量の設定を確かめてください。")
    return found
