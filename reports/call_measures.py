"""The columns of 架電状況表, in the words and formulae of REPORTS.md §6.0 and §6.1."""

from __future__ import annotations

from reports.figures import Column, Ratio, Unit
from reports.measures import Measure, counted, key_of

RESULTS, CONTACTS, PROMISES, PAYMENTS, WORK = "架電と応答", "接触", "約束と履行", "納付(30日以内)", "稼働"


def _rate(key: str, title: str, unit: Unit, formula: str, group: str, ratio: Ratio) -> Column:
    return Column(key, title, unit, formula, group, ratio)


CALLS = counted(
    "calls",
    "架電数",
    Unit.CALLS,
    "a = 網に渡した発信の数。番号不備(11)・網障害(12)・規則による中止(15)を除く",
    RESULTS,
    "calls",
    "call",
)
PERSONS_CALLED = counted(
    "persons_called", "架電人数", Unit.PERSONS, "p = 架電した宛名番号の数", RESULTS, "calls", "call", distinct="person"
)

_RESULTS: tuple[Measure | Column, ...] = (
    CALLS,
    PERSONS_CALLED,
    counted(
        "households_called",
        "架電世帯数",
        Unit.HOUSEHOLDS,
        "架電した世帯番号の数",
        RESULTS,
        "calls",
        "call",
        distinct="household",
    ),
    counted("busy", "話中", Unit.CALLS, "架電結果 02", RESULTS, "calls", "busy"),
    counted("no_answer", "不応答", Unit.CALLS, "架電結果 03", RESULTS, "calls", "no_answer"),
    counted("voicemail", "留守電", Unit.CALLS, "架電結果 04(有人応答を除く)", RESULTS, "calls", "voicemail"),
    counted("out_of_reach", "圏外", Unit.CALLS, "架電結果 07(圏外・電源オフ)", RESULTS, "calls", "out_of_reach"),
    counted(
        "dead", "欠番・停止", Unit.CALLS, "架電結果 05・06・09(欠番、番号変更、通話停止)", RESULTS, "calls", "dead"
    ),
    counted("rejected", "拒否", Unit.CALLS, "架電結果 08(着信拒否)", RESULTS, "calls", "rejected"),
    counted(
        "other",
        "その他",
        Unit.CALLS,
        "上のどれでもない架電(FAX 10、録音警告のみ 14、案内音声の応答、結果不明)",
        RESULTS,
        "calls",
        "other",
    ),
    counted(
        "live",
        "有人応答",
        Unit.CALLS,
        "h = 人が出た架電。h + 話中 + 不応答 + 留守電 + 圏外 + 欠番・停止 + 拒否 + その他 = a",
        RESULTS,
        "calls",
        "live",
    ),
    _rate("answer_rate", "応答率", Unit.PERCENT, "h ÷ a", RESULTS, Ratio("live", "calls")),
    counted(
        "conversations",
        "通話",
        Unit.CALLS,
        "t = 有人応答のうちオペレーターにつながったもの",
        RESULTS,
        "calls",
        "conversation",
    ),
    counted(
        "abandoned",
        "放棄呼",
        Unit.CALLS,
        "d = 有人応答のうち2秒以内につながらなかったもの(機械判定で切ったものを含む)",
        RESULTS,
        "calls",
        "abandoned",
    ),
    counted(
        "hung_up",
        "早期切断",
        Unit.CALLS,
        "e = 有人応答のうち相手が2秒以内に切ったもの。h = t + d + e",
        RESULTS,
        "calls",
        "hung_up",
    ),
    _rate("abandonment_rate", "放棄呼率", Unit.PERCENT, "d ÷ h", RESULTS, Ratio("abandoned", "live")),
    counted(
        "congestion",
        "網障害(別掲)",
        Unit.CALLS,
        "架電結果 12。架電数に含めない",
        RESULTS,
        "calls",
        "congestion",
    ),
)

