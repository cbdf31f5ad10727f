"""宛名, 世帯, 電話 and 停止 against a real database: what the room learned stands."""

from __future__ import annotations

from datetime import date

from casefile.intake.mapping import load_mapping
from tests.intake_city import ADDRESSEES, LAYOUTS, IntakeCity


def phone(number: str, addressee_no: str = "0001", **more: object) -> dict[str, object]:
    return {"addressee_no": addressee_no, "phone": number, "holder": "本人", **more}


PHONES = "SELECT raw, e164, line_type, place, position, ng_reason, dropped_at IS NOT NULL FROM phone ORDER BY raw"


def test_people_get_a_household_of_their_own_where_the_file_names_none(intake: IntakeCity) -> None:
    intake.settle()
    assert intake.rows("SELECT addressee_no, household_id, kana_key FROM taxpayer ORDER BY addressee_no") == [
        ("0001", "H1", "ヤマダタロウ"),
        ("0002", "H1", "スズキハナコ"),
        ("0003", "C-0003", ""),
    ]
    assert intake.rows("SELECT household_id, kind FROM household ORDER BY household_id") == [
        ("C-0003", "company"),
        ("H1", "resident"),
    ]


def test_columns_the_file_lacks_keep_what_stands(intake: IntakeCity) -> None:
    rows = [{**ADDRESSEES[0], "language": "英語", "relation_to_head": "世帯主", "birth_date": "S50.1.31"}]
    intake.load("addressees", rows)
    assert intake.rows("SELECT head_addressee_no FROM household") == [("0001",)]
    report = intake.load("addressees", [{"addressee_no": "0001", "name": "山田太郎", "address": "新住所"}])
    assert report.changes.changed == 1
    assert intake.rows("SELECT language, address, birth_date, household_id FROM taxpayer") == [
        ("en", "新住所", date(1975, 1, 31), "H1")
    ]


def test_names_keep_variants_and_private_use_characters_which_are_listed(intake: IntakeCity) -> None:
    name = "渡邉󠄁\ue000𠮷"
    intake.load("addressees", [{"addressee_no": "0001", "name": name, "address": "〓町"}])
    assert intake.rows("SELECT name, address FROM taxpayer") == [(name, "〓町")]
    assert intake.rows("SELECT row_no, column_name, code_point, source_bytes FROM unmappable_character ORDER BY 2") == [
        (3, "住所", "U+3013", "E38093"),
        (3, "氏名", "U+E000", "EE8080"),
    ]


def test_undecodable_bytes_of_cp932_come_back_whole(intake: IntakeCity) -> None:
    path = intake.write("addressees", [{"addressee_no": "0001", "name": "高橋@", "address": "本町"}], encoding="cp932")
    path.write_bytes(path.read_bytes().replace(b"@", b"\xf0\x40\xeb"))
    (report,) = intake.run(path).files
    assert report.encoding.startswith("CP932")
    ((name,),) = intake.rows("SELECT name FROM taxpayer")
    assert name == "高橋\ue000\U0010feeb"
    assert name[2].encode("cp932") == b"\xf0\x40"
    assert [(line.code_point, line.source_bytes) for line in report.strange] == [("U+10FEEB", "EB"), ("U+E000", "F040")]
    assert "?" not in report.text()


def test_representatives_come_and_go_with_the_addressee(intake: IntakeCity) -> None:
    row = {**ADDRESSEES[0], "representative_kind": "弁護士", "representative_name": "甲野"}
    intake.load("addressees", [row])
    assert intake.rows("SELECT kind, name, seq FROM representative") == [("lawyer", "甲野", 1)]
    intake.load("addressees", [{**row, "representative_kind": "", "representative_name": ""}])
    assert intake.rows("SELECT * FROM representative") == []


def test_a_household_file_moves_people_and_names_the_head(intake: IntakeCity) -> None:
    intake.settle()
    rows = [
        {"household_no": "H1", "addressee_no": "0001", "relation_to_head": "世帯主"},
        {"household_no": "H2", "addressee_no": "0002", "relation_to_head": "世帯主"},
        {"household_no": "H2", "addressee_no": "0099", "relation_to_head": "子"},
    ]
    report = intake.load("households", rows)
    assert (report.changes.changed, report.rejected) == (2, 1)
    assert intake.rows("SELECT household_id, head_addressee_no FROM household WHERE kind = 'resident' ORDER BY 1") == [
        ("H1", "0001"),
        ("H2", "0002"),
    ]


def test_phones_are_read_completed_ordered_and_dropped(intake: IntakeCity) -> None:
    intake.settle()
    rows = [phone("03-0123-4567"), phone("090-0123-4567"), phone("0120-000-000"), phone("なし"), phone("03 0123 4567")]
    report = intake.load("phones", rows)
    assert report.rejected == 2
    assert [line.row_no for line in report.rejects] == [6, 7]
    assert intake.rows(PHONES) == [
        ("0120-000-000", None, "barred", "home", 3, None, False),
        ("03-0123-4567", "+81301234567", "landline", "home", 1, None, False),
        ("090-0123-4567", "+819001234567", "mobile", "mobile", 2, None, False),
    ]
    assert "かけない番号として登録: 1件" in report.text()
    report = intake.load("phones", [phone("03-0123-4567"), phone("0300001111", "0002")], "2026-06-02")
    assert report.changes.closed == 2
    assert intake.rows("SELECT e164, line_type FROM phone WHERE addressee_no = '0002'") == [(None, "barred")]


