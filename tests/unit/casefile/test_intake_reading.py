"""Encodings, lines, cells and the mapping file, without a database."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casefile.errors import TsunagaruError
from casefile.intake.cells import Converter, holds_individual_number, is_individual_number
from casefile.intake.converting import PhoneContext
from casefile.intake.encoding import KEEP, RAW_BYTE, recognise, source_bytes
from casefile.intake.kinds import ARREARS, KINDS, Column, Form
from casefile.intake.lines import LineReader, cut, rows_named
from casefile.intake.mapping import load_mapping
from casefile.intake.reading import FileReader
from casefile.kana import kana_key

LAYOUTS = Path(__file__).parents[3] / "casefile" / "intake" / "layouts"
SAMPLE = "宛名番号,氏名\r\n0001,山田\r\n0002,鈴木\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_are_recognised(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(SAMPLE.encode(encoding))
    found = recognise(path, None)
    assert found.encoding == encoding
    assert [line for _, lines in LineReader(path, found.encoding).blocks() for line in lines] == SAMPLE.split("\r\n")[
        :-1
    ]


def test_one_bad_byte_does_not_turn_utf8_into_cp932(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes((SAMPLE * 50).encode() + b"0003,\xff\r\n" + SAMPLE.encode())
    assert recognise(path, None).encoding == "utf-8"


def test_a_mark_outweighs_what_the_mapping_says(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(SAMPLE.encode("utf-8-sig"))
    assert recognise(path, "cp932").encoding == "utf-8-sig"


@pytest.mark.parametrize("lead", range(0xF0, 0xFA))
def test_the_whole_user_defined_area_goes_there_and_back(lead: int) -> None:
    for trail in [*range(0x40, 0x7F), *range(0x80, 0xFD)]:
        pair = bytes([lead, trail])
        character = pair.decode("cp932", errors=KEEP)
        assert len(character) == 1
        assert 0xE000 <= ord(character) <= 0xE757
        assert source_bytes(character, "cp932") == pair.hex().upper()


@given(st.binary(max_size=300), st.sampled_from(["utf-8", "cp932", "utf-16-le", "utf-16-be"]))
def test_no_byte_is_lost_or_becomes_a_question_mark(content: bytes, encoding: str) -> None:
    text = content.decode(encoding, errors=KEEP)
    assert text.count("?") == content.decode(encoding, errors="ignore").count("?")
    back = b"".join(
        bytes([ord(sign) - RAW_BYTE]) if RAW_BYTE <= ord(sign) <= RAW_BYTE + 0xFF else sign.encode(encoding)
        for sign in text
    )
    # CP932 writes some characters twice (NEC and IBM rows); the character is the same.
    assert back == content or (encoding == "cp932" and back.decode("cp932", errors=KEEP) == text)


def test_rows_with_quotes_line_breaks_and_broken_quotes() -> None:
    rows = cut(1, ['a,"b,c"', 'd,"e', 'f"', "", 'g,"h', "i,j", "k,l"], ",", 2)
    assert rows.cells == [["a", "b,c"], ["d", "e\nf"], ["i", "j"], ["k", "l"]]
    assert rows.numbers == [1, 2, 6, 7]
    assert [(line.number, line.text) for line in rows.broken] == [(5, 'g,"h')]


@given(st.lists(st.text('ab,"\n\x1a', max_size=12), max_size=12), st.integers(1, 4))
def test_every_line_that_is_not_blank_is_a_row_a_part_of_one_or_broken(texts: list[str], width: int) -> None:
    lines = "\n".join(texts).split("\n")
    rows = cut(1, lines, ",", width)
    told = [line for raw in rows.raws for line in raw.split("\n")] + [line.text for line in rows.broken]
    wanted = [line for line in lines if line and line != "\x1a"]
    assert sorted(line for line in told if line and line != "\x1a") == sorted(wanted)


def test_a_line_break_in_a_cell_survives_the_edge_of_a_block(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    filler = "x" * 99
    lines = [f"{filler},{number}" for number in range(10_400)]
    for at in range(10_200, 10_400, 5):
        lines[at] = f'"{filler}\n{filler}",{at}'
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = [row for first, block in LineReader(path, "utf-8").blocks() for row in cut(first, block, ",", 2).cells]
    assert [row[1] for row in rows] == [str(number) for number in range(10_400)]


def convert(form: Form, raw: str, **more: object) -> str | None:
    return Converter(Column("x", "列", form, **more))[raw]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("form", "raw", "value"),
    [
        (Form.YEN, "45,000", "45000"),
        (Form.YEN, "￥４５，０００", "45000"),
        (Form.YEN, "45000円", "45000"),
        (Form.YEN, "-1", None),
        (Form.YEN, "4,50", None),
        (Form.YEN, "1.5", None),
        (Form.YEN, "99999999999999", None),
        (Form.KEY, " ００１ ", "001"),
        (Form.KEY, "x" * 65, None),
        (Form.WHOLE, "全期", "0"),
        (Form.WHOLE, "3期", "3"),
        (Form.WHOLE, "40000", None),
        (Form.YES_NO, "○", "t"),
        (Form.YES_NO, "多分", None),
        (Form.TEXT, "a\tb\\", "a\\tb\\\\"),
        (Form.DEGREES, "139.5", "139.5"),
        (Form.DEGREES, "200", None),
        (Form.DATE, "00000000", "\\N"),
        (Form.NOTE, "番号は123456789018です", None),
    ],
)
def test_cells(form: Form, raw: str, value: str | None) -> None:
    assert convert(form, raw) == value


def test_whole_columns_and_single_cells_agree() -> None:
    column = Column("x", "列", Form.YEN, required=True)
    assert Converter(column).column_of(["1", "20"]) == ["1", "20"]
    assert Converter(column).column_of(["1", ""]) == ["1", None]
    assert Converter(column).reason("") == "必須の値が空です"


@given(st.lists(st.text(max_size=15), min_size=1, max_size=5), st.sampled_from(list(Form)))
def test_any_cell_is_copy_text_or_refused_with_a_reason(raws: list[str], form: Form) -> None:
    converter = Converter(Column("x", "列", form))
    for raw, value in zip(raws, converter.column_of(raws), strict=True):
        if value is None:
            assert converter.reason(raw)
        else:
            assert not {"\t", "\n", "\r"} & set(value)


def test_individual_numbers() -> None:
    assert is_individual_number("123456789018")
    assert not is_individual_number("123456789012")
    assert not is_individual_number("12345678901")
    assert holds_individual_number("本人:１２３４５６７８９０１８")
    assert not holds_individual_number("0123456789018")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[files", "書き方が正しくありません"),
        ("", "一つもありません"),
        ("[files.unknown]", "ファイルの種類は"),
        ("[files.arrears]\nextent = '半分'", "extent は"),
        ("[files.arrears]\nextent = '全件'\nheadings = 1", "headings という項目はありません"),
        ("[files.arrears]\nextent = '全件'\n[files.arrears.columns]\naddressee_no = 'a'", "必須の列"),
        (
            "[files.flags]\nextent='全件'\n[files.flags.columns]\naddressee_no='a'\nflag_code={column='b', codes='x'}",
            "コード表 [codes.x]",
        ),
        ("[files.flags]\nextent='全件'\n[files.flags.columns]\naddressee_no='a'\nflag_code={}", "どちらか一方"),
        ("[files.arrears]\nextent = '全件'\nas_of = { line = 1 }", "どれか一つ"),
        ("[files.arrears]\nextent = '全件'\nas_of = { file_name = '(' }", "正規表現"),
        ("[city]\ndates = 'maya'\n[files.arrears]\nextent = '全件'", "dates は"),
        ("[municipality]\ncode = 1\n[files.arrears]\nextent = '全件'", "6桁の団体コード"),
    ],
)
def test_a_wrong_mapping_says_where_and_what(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TsunagaruError) as caught:
        load_mapping(path)
    assert sentence in str(caught.value)


def test_the_shipped_mappings_are_good_and_the_standard_one_has_all_eleven() -> None:
    assert set(load_mapping(LAYOUTS / "standard.toml").files) == set(KINDS)
    city = load_mapping(LAYOUTS / "example_city_cp932.toml")
    assert city.municipality is not None
    assert city.of_file("滞納明細_1.csv").kind is ARREARS


def test_the_page_about_intake_names_every_column() -> None:
    page = (LAYOUTS.parents[2] / "docs" / "intake.md").read_text(encoding="utf-8")
    for kind in KINDS.values():
        assert f"{kind.label} `{kind.code}`" in page
        for column in kind.columns:
            assert f"| `{column.name}` | {column.label} |" in page


@settings(max_examples=150)
@given(st.binary(max_size=400), st.booleans())
def test_a_file_of_any_bytes_is_refused_or_read_whole(
    tmp_path_factory: pytest.TempPathFactory, tail: bytes, with_head: bool
) -> None:
    mapping = load_mapping(LAYOUTS / "standard.toml").files["flags"]
    path = tmp_path_factory.mktemp("any") / "停止.csv"
    head = "基準日,2026-06-01\n宛名番号,フラグ\n0001,生保\n".encode()
    path.write_bytes((head if with_head else b"") + tail)
    try:
        reader = FileReader(path, mapping, PhoneContext("", frozenset()), None)
        reader.as_of()
        blocks = list(reader.blocks())
    except TsunagaruError:
        return
    applied = sum(block.copy.count("\n") for block in blocks)
    refused = {reject.row_no for block in blocks for reject in block.rejects}
    assert reader.row_count == applied + len(refused)


def test_kana_keys_meet() -> None:
    assert kana_key("ｼﾖｳｼﾞ ﾀﾛｳ") == kana_key("ショウジ タロウ") == kana_key("しょうじたろう") == "シヨウジタロウ"
    assert kana_key("オーツカ") == "オツカ"


def test_rows_are_named_and_those_that_are_not_are_counted() -> None:
    assert rows_named([3, 9], 2) == "3行目、9行目"
    assert rows_named([1, 2, 3, 4, 5], 1234) == "1行目、2行目、3行目、4行目、5行目 ほか1,229行"