CONTACTED_PERSONS = counted(
    "persons_contacted",
    "接触人数",
    Unit.PERSONS,
    "接触のあった架電の宛名番号の数",
    CONTACTS,
    "calls",
    "contacted",
    distinct="person",
)
PERSON_CONTACT_RATE = _rate(
    "person_contact_rate",
    "人接触率",
    Unit.PERCENT,
    "接触人数 ÷ 架電人数",
    CONTACTS,
    Ratio("persons_contacted", "persons_called"),
)

_CONTACTS: tuple[Measure | Column, ...] = (
    counted(
        "contacts",
        "接触数",
        Unit.CALLS,
        "c = 通話のうち接触相手が本人・配偶者・同居家族・法人担当者・代理人・相続人/納税管理人のもの",
        CONTACTS,
        "calls",
        "contacted",
    ),
    _rate("contact_rate", "接触率", Unit.PERCENT, "c ÷ a", CONTACTS, Ratio("contacts", "calls")),
    CONTACTED_PERSONS,
    PERSON_CONTACT_RATE,
    counted(
        "right_party",
        "本人接触数",
        Unit.CALLS,
        "r = 通話のうち接触相手が本人・法人担当者・代理人・相続人/納税管理人のもの",
        CONTACTS,
        "calls",
        "right_party",
    ),
    _rate("right_party_rate", "本人接触率", Unit.PERCENT, "r ÷ a", CONTACTS, Ratio("right_party", "calls")),
    counted("recalls", "再コール予約", Unit.CASES, "架電の交渉記録で予約した再コールの数", CONTACTS, "recalls"),
    counted(
        "sms_follow_ups",
        "SMS移行数",
        Unit.CASES,
        "架電の終了とともにSMSへ移した追跡の数",
        CONTACTS,
        "sms_follow_ups",
    ),
)

PROMISE_COLUMNS: tuple[Measure | Column, ...] = (
    counted("promises", "約束件数", Unit.CASES, "k = 架電で登録した納付約束の数", PROMISES, "promises"),
    counted("promised_yen", "約束金額", Unit.YEN, "K = その約束金額の合計", PROMISES, "promises", add="yen"),
    counted(
        "promises_judged",
        "判定済件数",
        Unit.CASES,
        "収納基準日までに履行判定日(約束期日 + 遅延猶予 + 消込日数、各開庁日)が来た約束。取消・更改を除く",
        PROMISES,
        "promises",
        "judged",
    ),
    counted(
        "promises_kept",
        "履行件数",
        Unit.CASES,
        "判定済のうち、約束日から約束期日までの対象期別への納付 ≧ 約束金額",
        PROMISES,
        "promises",
        "kept",
    ),
    _rate(
        "kept_rate", "履行率(件)", Unit.PERCENT, "履行 ÷ 判定済", PROMISES, Ratio("promises_kept", "promises_judged")
    ),
    counted(
        "judged_yen",
        "判定済約束額",
        Unit.YEN,
        "判定済の約束金額の合計",
        PROMISES,
        "promises",
        "judged",
        add="yen",
    ),
    counted(
        "honoured_yen",
        "履行額",
        Unit.YEN,
        "Σ min(約束期日までの納付, 約束金額)、判定済の約束について",
        PROMISES,
        "promises",
        "judged",
        add="honoured_yen",
    ),
    _rate(
        "kept_yen_rate",
        "履行率(額)",
        Unit.PERCENT,
        "履行額 ÷ 判定済約束額",
        PROMISES,
        Ratio("honoured_yen", "judged_yen"),
    ),
)
_PROMISE_RATE = _rate("promise_rate", "約束率", Unit.PERCENT, "k ÷ r", PROMISES, Ratio("promises", "right_party"))