def test_what_the_room_learned_of_a_phone_stands_and_is_listed_once(intake: IntakeCity) -> None:
    intake.settle()
    intake.load("phones", [phone("090-0123-4567"), phone("03-0123-4567")])
    intake.clock.advance(60)
    now = intake.clock.now()
    intake.execute(
        "UPDATE phone SET ng_reason = 'wrong_number', ng_at = :now, usable_hours = '{\"from\": \"18:00\"}'"
        " WHERE raw_digits = '09001234567'",
        now=now,
    )
    intake.execute("UPDATE phone SET confirmed_at = :now WHERE raw_digits = '0301234567'", now=now)
    intake.execute(
        "INSERT INTO phone (municipality_id, phone_id, addressee_no, position, raw, raw_digits, e164, line_type, place,"
        " holder, source, learned_at, as_of) VALUES (:m, gen_random_uuid(), '0001', 3, '07001234567', '07001234567',"
        " '+817001234567', 'mobile', 'mobile', 'spouse', 'learned', :now, '2026-06-01')",
        m=intake.municipality_id,
        now=now,
    )
    report = intake.load("phones", [phone("090-0123-4567"), phone("070-0123-4567")], "2026-06-02")
    assert intake.rows(
        "SELECT raw_digits, source, holder, ng_reason, usable_hours IS NULL, dropped_at FROM phone ORDER BY raw_digits"
    ) == [
        ("0301234567", "import", "self", None, True, None),
        ("07001234567", "learned", "spouse", None, True, None),
        ("09001234567", "import", "self", "wrong_number", False, None),
    ]
    assert [(line.subject, line.in_file, line.in_room) for line in report.conflicts] == [
        ("確認済みの番号", "末尾67の番号がない", "通話で確認済み"),
        ("使えない番号", "末尾67の番号を掲載", "NG(wrong_number)"),
        ("電話の使用者", "self", "spouse"),
    ]
    assert intake.rows("SELECT count(*) FROM import_conflict") == [(3,)]
    intake.clock.advance(60)
    again = intake.load("phones", [phone("090-0123-4567", position=1), phone("070-0123-4567")], "2026-06-02")
    assert [line.subject for line in again.conflicts] == ["電話の使用者"]


def test_flags_follow_the_file_and_learned_ones_stay(intake: IntakeCity) -> None:
    intake.settle()
    rows = [
        {"addressee_no": "0001", "flag_code": "生保", "valid_from": "", "note": "福祉事務所より"},
        {"addressee_no": "0002", "flag_code": "支援措置", "valid_from": "2026-01-01"},
        {"addressee_no": "0002", "flag_code": "未知", "valid_from": ""},
        {"addressee_no": "0002", "flag_code": "高額", "valid_from": "", "note": "番号 123456789018 の人"},
    ]
    report = intake.load("flags", rows)
    assert [line.column for line in report.rejects] == ["フラグ", "メモ"]
    assert "個人番号とみられる" in report.rejects[1].reason
    assert report.changes.samples[0] == "追加 0001 public_assistance 2026-06-01"
    intake.execute(
        "INSERT INTO taxpayer_flag (municipality_id, flag_id, addressee_no, flag_code, valid_from, source, set_at, as_of)"
        " VALUES (:m, gen_random_uuid(), '0001', 'call_refusal', '2026-05-01', 'learned', :now, '2026-05-01')",
        m=intake.municipality_id,
        now=intake.clock.now(),
    )
    report = intake.load("flags", [rows[0]], "2026-06-02")
    assert (report.changes.unchanged, report.changes.closed) == (1, 1)
    assert intake.rows("SELECT flag_code, valid_from, valid_to, source FROM taxpayer_flag ORDER BY flag_code") == [
        ("call_refusal", date(2026, 5, 1), None, "learned"),
        ("dv_support", date(2026, 1, 1), date(2026, 6, 1), "import"),
        ("public_assistance", date(2026, 6, 1), None, "import"),
    ]


def test_a_file_with_individual_numbers_is_refused_by_heading_and_by_value(intake: IntakeCity) -> None:
    path = intake.write("addressees", ADDRESSEES)
    path.write_text(path.read_text("utf-8").replace("氏名カナ", "マイナンバー"), "utf-8")
    assert "個人番号は取り込めません" in intake.refusal(path)
    numbers = ["123456789018", "023456789013", "999999999996"]
    rows = [{**row, "delivery_name": number} for row, number in zip(ADDRESSEES, numbers, strict=True)]
    assert "列「送付先氏名」に個人番号" in intake.refusal(intake.write("addressees", rows))
    assert intake.rows("SELECT 1 FROM taxpayer") == []


def test_the_example_city_s_own_layout(intake: IntakeCity) -> None:
    intake.settle()
    intake.mapping = load_mapping(LAYOUTS / "example_city_cp932.toml")
    path = intake.folder / "滞納明細_20260601.csv"
    lines = [
        "ヘッダ,滞納明細,令和8年6月1日現在",
        "宛名番号,税目コード,賦課年度,相当年度,期別,通知書番号,調定額,未納額,督促手数料,延滞金,納期限,督促状発付日,時効予定日",
        '0001,011,令和7年度,令和7年度,1期,0700012345,"45,000",45000円,100,1200,R7.6.30,5070718,R12.07.01',
        "トレーラ,件数,1,未納額,45000",
        "\x1a",
    ]
    path.write_bytes("\r\n".join(lines).encode("cp932"))
    (report,) = intake.run(path).files
    assert report.state == "applied", report.refusal
    assert intake.rows(
        "SELECT tax_code, levy_year, period, unpaid_yen, due_date, demand_notice_date, limitation_date FROM arrears"
    ) == [("11", 2025, 1, 45000, date(2025, 6, 30), date(2025, 7, 18), date(2030, 7, 1))]
