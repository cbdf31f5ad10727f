"""What a screen shows of a person, and what it does not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, insert, update

from casefile import ledger
from casefile.city import City, load_city
from casefile.clock import at_jst
from casefile.errors import TsunagaruError
from casefile.gate import admit
from casefile.person import (
    CaseScreen,
    Disclosure,
    arrears_lines,
    case_screen,
    household_members,
    person_card,
    phones,
    search,
)
from casefile.plain import plain
from casefile.tables import (
    Document,
    DocumentLot,
    InstalmentPlanPart,
    InterestRate,
    Phone,
    PromisePart,
    Receipt,
    Taxpayer,
)
from tests.people import FEE, TAX, People, call, key, landline, mobile

DAY = date(2026, 9, 8)
NOW = at_jst(DAY, 10)
HOME, MOBILE = landline(1), mobile(1)


@dataclass
class Office:
    conn: Connection
    city: City
    people: People

    def screen(self, disclosure: Disclosure, **options: Any) -> CaseScreen:
        case: dict[str, Any] = {"purpose": "dunning", "claim_group": "compulsory", "now": NOW} | options
        return case_screen(self.conn, self.city, "A1", disclosure=disclosure, **case)

    def find(self, query: str) -> list[str]:
        return [found.addressee_no for found in search(self.conn, self.city, query, NOW)]


@pytest.fixture
def office(passing: Connection, shared_city: City) -> Office:
    people = People(passing, shared_city.id, DAY)
    people.city_data()
    people.household("H1", "resident")
    people.person(
        "A1",
        "H1",
        name="試験 花子",
        name_kana="シケン ハナコ",
        kana_key="シケンハナコ",
        birth_date=date(1980, 9, 9),
        relation_to_head="妻",
        address="試験市本町1-1",
    )
    people.person(
        "A2", "H1", name="試験 太郎", name_kana="シケン タロウ", kana_key="シケンタロウ", relation_to_head="世帯主"
    )
    passing.exec_driver_sql("UPDATE household SET head_addressee_no = 'A2' WHERE household_id = 'H1'")
    people.phone("A1", HOME)
    people.phone("A1", MOBILE)
    people.phone("A2", mobile(2))
    people.owes("A1", 56_400, due_date=date(2026, 2, 2), demand_notice_date=date(2026, 2, 20), demand_fee_yen=100)
    people.owes("A1", 7_000, tax_code=FEE, claim_group="ordinary")
    people.owes("A2", 88_000)
    return Office(passing, shared_city, people)


def test_before_the_identity_check_nothing_taxable_is_read(office: Office) -> None:
    office.people.hold("A1", "claimed_paid", NOW - timedelta(days=1))
    screen = office.screen(Disclosure.NEUTRAL)
    text = json.dumps(plain(screen), ensure_ascii=False)
    assert "56400" not in text
    assert "市県民税" not in text
    assert "試験 太郎" not in text
    assert (screen.outstanding_yen, screen.arrears, screen.history, screen.household) == (None, (), (), ())
    assert (screen.card.name, screen.card.birth_date, screen.card.age) == ("試験 花子", date(1980, 9, 9), 45)
    assert [caution.code for caution in screen.card.cautions] == ["hold.claimed_paid"]


def test_after_it_the_whole_case_and_only_this_one(office: Office) -> None:
    screen = office.screen(Disclosure.CONFIRMED)
    assert screen.outstanding_yen == 56_400
    assert [total.tax_name for total in screen.totals] == ["市県民税"]
    assert [member.addressee_no for member in screen.household] == ["A2"]
    assert "試験 太郎" not in json.dumps(plain(screen), ensure_ascii=False)
    ordinary = office.screen(Disclosure.CONFIRMED, claim_group="ordinary")
    assert ordinary.outstanding_yen == 7_000
    json.dumps(plain(screen))


def test_a_health_screen_shows_no_tax_at_any_level(office: Office) -> None:
    screen = office.screen(Disclosure.CONFIRMED, purpose="health_check", claim_group="none")
    assert (screen.outstanding_yen, screen.arrears, screen.receipts, screen.promises) == (None, (), (), ())


def test_the_household_pane_masks_what_others_owe(office: Office) -> None:
    screen = office.screen(Disclosure.CONFIRMED)
    (head,) = screen.household
    assert (head.relation, head.is_head, head.phones) == ("世帯主", True, ("090-0000-0002",))
    assert (head.name, head.outstanding_yen) == (None, None)
    (verified,) = office.screen(Disclosure.CONFIRMED, verified=("A2",)).household
    assert (verified.name, verified.outstanding_yen) == ("試験 太郎", 88_000)


def test_a_protected_person_stays_hidden_until_four_eyes_opened_the_case(office: Office) -> None:
    office.people.flag("A1", "dv_support")
    hidden = office.screen(Disclosure.CONFIRMED)
    text = json.dumps(plain(hidden), ensure_ascii=False)
    assert hidden.card.protected
    assert "本町" not in text
    assert "090-0000-0001" not in text
    assert hidden.household == ()
    assert hidden.card.cautions[0].code == "dv_support"
    opened = office.screen(Disclosure.OPENED)
    assert opened.card.address == "試験市本町1-1"
    assert opened.card.phones[1].number == "090-0000-0001"
    assert opened.household == ()


def test_nobody_finds_a_protected_person_through_the_household(office: Office) -> None:
    office.people.flag("A2", "dv_support")
    members = household_members(office.conn, office.city.id, "A1", claim_group="compulsory", now=NOW)
    assert members == ()


def test_flags_are_shown_with_what_they_do_and_only_while_they_stand(office: Office) -> None:
    office.people.flag("A1", "lawyer")
    office.people.flag("A1", "returned_mail")
    office.people.flag("A1", "grace", valid_to=DAY - timedelta(days=1))
    office.people.flag("A1", "call_refusal", valid_from=DAY)
    found = office.screen(Disclosure.NEUTRAL).card.cautions
    assert [(caution.code, caution.effect.value) for caution in found] == [
        ("call_refusal", "refuse"),
        ("lawyer", "staff"),
        ("returned_mail", "warn"),
    ]
    assert found[0].label == "架電拒否"


def test_interest_is_estimated_as_of_the_day(office: Office) -> None:
    office.conn.exec_driver_sql("DELETE FROM interest_rate")
    for since, first, later in (("2025-01-01", "2.4", "8.7"), ("2026-01-01", "2.8", "9.1")):
        office.conn.execute(
            insert(InterestRate).values(
                municipality_id=office.city.id,
                rule="local_tax",
                valid_from=date.fromisoformat(since),
                first_percent=Decimal(first),
                later_percent=Decimal(later),
            )
        )

    city = load_city(office.conn, office.city.id)

    def estimate(now: datetime) -> int | None:
        (line,) = arrears_lines(office.conn, city, "A1", "compulsory", now)
        return line.interest_estimate_yen

    assert estimate(at_jst(date(2026, 5, 29))) == 1_300, "the published example of 中央市"


def test_without_a_rate_there_is_no_estimate(office: Office) -> None:
    office.conn.exec_driver_sql("DELETE FROM interest_rate")
    city = load_city(office.conn, office.city.id)
    (line,) = arrears_lines(office.conn, city, "A1", "compulsory", NOW)
    assert line.interest_estimate_yen is None


def test_paid_periods_appear_on_demand(office: Office) -> None:
    office.people.owes("A1", 3_000, unpaid_yen=0)
    assert len(arrears_lines(office.conn, office.city, "A1", "compulsory", NOW)) == 1
    assert len(arrears_lines(office.conn, office.city, "A1", "compulsory", NOW, with_settled=True)) == 2


def test_the_four_tabs(office: Office) -> None:
    of_city = {"municipality_id": office.city.id}
    promise = office.people.promise("A1", DAY, DAY + timedelta(days=7), DAY + timedelta(days=21))
    part = {"promise_id": promise, "part_no": 1, "due_on": DAY, "judge_on": DAY, "promised_yen": 10_000}
    office.conn.execute(insert(PromisePart).values(**of_city, **part, paid_yen=0, state="open"))
    office.people.plan("A1")
    instalment = {"plan_no": "P-A1", "part_no": 1, "due_on": DAY, "part_yen": 5_000, "paid_yen": 5_000}
    office.conn.execute(insert(InstalmentPlanPart).values(**of_city, **instalment))
    lot = {"lot_no": "L1", "kind": "warning", "sent_on": DAY, "wording": "最終", "purpose": "dunning"}
    office.conn.execute(
        insert(DocumentLot).values(**of_city, **lot, claim_group="compulsory", unit_cost_yen=1, as_of=DAY)
    )
    envelope = {"lot_no": "L1", "document_no": "1", "addressee_no": "A1", "target_yen": 1}
    office.conn.execute(insert(Document).values(**of_city, **envelope))
    for number, code in (("R1", TAX), ("R2", FEE)):
        office.conn.execute(
            insert(Receipt).values(
                **of_city,
                receipt_no=number,
                addressee_no="A1",
                tax_code=code,
                levy_year=2026,
                assessed_year=2026,
                period=1,
                notice_no="",
                received_on=DAY,
                principal_yen=900,
                interest_yen=90,
                demand_fee_yen=10,
                stage="flash",
                method="コンビニ",
                fiscal_year=2026,
                as_of=DAY,
                loaded_at=NOW,
            )
        )
    screen = office.screen(Disclosure.CONFIRMED)
    assert [(line.receipt_no, line.total_yen, line.stage_label) for line in screen.receipts] == [("R1", 1_000, "速報")]
    assert [(line.state_label, line.parts[0].state_label) for line in screen.promises] == [("約束中", "約束中")]
    assert [(line.state_label, line.parts[0].state_label, line.paid_yen) for line in screen.plans] == [
        ("履行中", "履行", 5_000)
    ]
    assert [(line.kind_label, line.sent_on) for line in screen.documents] == [("差押予告書", DAY)]
    assert office.screen(Disclosure.CONFIRMED, claim_group="ordinary").receipts[0].receipt_no == "R2"


def test_phones_stand_in_dialing_order_with_evidence_and_marks(office: Office) -> None:
    for weeks, answered in ((3, False), (2, True), (1, True)):
        rung = at_jst(DAY - timedelta(weeks=weeks), 19)
        office.people.receipts(rung.date())
        wanted = call("A1", HOME, request_id=key("rung", weeks))
        admission = admit(office.conn, office.city, [wanted], rung)[0]
        assert admission.attempt_id is not None, admission.sentences
        ledger.hand(office.conn, admission.attempt_id, rung)
        over = rung + timedelta(minutes=1)
        result = "01" if answered else "03"
        ledger.end(office.conn, admission.attempt_id, over, result=result, cause=None, person_answered=answered)
    office.conn.execute(update(Phone).where(Phone.e164 == MOBILE).values(ng_reason="番号違い"))
    home, own = phones(office.conn, office.city, "A1", masked=False)
    assert (home.number, home.tries, home.answers) == ("03-0000-0001", 3, 2)
    assert home.evidence[0].sentence == "平日18–20時 3回中2回応答"
    assert (own.dialable, own.takes_sms, own.ng_reason) == (False, False, "番号違い")
    card = person_card(office.conn, office.city, "A1", purpose="dunning", disclosure=Disclosure.NEUTRAL, now=NOW)
    assert card.best_hours == "自宅 平日18–20時 3回中2回応答"


@pytest.mark.parametrize(
    "query",
    ["A1", "090-0000-0001", "09000000001", "+81 90 0000 0001", "しけん はな", "ｼｹﾝﾊﾅ", "シケンハナコ", "試験 花"],
)
def test_a_person_is_found_by_number_reading_name_or_phone(office: Office, query: str) -> None:
    assert office.find(query) == ["A1"]


def test_a_reading_finds_all_who_begin_with_it(office: Office) -> None:
    office.people.person("C1", name="別人", name_kana="ベツジン", kana_key="ベツジン")
    assert office.find("しけ") == ["A2", "A1"], "in the order of the readings"


@pytest.mark.parametrize("query", ["", " ", "し", "%", "ハナコ", "A"])
def test_what_finds_nobody(office: Office, query: str) -> None:
    assert office.find(query) == []


def test_a_protected_address_is_not_in_the_result_list(office: Office) -> None:
    office.people.flag("A1", "dv_support")
    (found,) = search(office.conn, office.city, "A1", NOW)
    assert found.protected
    assert "本町" not in found.address


def test_an_unknown_number_is_said_in_a_sentence(office: Office) -> None:
    with pytest.raises(TsunagaruError, match="登録されていません"):
        person_card(office.conn, office.city, "X9", purpose="dunning", disclosure=Disclosure.NEUTRAL, now=NOW)


def test_a_company_has_no_household_pane(office: Office) -> None:
    office.people.household("C-1", "company")
    office.people.person("K1", "C-1", kind="company")
    office.conn.execute(update(Taxpayer).where(Taxpayer.addressee_no == "K1").values(contact_person_post="経理課長"))
    card = person_card(office.conn, office.city, "K1", purpose="dunning", disclosure=Disclosure.NEUTRAL, now=NOW)
    assert (card.kind_label, card.contact_person_post) == ("法人", "経理課長")
    assert household_members(office.conn, office.city.id, "K1", claim_group="compulsory", now=NOW) == ()
