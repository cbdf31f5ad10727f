"""架電結果, 接触相手, 交渉結果 and 滞納理由: the codes of DOMAIN.md §2.10 and what each one means for counting."""

from __future__ import annotations

from casefile.vocabulary import Labelled


class CallResult(Labelled):
    """架電結果 (two digits)."""

    ANSWERED = "01", "応答"
    BUSY = "02", "話中"
    NO_ANSWER = "03", "不応答"
    VOICEMAIL = "04", "留守電"
    NOT_IN_SERVICE = "05", "現在使われていない"
    NUMBER_CHANGED = "06", "番号変更案内"
    OUT_OF_REACH = "07", "圏外・電源オフ"
    REJECTED = "08", "着信拒否"
    SUSPENDED = "09", "都合で通話できない"
    FAX = "10", "FAX"
    INVALID_NUMBER = "11", "番号不備(発信せず)"
    CONGESTION = "12", "網輻輳・障害"
    ABANDONED = "13", "放棄呼"
    RECORDING_GUARD = "14", "録音警告装置"
    STOPPED_BY_RULE = "15", "発信中止(規則)"

    @property
    def handed_to_network(self) -> bool:
        """Whether it is a 架電 of REPORTS.md §6.0: handed to the network, and the network took it."""
        return self not in _NOT_A_CALL

    @property
    def kills_number(self) -> bool:
        """Whether the number is not to be dialed again for this person until somebody confirms it."""
        return self in _DEAD_NUMBER


class RecordingMode(Labelled):
    """Whether a call is recorded, and whether the resident is told before somebody speaks (DOMAIN.md §2.7)."""

    OFF = "off", "録音しない"
    ANNOUNCED = "announced", "録音する(案内あり)"
    UNANNOUNCED = "unannounced", "録音する(案内なし)"


_NOT_A_CALL = (CallResult.INVALID_NUMBER, CallResult.CONGESTION, CallResult.STOPPED_BY_RULE)
_DEAD_NUMBER = (CallResult.NOT_IN_SERVICE, CallResult.NUMBER_CHANGED, CallResult.FAX)


class Contact(Labelled):
    """接触相手."""

    SELF = "self", "本人"
    SPOUSE = "spouse", "配偶者"
    FAMILY_PARENT = "parent", "同居家族(親)"
    FAMILY_CHILD = "child", "同居家族(子)"
    FAMILY_OTHER = "family", "同居家族(その他)"
    RELATIVE = "relative", "別居親族"
    WORKPLACE = "workplace", "勤務先"
    COMPANY_CONTACT = "company", "法人担当者"
    AGENT = "agent", "代理人(税理士・弁護士)"
    HEIR = "heir", "相続人・納税管理人"
    WRONG_PERSON = "wrong", "別人(番号違い)"
    UNKNOWN = "unknown", "不明(無言)"

    @property
    def is_contact(self) -> bool:
        """接触 of REPORTS.md §6.0."""
        return self in _CONTACTS

    @property
    def is_right_party(self) -> bool:
        """本人接触 of REPORTS.md §6.0; an agent counts once the delegation is confirmed, which the form asks."""
        return self in _RIGHT_PARTY


_RIGHT_PARTY = (Contact.SELF, Contact.COMPANY_CONTACT, Contact.AGENT, Contact.HEIR)
_CONTACTS = (*_RIGHT_PARTY, Contact.SPOUSE, Contact.FAMILY_PARENT, Contact.FAMILY_CHILD, Contact.FAMILY_OTHER)


class Outcome(Labelled):
    """交渉結果."""

    PROMISE = "promise", "納付約束"
    CLAIMED_PAID = "claimed_paid", "納付済(行き違い)"
    REISSUE = "reissue", "納付書再発行依頼"
    DIRECT_DEBIT = "direct_debit", "口座振替希望"
    INSTALMENT = "instalment", "分納相談→職員"
    RELIEF = "relief", "減免・猶予相談→職員"
    HARDSHIP = "hardship", "生活困窮→福祉案内"
    REFUSED = "refused", "納付拒否"
    ASSESSMENT_QUERY = "assessment", "課税内容照会→課税課"
    REFUND_QUERY = "refund", "還付・過誤納"
    CALL_BACK_ASKED = "message", "折返し依頼(伝言)"
    RECALL = "recall", "再コール指定"
    CUT_OFF = "cut_off", "話の途中で切断"
    COMPLAINT = "complaint", "苦情"
    MOVED = "moved", "転居・居所判明"
    DECEASED = "deceased", "死亡判明"
    FOREIGN_LANGUAGE = "language", "外国語"
    GENUINE_CHECK = "genuine", "真偽確認のみ"
    INFORMED = "informed", "案内のみ"


class DelinquencyReason(Labelled):
    """滞納理由."""

    FORGOT = "forgot", "失念(うっかり)"
    SLIP_LOST = "slip_lost", "納付書紛失"
    NOT_RECEIVED = "not_received", "未着"
    SHORT_OF_MONEY = "short", "資金不足(収入減・失業・病気・事業不振)"
    MANY_DEBTS = "debts", "多重債務"
    DISPUTES_AMOUNT = "amount", "税額不服"
    DISPUTES_SYSTEM = "system", "制度不満"
    AWAY_OR_MOVED = "away", "不在・転居"
    OTHER = "other", "その他"
