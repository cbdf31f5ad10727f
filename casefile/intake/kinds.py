"""The eleven kinds of file (DOMAIN.md §3) and what each column of theirs means to us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from casefile.intake import choices


class Form(Enum):
    """What a cell is read as; each reader is in `casefile.intake.cells`."""

    KEY = "文字コード(前後の空白は除く)"
    TEXT = "文字"
    NOTE = "自由な文字"
    DATE = "日付(西暦・和暦)"
    YEN = "金額(円)"
    WHOLE = "整数"
    YEAR = "年度(西暦・和暦)"
    DEGREES = "緯度・経度"
    YES_NO = "はい・いいえ(1・0)"
    CHOICE = "区分"
    PHONE = "電話番号"
    READING = "カナ"


DERIVED: Mapping[Form, tuple[str, ...]] = {
    Form.PHONE: ("raw_digits", "e164", "line_type", "problem"),
    Form.READING: ("kana_key",),
}
"""Columns that are made of a cell while it is read, beside the cell itself."""


@dataclass(frozen=True, slots=True)
class Column:
    """One of our columns. `label` is its heading in the standard layout; `default` is the raw text of an absent cell;
    `fallback` names the column whose value an empty cell takes; `signed` amounts may be negative;
    a `blank` text is stored as an empty one, not as none; a `plain` KEY has visible ASCII characters only, full-width ones being narrowed.

    `choices` of a KEY are other spellings of some keys; of a CHOICE they are all there is. A `required` column must be mapped, and its cells must not be empty (unless the mapping gives a default).
    """

    name: str
    label: str
    form: Form
    required: bool = False
    default: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    meaning: str = ""
    signed: bool = False
    fallback: str = ""
    blank: bool = False
    plain: bool = False


@dataclass(frozen=True)
class FileKind:
    """One of the eleven files. `order` is the order of loading when several are given; `amount` is the column a
    trailer's total is about; `key` names the columns that must not occur twice in one file."""

    code: str
    label: str
    order: int
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    amount: str | None = None

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}


def _key(name: str, label: str, required: bool = True, default: str = "", meaning: str = "") -> Column:
    return Column(name, label, Form.KEY, required, default, meaning=meaning)


def _addressee(meaning: str = "") -> Column:
    return Column("addressee_no", "宛名番号", Form.KEY, True, meaning=meaning, plain=True)


def _text(name: str, label: str, required: bool = False, meaning: str = "") -> Column:
    return Column(name, label, Form.TEXT, required, meaning=meaning)


def _date(name: str, label: str, required: bool = False, meaning: str = "") -> Column:
    return Column(name, label, Form.DATE, required, meaning=meaning)


def _yen(
    name: str, label: str, required: bool = False, default: str = "0", meaning: str = "", signed: bool = False
) -> Column:
    return Column(name, label, Form.YEN, required, "" if required else default, meaning=meaning, signed=signed)


def _whole(name: str, label: str, required: bool = True, default: str = "", meaning: str = "") -> Column:
    return Column(name, label, Form.WHOLE, required, default, meaning=meaning)


def _year(name: str, label: str, required: bool = True, meaning: str = "") -> Column:
    return Column(name, label, Form.YEAR, required, meaning=meaning)


def _choice(
    name: str, label: str, words: Mapping[str, str], required: bool = False, default: str = "", meaning: str = ""
) -> Column:
    return Column(name, label, Form.CHOICE, required, default, words, meaning)


def _period_keys(required: bool) -> tuple[Column, ...]:
    return (
        _key("tax_code", "税目コード", required),
        _year("levy_year", "賦課年度", required),
        Column("assessed_year", "相当年度", Form.YEAR, meaning="空なら賦課年度と同じ", fallback="levy_year"),
        _whole("period", "期別", required, meaning="全期は0"),
        Column("notice_no", "通知書番号", Form.KEY, blank=True),
    )


DISTRICTS = FileKind(
    "districts",
    "地区",
    1,
    (
        _key("district_code", "地区コード"),
        _text("branch", "支所"),
        _text("area", "地区"),
        _text("town", "町丁目", required=True),
        Column("latitude", "緯度", Form.DEGREES),
        Column("longitude", "経度", Form.DEGREES),
        _text("source", "出典", meaning="座標の出典とライセンス"),
    ),
    ("district_code",),
)