PAYMENT_COLUMNS: tuple[Measure | Column, ...] = (
    counted(
        "payers",
        "納付人数",
        Unit.PERSONS,
        "納付額のある宛名番号の数",
        PAYMENTS,
        "payments",
        distinct="person",
    ),
    counted(
        "periods_paid",
        "納付件数",
        Unit.PERIODS,
        "納付額のある期別の数",
        PAYMENTS,
        "payments",
        distinct="arrears",
    ),
    counted(
        "paid_yen",
        "納付額",
        Unit.YEN,
        "最後の接触がこの架電で、その日から30日以内に納められた本税(料)。接触時に滞納の期別だけ、1円は1回だけ",
        PAYMENTS,
        "payments",
        add="yen",
    ),
)
_REFERENCE_YEN = counted(
    "reference_yen",
    "参考納付額(重複計上)",
    Unit.YEN,
    "この架電での接触から30日以内の納付。後の接触にも重ねて数えるため、合計は収納額と合わない",
    PAYMENTS,
    "reference_payments",
    add="yen",
    distinct="payment",
)

_WORK_OF_CALLS: tuple[Measure | Column, ...] = (
    counted("talk_seconds", "通話時間計", Unit.DURATION, "通話の秒数の合計", WORK, "calls", add="talk_seconds"),
    _rate("mean_talk", "平均通話", Unit.SECONDS, "通話時間計 ÷ 通話", WORK, Ratio("talk_seconds", "conversations", 1)),
    counted("wrapped_up", "後処理件数", Unit.CALLS, "後処理を終えた架電の数", WORK, "calls", "wrapped_up"),
    counted(
        "wrapup_seconds",
        "後処理時間計",
        Unit.DURATION,
        "通話の終わりから後処理の終わりまでの合計",
        WORK,
        "calls",
        "wrapped_up",
        add="wrapup_seconds",
    ),
    _rate(
        "mean_wrapup",
        "平均後処理",
        Unit.SECONDS,
        "後処理時間計 ÷ 後処理件数",
        WORK,
        Ratio("wrapup_seconds", "wrapped_up", 1),
    ),
)
_WORK_OF_SEATS: tuple[Measure | Column, ...] = (
    counted(
        "seat_seconds",
        "稼働席時間",
        Unit.DURATION,
        "着席して離席でない時間(待機・呼出・通話・後処理)の合計",
        WORK,
        "seats",
        add="seconds",
    ),
    _rate(
        "calls_per_hour",
        "1席時間当たり架電",
        Unit.PER_HOUR,
        "a ÷ 稼働席時間",
        WORK,
        Ratio("calls", "seat_seconds", 3600),
    ),
    _rate(
        "right_party_per_hour",
        "1席時間当たり本人接触",
        Unit.PER_HOUR,
        "r ÷ 稼働席時間",
        WORK,
        Ratio("right_party", "seat_seconds", 3600),
    ),
    counted(
        "waiting_seconds",
        "待機時間計",
        Unit.DURATION,
        "待機と呼出の時間の合計",
        WORK,
        "seats",
        "waiting",
        add="seconds",
    ),
    _rate(
        "waiting_rate",
        "待機率",
        Unit.PERCENT,
        "待機時間計 ÷ 稼働席時間",
        WORK,
        Ratio("waiting_seconds", "seat_seconds"),
    ),
)

CALL_COLUMNS: tuple[Measure | Column, ...] = (
    *_RESULTS,
    *_CONTACTS,
    *PROMISE_COLUMNS[:2],
    _PROMISE_RATE,
    *PROMISE_COLUMNS[2:],
    *PAYMENT_COLUMNS,
    _REFERENCE_YEN,
    *_WORK_OF_CALLS,
)
"""For rows that are kinds of calls: 回線種別, 架電回次, 曜日×時間帯."""

TIME_COLUMNS: tuple[Measure | Column, ...] = (*CALL_COLUMNS, *_WORK_OF_SEATS)
"""For rows that are times, in which operators sat."""


def column_of_calls(key: str) -> Measure | Column:
    """One of CALL_COLUMNS by its key."""
    return next(column for column in CALL_COLUMNS if key_of(column) == key)
