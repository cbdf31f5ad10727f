"""Why a person may not be contacted now: each reason is a stored code and a Japanese sentence."""

from __future__ import annotations

from dataclasses import dataclass

from casefile.vocabulary import Labelled


class Reason(Labelled):
    """The code is stored with the decision; the label is the sentence a person reads."""

    # the request itself
    UNKNOWN_PERSON = "unknown_person", "この宛名番号の人は登録されていません"
    PURPOSE_BARRED = "purpose_barred", "還付など決められた業務以外のことを電話やSMSで連絡することはできません"
    CHANNEL_BARRED = "channel_barred", "電話とSMS以外の連絡手段はここでは扱いません"
    CLAIM_WALL = "claim_wall", "債権の別(地方税・強制徴収公債権か、それ以外か)が決まっていないため催告できません"
    HOUSEHOLD_CHANGED = "household_changed", "世帯の情報が今まさに更新されたため、確認し直しが必要です"
    # one switch
    STOPPED_CITY = "stopped_city", "市全体の架電・SMSを停止しています"
    STOPPED_DISTRICT = "stopped_district", "この地区の架電・SMSを停止しています"
    # debts, for 催告 only
    NOTHING_OWED = "nothing_owed", "この債権の別に未納がありません(納付済みを含みます)"
    NOT_DUE = "not_due", "納期限がまだ過ぎていません"
    NO_DEMAND_NOTICE = "no_demand_notice", "督促状がまだ発付されていません"
    DEMAND_NOTICE_RECENT = "demand_notice_recent", "督促状の発付から決められた日数がたっていません"
    LIMITATION_PASSED = "limitation_passed", "時効予定日を過ぎた未納しかありません"
    RECEIPTS_MISSING = "receipts_missing", "収納データが一度も取り込まれていないため、納付済みかどうか確かめられません"
    RECEIPTS_STALE = "receipts_stale", "収納データが古いため、納付済みかどうか確かめられません"
    PLAN_KEPT = "plan_kept", "分納誓約を履行中です"
    PROMISE_OPEN = "promise_open", "納付約束の履行判定日がまだ過ぎていません"
    # what an earlier contact asked us to hold back from
    CLAIMED_PAID = "claimed_paid", "納付済(行き違い)の申出があり、確認中です"
    SLIP_REISSUE = "slip_reissue", "納付書の再発行を手続中です"
    DIRECT_DEBIT = "direct_debit", "口座振替を手続中です"
    RECALL_BOOKED = "recall_booked", "再コールの予約があり、その電話以外はかけません"
    STAFF_HOLD = "staff_hold", "職員が対応中です"
    # the person
    FLAG_REFUSES = "flag_refuses", "連絡を停止する事情が登録されています"
    FLAG_STAFF = "flag_staff", "職員が対応する人なので、自動発信やSMSの対象にせず、担当の職員が手動でかけます"
    LANGUAGE = "language", "日本語以外での対応が必要なので、職員が手動で対応します"
    # the number
    NO_NUMBER = "no_number", "電話番号として読める番号がありません"
    NUMBER_NOT_ON_FILE = "number_not_on_file", "この電話番号はこの人のものとして登録されていません"
    NUMBER_DROPPED = "number_dropped", "この電話番号は登録から外されています"
    NUMBER_NG = "number_ng", "この電話番号は使えない番号として記録されています"
    NUMBER_BARRED = "number_barred", "発信してはいけない種類の番号です(緊急・フリーダイヤル・国際など)"
    OWN_NUMBER = "own_number", "市自身の電話番号です"
    WORKPLACE_AUTO = "workplace_auto", "勤務先の番号には自動でかけません"
    SMS_NOT_MOBILE = "sms_not_mobile", "SMSを受け取れるのは携帯電話の番号だけです"
    SMS_NOT_SELF = "sms_not_self", "SMSは本人の携帯電話にだけ送ります(この番号の使用者は本人と確認されていません)"
    # the hour
    HARD_HOURS = "hard_hours", "8時より前と21時以降は誰にも連絡しません"
    OFFICE_CLOSED = "office_closed", "今日は連絡を休む日です"
    CITY_HOURS = "city_hours", "市の連絡時間の外です"
    CAMPAIGN_HOURS = "campaign_hours", "キャンペーンの連絡時間の外です"
    PHONE_HOURS = "phone_hours", "この番号に連絡してよい時間の外です"
    # how often
    LIVE_HOUSEHOLD = "live_household", "この世帯への電話またはSMSが進行中です"
    LIVE_NUMBER = "live_number", "この番号への電話またはSMSが進行中です"
    NUMBER_DAY_CAP = "number_day_cap", "この番号への今日の架電が上限に達しています"
    NUMBER_GAP = "number_gap", "この番号への前の架電から決められた時間がたっていません"
    BUSY_GAP = "busy_gap", "話中のあと、かけ直すまでの時間がたっていません"
    BUSY_CAP = "busy_cap", "話中のかけ直しが今日の上限に達しています"
    HOUSEHOLD_DAY_CAP = "household_day_cap", "この世帯への今日の架電が上限に達しています"
    LIVE_ANSWER_CAP = "live_answer_cap", "この世帯では今日すでに電話に出ています(放棄呼を含みます)"
    PERSON_MONTH_CAP = "person_month_cap", "この人への今月の架電が上限に達しています"
    ABANDONED_TODAY = "abandoned_today", "今日この世帯に放棄呼があったため、今日はもうかけません"
    RESERVED_ONLY = (
        "reserved_only",
        "前回が放棄呼だったため、次はオペレーターを確保した発信(プレビューか手動)に限ります",
    )
    SMS_DAY_CAP = "sms_day_cap", "この人への今日のSMSが上限に達しています"
    SMS_MONTH_CAP = "sms_month_cap", "この人への今月のSMSが上限に達しています"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason, with what is known about it: which flag, until when, how many."""

    reason: Reason
    detail: str = ""

    @property
    def sentence(self) -> str:
        """The reason for a person's eyes, for example 「納期限がまだ過ぎていません(納期限 2026-08-31)。」."""
        return f"{self.reason.label}({self.detail})。" if self.detail else f"{self.reason.label}。"


def sentence_of(code: str, detail: str = "") -> str:
    """The sentence of a stored code; a code of a later version is shown as it is."""
    try:
        return Refusal(Reason(code), detail).sentence
    except ValueError:
        return f"{code}({detail})。" if detail else f"{code}。"
