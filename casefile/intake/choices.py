"""The closed lists a cell may be chosen from: our code, its Japanese label, and what core systems often write."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files

from casefile.vocabulary import (
    ArrearsCategory,
    ClaimClass,
    ClaimGroup,
    DocumentKind,
    Labelled,
    PhoneHolder,
    PhonePlace,
    Purpose,
    ReceiptStage,
    TaxpayerKind,
)


def _of(words: Iterable[Labelled], more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Every code and label of a vocabulary, and further spellings."""
    table: dict[str, str] = {}
    for word in words:
        table[word.value] = word.value
        table[word.label] = word.value
    return table | dict(more or {})


def _pairs(labels: Mapping[str, str], more: Mapping[str, str] | None = None) -> dict[str, str]:
    """As `_of`, from code → label."""
    return {code: code for code in labels} | {label: code for code, label in labels.items()} | dict(more or {})


def _flag_aliases() -> dict[str, str]:
    text = files("casefile.data").joinpath("flags.toml").read_text(encoding="utf-8")
    table: dict[str, str] = {}
    for code, entry in tomllib.loads(text)["flags"].items():
        table[code] = code
        table[entry["label"]] = code
        table.update(dict.fromkeys(entry.get("aliases", []), code))
    return table


TAXPAYER_KIND = _of(TaxpayerKind, {"自然人": "person", "会社": "company"})
CLAIM_CLASS = _of(
    ClaimClass, {"税": "local_tax", "公債権(強制)": "compulsory_public", "公債権(非強制)": "noncompulsory_public"}
)
CLAIM_GROUP = _of([ClaimGroup.COMPULSORY, ClaimGroup.ORDINARY], {"強制": "compulsory", "非強制": "ordinary"})
PURPOSE = _of(Purpose)
PHONE_PLACE = _of(
    PhonePlace, {"固定": "home", "携帯電話": "mobile", "職場": "work", "その他": "contact", "緊急連絡先": "contact"}
)
PHONE_HOLDER = _of(PhoneHolder, {"妻": "spouse", "夫": "spouse", "親": "family", "子": "family", "会社": "employer"})
ARREARS_CATEGORY = _of(
    ArrearsCategory,
    {"現年": "current", "現年度": "current", "滞繰": "carried", "過年": "carried", "滞納繰越": "carried"},
)
RECEIPT_STAGE = _of(ReceiptStage, {"速報取消": "cancel", "取消": "cancel", "cancel": "cancel", "確定": "final"})
RECEIPT_METHOD = _pairs(
    {
        "counter": "窓口",
        "bank": "金融機関",
        "convenience": "コンビニ",
        "direct_debit": "口座振替",
        "eltax": "eLTAX",
        "elqr": "eL-QR",
        "app": "スマホ決済",
        "card": "クレジットカード",
        "visit": "訪問徴収",
        "seizure": "差押",
        "offset": "充当",
        "unknown": "不明",
    },
    {
        "コンビニエンスストア": "convenience",
        "口振": "direct_debit",
        "銀行": "bank",
        "クレジット": "card",
        "還付充当": "offset",
        "臨戸": "visit",
    },
)
DOCUMENT_KIND = _of(DocumentKind, {"催告": "reminder", "督促": "demand_notice", "予告書": "warning", "通知": "notice"})
LANGUAGE = _pairs(
    {
        "ja": "日本語",
        "en": "英語",
        "zh": "中国語",
        "ko": "韓国語",
        "vi": "ベトナム語",
        "tl": "タガログ語",
        "pt": "ポルトガル語",
        "es": "スペイン語",
        "ne": "ネパール語",
        "other": "その他",
    },
    {"フィリピノ語": "tl", "外国語": "other"},
)
WHEREABOUTS = _pairs(
    {"known": "判明", "returned": "返戻", "unknown": "居所不明", "moved": "転出"},
    {"不明": "unknown", "市外転出": "moved"},
)
REPRESENTATIVE_KIND = _pairs(
    {
        "tax_manager": "納税管理人",
        "heir": "相続人代表者",
        "tax_accountant": "税理士",
        "lawyer": "弁護士",
        "guardian": "成年後見人",
    },
    {"司法書士": "lawyer", "後見人": "guardian", "相続人": "heir", "相続人代表": "heir"},
)
PROMISE_RECORD = _pairs(
    {"promise": "約束", "plan": "分納", "promise_target": "約束対象", "plan_target": "分納対象"},
    {"納付約束": "promise", "分納誓約": "plan"},
)
PROMISE_STATE = _pairs(
    {
        "open": "約束中",
        "kept": "履行",
        "late": "遅延履行",
        "partly": "一部履行",
        "broken": "不履行",
        "cancelled": "取消",
        "superseded": "更改",
        "completed": "完納",
    },
    {"履行中": "kept", "分納中": "kept", "不履行中": "broken"},
)
MONTH = {
    **{str(month): str(month) for month in range(1, 15)},
    **{f"{month:02d}": str(month) for month in range(1, 10)},
    **{f"{month}月": str(month) for month in range(1, 13)},
    "出納整理4月": "13",
    "出納整理5月": "14",
}
FLAG_CODE = _flag_aliases()
