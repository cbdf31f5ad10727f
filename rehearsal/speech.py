"""What a resident says into the phone, for an operator who plays the demo: text in place of a voice."""

from __future__ import annotations

from callflow.codes import Contact, Outcome
from rehearsal.city.model import Resident

_CONCLUSIONS: dict[Outcome | None, tuple[str, ...]] = {
    Outcome.PROMISE: ("すみません、うっかりしていました。", "今月中には払えると思います。"),
    Outcome.CLAIMED_PAID: ("あれ、それはもうコンビニで払いましたよ。",),
    Outcome.REISSUE: ("納付書をなくしてしまって…。もう一度送ってもらえますか。",),
    Outcome.DIRECT_DEBIT: ("毎回忘れるので、口座振替にしたいのですが。",),
    Outcome.INSTALMENT: ("一度には無理です。分けて払うことはできませんか。",),
    Outcome.RELIEF: ("仕事が減ってしまって…。減免とか猶予はありませんか。",),
    Outcome.HARDSHIP: ("正直、食べるのもやっとなんです。",),
    Outcome.REFUSED: ("払う気はありません。",),
    Outcome.ASSESSMENT_QUERY: ("この金額、計算がおかしくないですか。",),
    Outcome.REFUND_QUERY: ("前に払いすぎた分はどうなったんですか。",),
    Outcome.CALL_BACK_ASKED: ("今、出かけております。帰ったら伝えます。",),
    Outcome.RECALL: ("今は手が離せないので、あとでかけ直してもらえますか。",),
    Outcome.CUT_OFF: ("忙しいので失礼します。",),
    Outcome.COMPLAINT: ("何度も電話してきて、どういうつもりですか。",),
    Outcome.MOVED: ("もう引っ越したので、手紙は届いていません。新しい住所を言います。",),
    Outcome.FOREIGN_LANGUAGE: ("Sorry, I don't understand Japanese well.",),
    Outcome.GENUINE_CHECK: ("本当に市役所ですか。こちらから代表番号にかけ直します。",),
    Outcome.INFORMED: ("わかりました。確認しておきます。",),
    None: (),
}


def lines_of(contact: Contact, outcome: Outcome | None, speaker: Resident | None) -> tuple[str, ...]:
    """A resident's side of the call, in order: the hello, the answer to the identity check, the matter."""
    if contact is Contact.UNKNOWN:
        return ("…(無言)",)
    if speaker is None:
        return ("はい。", "いいえ、違います。番号をお間違えではありませんか。")
    if speaker.is_company:
        return (
            f"はい、{speaker.name}でございます。",
            f"担当の{speaker.contact_post}の{speaker.contact_name}です。所在地は{speaker.address}です。",
            *_CONCLUSIONS.get(outcome, ()),
        )
    surname = speaker.name.split(" ")[0]
    if contact is not Contact.SELF:
        return (f"はい、{surname}です。", *_CONCLUSIONS.get(outcome, ()))
    if outcome is Outcome.GENUINE_CHECK:
        return (f"はい、{surname}です。", *_CONCLUSIONS[outcome])
    born = speaker.birth_date
    birthday = f"生年月日は{born.year}年{born.month}月{born.day}日です。" if born else ""
    return (f"はい、{surname}です。", f"本人です。{speaker.name}です。{birthday}", *_CONCLUSIONS.get(outcome, ()))
