"""What every form prints above its tables, and the sentences below that every form shares."""

from __future__ import annotations

from sqlalchemy import Connection

from casefile.city import City
from reports.figures import Header
from reports.reading.gather import known_by
from reports.reading.money import read_receipts_until
from reports.request import Request

EDITION = "第1版"
"""The edition of the forms' definitions (docs/reports.md); it changes when a formula changes."""

NOTE_DISTINCT = "人・世帯・期別・番号(列見出しに*)は、行ごとに1回、計でも1回だけ数える。このため計は行の合計と一致しないことがある。"
NOTE_RATES = "率は計の比(合計÷合計)で、小数第2位を四捨五入した。分母が0のときは「－」。"
NOTE_PAYMENTS = (
    "納付額は確報の本税(料)。納付日以前30日間で最後の接触(架電・返電・留守電伝言・SMS到達・文書到達・訪問)に1回だけ帰属させ、"
    "接触の時点で滞納であった期別に限る。口座振替・差押・充当は含めない。"
)
NOTE_PROMISES = "履行は収納基準日までに履行判定日が来た約束だけで判定し、取消・更改された約束は分母に入れない。"


def header_of(conn: Connection, city: City, request: Request) -> Header:
    """集計期間, 収納基準日, 条件, 作成日時, 作成者, 版."""
    claims = request.claim_group.label if request.claim_group is not None else "すべて"
    return Header(
        municipality=city.name,
        section=city.section_name,
        first_day=request.period.first,
        last_day=request.period.last,
        as_of=request.as_of,
        conditions=(f"業務区分: {request.purpose.label}", f"債権区分: {claims}", f"行: {request.axis.title}"),
        made_at=request.moment,
        made_by=request.made_by,
        edition=EDITION,
        receipts_until=read_receipts_until(conn, known_by(city, request)),
    )


def warnings_of(request: Request) -> list[str]:
    """What a reader must know before believing the figures."""
    if request.as_of >= request.period.last:
        return []
    return [f"収納基準日が集計期間の途中のため、{request.as_of.isoformat()}より後の事実は入っていない。"]
