"""The fixed words of the case file, each with the Japanese a screen shows."""

from __future__ import annotations

from enum import StrEnum


class Labelled(StrEnum):
    """A stored code that knows its Japanese label."""

    label: str

    # The default lets a type checker read `Purpose("dunning")`, the look-up of a stored code; members give both.
    def __new__(cls, code: str, label: str = "") -> Labelled:
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = label
        return member


class Purpose(Labelled):
    """業務区分: records, rights and figures of different purposes never mix."""

    DUNNING = "dunning", "催告"
    DIRECT_DEBIT = "direct_debit", "口座振替勧奨"
    HEALTH_CHECK = "health_check", "特定健診勧奨"
    SURVEY = "survey", "アンケート"


class Channel(Labelled):
    """How a person is contacted."""

    CALL = "call", "電話"
    SMS = "sms", "SMS"
    LETTER = "letter", "文書"


class ClaimClass(Labelled):
    """債権区分 of a tax or fee (FEATURES.md I35)."""

    LOCAL_TAX = "local_tax", "地方税"
    COMPULSORY_PUBLIC = "compulsory_public", "強制徴収公債権"
    NONCOMPULSORY_PUBLIC = "noncompulsory_public", "非強制徴収公債権"
    PRIVATE = "private", "私債権"

    @property
    def group(self) -> ClaimGroup:
        compulsory = (ClaimClass.LOCAL_TAX, ClaimClass.COMPULSORY_PUBLIC)
        return ClaimGroup.COMPULSORY if self in compulsory else ClaimGroup.ORDINARY


class ClaimGroup(Labelled):
    """The wall of DOMAIN.md §2.6: cases, merging, screens and selections never cross it."""

    COMPULSORY = "compulsory", "地方税・強制徴収公債権"
    ORDINARY = "ordinary", "非強制徴収公債権・私債権"
    NONE = "none", "債権なし"


class TaxpayerKind(Labelled):
    PERSON = "person", "個人"
    COMPANY = "company", "法人"


class HouseholdKind(Labelled):
    RESIDENT = "resident", "住民世帯"
    SINGLE = "single", "世帯情報なし(個人)"
    COMPANY = "company", "法人"


class LineType(Labelled):
    """What kind of line a number is, by our own prefix table (DOMAIN.md §2.9)."""

    LANDLINE = "landline", "固定"
    MOBILE = "mobile", "携帯"
    IP = "ip", "IP電話"
    BARRED = "barred", "発信禁止番号"
    UNKNOWN = "unknown", "種別不明"


class PhonePlace(Labelled):
    HOME = "home", "自宅"
    MOBILE = "mobile", "携帯"
    WORK = "work", "勤務先"
    CONTACT = "contact", "連絡先"


class PhoneHolder(Labelled):
    """Whose phone it is; a text goes only to the person's own."""

    SELF = "self", "本人"
    SPOUSE = "spouse", "配偶者"
    FAMILY = "family", "家族"
    EMPLOYER = "employer", "勤務先"
    REPRESENTATIVE = "representative", "代理人"
    OTHER = "other", "その他"
    UNKNOWN = "unknown", "不明"


class Effect(Labelled):
    """What a flag does to a contact: refuse it, leave it to staff, or show a warning."""

    REFUSE = "refuse", "停止"
    STAFF = "staff", "職員対応"
    WARN = "warn", "注意表示"


class HoldKind(Labelled):
    """Why the room has promised not to press a person for a while (the outcome of an earlier contact)."""

    CLAIMED_PAID = "claimed_paid", "納付済(行き違い)の申出を確認中"
    SLIP_REISSUE = "slip_reissue", "納付書再発行の手続中"
    DIRECT_DEBIT = "direct_debit", "口座振替の手続中"
    RECALL = "recall", "再コール予約あり"
    STAFF = "staff", "職員が対応中"


class ReceiptStage(Labelled):
    FLASH = "flash", "速報"
    FINAL = "final", "確報"


class ArrearsCategory(Labelled):
    CURRENT = "current", "現年課税分"
    CARRIED = "carried", "滞納繰越分"


class PromiseState(Labelled):
    OPEN = "open", "約束中"
    KEPT = "kept", "履行"
    LATE = "late", "遅延履行"
    PARTLY = "partly", "一部履行"
    BROKEN = "broken", "不履行"
    CANCELLED = "cancelled", "取消"
    SUPERSEDED = "superseded", "更改"


class DocumentKind(Labelled):
    DEMAND_NOTICE = "demand_notice", "督促状"
    REMINDER = "reminder", "催告書"
    WARNING = "warning", "差押予告書"
    SLIP = "slip", "納付書再発行"
    NOTICE = "notice", "お知らせ"


class ContactDirection(Labelled):
    """方向 of a contact record (DOMAIN.md §2.11)."""

    OUTBOUND = "outbound", "架電"
    INBOUND = "inbound", "受電"
    SMS = "sms", "SMS"
    LETTER = "letter", "文書"
    COUNTER = "counter", "窓口"
    VISIT = "visit", "訪問"