TAXES = FileKind(
    "taxes",
    "税目・期別・納期限",
    2,
    (
        _key("tax_code", "税目コード"),
        _text("tax_name", "税目名", required=True),
        _text("tax_short_name", "税目略称", meaning="空なら税目名"),
        _choice("claim_class", "債権区分", choices.CLAIM_CLASS, required=True),
        _whole("limitation_years", "時効年数", required=False, default="5"),
        _key(
            "interest_rule",
            "延滞金率",
            required=False,
            default="local_tax",
            meaning="casefile/data/interest.toml の率の名",
        ),
        _key("interest_terms", "延滞金条件", required=False, default="local_tax", meaning="同じファイルの条件の名"),
        _year("levy_year", "賦課年度", required=False, meaning="空の行は税目だけを登録"),
        _whole("period", "期別", required=False),
        _text("period_name", "期別名", meaning="空なら「n期」、0は「全期」"),
        _date("due_date", "納期限"),
    ),
    ("tax_code", "levy_year", "period"),
)

ADDRESSEES = FileKind(
    "addressees",
    "宛名",
    3,
    (
        _addressee(),
        _choice("kind", "個人法人区分", choices.TAXPAYER_KIND, default="person"),
        _text("name", "氏名", required=True),
        Column("name_kana", "氏名カナ", Form.READING),
        _date("birth_date", "生年月日"),
        _key("postal_code", "郵便番号", required=False),
        _text("address", "住所", required=True),
        _key("district_code", "地区コード", required=False),
        Column("outside_city", "市外", Form.YES_NO, default="0"),
        _text("delivery_name", "送付先氏名"),
        _key("delivery_postal_code", "送付先郵便番号", required=False),
        _text("delivery_address", "送付先住所"),
        _key("household_no", "世帯番号", required=False, meaning="空なら本人だけの世帯を作る"),
        _text("relation_to_head", "続柄"),
        _text("contact_person_name", "担当者氏名", meaning="法人の窓口"),
        _text("contact_person_post", "担当者役職"),
        _choice("language", "言語", choices.LANGUAGE, default="ja"),
        _choice("whereabouts", "居所", choices.WHEREABOUTS, default="known"),
        _choice("representative_kind", "代理人区分", choices.REPRESENTATIVE_KIND),
        _text("representative_name", "代理人氏名"),
        _text("representative_kana", "代理人カナ"),
        _text("representative_address", "代理人住所"),
        _text("representative_phone", "代理人電話番号"),
        Column("delegation_confirmed", "委任確認済", Form.YES_NO, default="0"),
    ),
    ("addressee_no",),
)

HOUSEHOLDS = FileKind(
    "households",
    "世帯",
    4,
    (
        _key("household_no", "世帯番号"),
        _addressee(meaning="世帯員。1人1行"),
        _text("relation_to_head", "続柄", meaning="「世帯主」の行が世帯主になる"),
        Column("head_addressee_no", "世帯主宛名番号", Form.KEY, plain=True),
    ),
    ("addressee_no",),
)

PHONES = FileKind(
    "phones",
    "電話番号",
    5,
    (
        _addressee(),
        Column("phone", "電話番号", Form.PHONE, True),
        _whole("position", "順位", required=False, meaning="空ならファイルの中の順"),
        _choice("place", "設置場所", choices.PHONE_PLACE, meaning="空なら番号の種類から"),
        _choice("holder", "使用者", choices.PHONE_HOLDER, default="unknown", meaning="SMSは「本人」の番号だけに送る"),
    ),
    ("addressee_no", "phone"),
)

ARREARS = FileKind(
    "arrears",
    "滞納期別明細",
    6,
    (
        _addressee(),
        *_period_keys(required=True),
        _choice("category", "現年滞繰区分", choices.ARREARS_CATEGORY, meaning="空なら基準日の年度から"),
        _yen("assessed_yen", "調定額", required=True),
        _yen("unpaid_yen", "未納額", required=True, meaning="本税(料)だけ"),
        _yen("demand_fee_yen", "督促手数料"),
        _yen("interest_yen", "延滞金", meaning="基幹システムの計算"),
        Column("interest_base_yen", "延滞金計算基礎額", Form.YEN, meaning="空なら未納額", fallback="unpaid_yen"),
        _date("due_date", "納期限", required=True),
        _date("demand_notice_date", "督促状発付日"),
        _date("limitation_date", "時効予定日"),
    ),
    ("tax_code", "levy_year", "assessed_year", "period", "notice_no", "addressee_no"),
    amount="unpaid_yen",
)

RECEIPTS = FileKind(
    "receipts",
    "収納",
    7,
    (
        _key("receipt_no", "収納番号", meaning="速報と確報で同じ番号"),
        _addressee(),
        *_period_keys(required=True),
        _date("received_on", "領収日", required=True),
        _date("posted_on", "消込日", meaning="滞納期別明細に反映された日。空なら未反映"),
        _yen("principal_yen", "本税額", required=True, meaning="速報取消の行だけは負でもよい", signed=True),
        _yen("interest_yen", "延滞金"),
        _yen("demand_fee_yen", "督促手数料"),
        _choice("stage", "速報確報区分", choices.RECEIPT_STAGE, required=True),
        _choice("method", "納付方法", choices.RECEIPT_METHOD, default="unknown"),
        _year("fiscal_year", "会計年度", required=False, meaning="空なら領収日の年度(4月〜翌3月)"),
    ),
    ("receipt_no",),
    amount="principal_yen",
)

PROMISES = FileKind(
    "promises",
    "約束・分納",
    8,
    (
        _choice("record_type", "種別", choices.PROMISE_RECORD, required=True),
        _key("agreement_no", "管理番号"),
        _addressee(),
        _choice("claim_group", "債権の別", choices.CLAIM_GROUP, default="compulsory"),
        _date("made_on", "約束日", meaning="約束・分納の行に必須"),
        _choice(
            "state", "状態", choices.PROMISE_STATE, meaning="約束: 約束中・取消など/分納: 履行中・不履行・完納・取消"
        ),
        _choice("method", "納付方法", choices.RECEIPT_METHOD),
        _whole("part_no", "回", required=False),
        _date("due_on", "期日"),
        _yen("part_yen", "金額", default=""),
        _yen("paid_yen", "納付済額"),
        *_period_keys(required=False),
    ),
    ("record_type", "agreement_no", "part_no", "tax_code", "levy_year", "assessed_year", "period", "notice_no"),
    amount="part_yen",
)

DISPATCHES = FileKind(
    "dispatches",
    "発送・返戻",
    9,
    (
        _key("lot_no", "発送ロット番号"),
        _key("document_no", "発送連番"),
        _addressee(),
        _choice("kind", "文書種別", choices.DOCUMENT_KIND, meaning="登録済みのロットなら空でよい"),
        _date("sent_on", "発送日", meaning="同上"),
        _text("wording", "版"),
        _choice("purpose", "業務区分", choices.PURPOSE, default="dunning"),
        _choice("claim_group", "債権の別", choices.CLAIM_GROUP, default="compulsory"),
        _yen("unit_cost_yen", "単価"),
        _yen("target_yen", "対象金額"),
        _date("withdrawn_on", "引抜日"),
        _date("returned_on", "返戻日"),
        _text("return_reason", "返戻理由"),
    ),
    ("lot_no", "document_no"),
    amount="target_yen",
)

FLAGS = FileKind(
    "flags",
    "停止・要注意",
    10,
    (
        _addressee(),
        Column(
            "flag_code",
            "フラグ",
            Form.KEY,
            True,
            choices=choices.FLAG_CODE,
            meaning="casefile/data/flags.toml のコードか名",
        ),
        _date("valid_from", "開始日", meaning="空なら基準日"),
        _date("valid_to", "終了日", meaning="その日まで有効。空なら期限なし"),
        Column("note", "メモ", Form.NOTE),
    ),
    ("addressee_no", "flag_code", "valid_from"),
)

TOTALS = FileKind(
    "totals",
    "月次集計",
    11,
    (
        _year("fiscal_year", "会計年度"),
        _key("tax_code", "税目コード"),
        _whole("period", "期別", required=False, default="0"),
        _choice("category", "現年滞繰区分", choices.ARREARS_CATEGORY, required=True),
        _choice("month", "月", choices.MONTH, required=True, meaning="暦の月1〜12、出納整理期間の4月・5月は13・14"),
        _yen("levied_yen", "調定額", required=True, signed=True),
        _yen("received_yen", "収納額", required=True, signed=True),
        _yen("refund_due_yen", "還付未済額", signed=True),
        _yen("written_off_yen", "不納欠損額", signed=True),
    ),
    ("fiscal_year", "tax_code", "period", "category", "month"),
    amount="received_yen",
)

KINDS: dict[str, FileKind] = {
    kind.code: kind
    for kind in (
        DISTRICTS,
        TAXES,
        ADDRESSEES,
        HOUSEHOLDS,
        PHONES,
        ARREARS,
        RECEIPTS,
        PROMISES,
        DISPATCHES,
        FLAGS,
        TOTALS,
    )
}
