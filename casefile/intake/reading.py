"""A file, read through its mapping: checked as a whole, converted in blocks ready for COPY, refused row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path

from casefile.errors import TsunagaruError
from casefile.intake.cells import INDIVIDUAL_NUMBER_HEADING, NULL, Converter, is_individual_number
from casefile.intake.encoding import STRANGE, Recognised, recognise, source_bytes
from casefile.intake.kinds import Column, Form
from casefile.intake.lines import LineReader, Rows, cells_of, cut
from casefile.intake.mapping import FileMapping, Source
from casefile.phone_number import read_phone
from casefile.wareki import read_date

_FEWEST_INDIVIDUAL_NUMBERS = 3
_SAMPLED_ROWS = 500
_WHOLE_ROW = "(行全体)"


@dataclass(frozen=True, slots=True)
class Reject:
    """A refused cell or row. `addressee_no` is empty where the row's own could not be read."""

    row_no: int
    column: str
    reason: str
    raw: str
    addressee_no: str


@dataclass(frozen=True, slots=True)
class Strange:
    """A private-use, undecodable or lost character, kept as it came."""

    row_no: int
    column: str
    code_point: str
    source_bytes: str


@dataclass(slots=True)
class Block:
    """Some rows of a file: `copy` is COPY text of those that can be applied."""

    copy: str
    rows: int
    rejects: list[Reject] = field(default_factory=list)
    strange: list[Strange] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PhoneContext:
    """What is needed to complete and judge the telephone numbers of a file."""

    area_code: str
    own_numbers: frozenset[str]


class FileReader:
    """One file. `open` checks what stands above the rows; `blocks` streams them; afterwards `finish` checks the end."""

    def __init__(self, path: Path, mapping: FileMapping, phones: PhoneContext, as_of: date | None) -> None:
        self.path = path
        self.mapping = mapping
        self.kind = mapping.kind
        self._phones = phones
        self._given_as_of = as_of
        self.recognised: Recognised = recognise(path, mapping.encoding)
        self._lines = LineReader(path, self.recognised.encoding)
        self.row_count = 0
        self.amount_yen = 0
        self._trailer: list[str] | None = None
        self._trailer_number = 0
        self._above: list[str] = []
        self.headings: list[str] = []
        self.mapped: tuple[str, ...] = ()
        self._plan: list[tuple[Column, Converter, Source, tuple[int, ...]]] = []
        self._addressee: Converter | None = None
        self._addressee_at: int | None = None
        self._open()

    # -- what stands above ---------------------------------------------------------------------------------------------

    def _open(self) -> None:
        first = next(self._lines.blocks(), None)
        lines = [] if first is None else first[1]
        wanted = self.mapping.heading_line
        if len(lines) < wanted:
            raise self._refused(
                f"列名の行({wanted}行目)がありません。ファイルが空か、途中で切れていないか確かめてください"
            )
        delimiter = self.mapping.delimiter
        self._above = lines[: wanted - 1]
        self.headings = [heading.strip() for heading in cells_of(lines[wanted - 1], delimiter)]
        self._refuse_individual_number_columns()
        self._map_columns()

    def _map_columns(self) -> None:
        place: dict[str, int] = {}
        twice = []
        for index, heading in enumerate(self.headings):
            if heading in place:
                twice.append(heading)
            place.setdefault(heading, index)
        missing, mapped = [], []
        for name, source in self.mapping.sources.items():
            column = self.kind.by_name[name]
            absent = [heading for heading in source.headings if heading not in place]
            if absent and not source.named:
                continue
            missing.extend(absent)
            if absent:
                continue
            ambiguous = [heading for heading in source.headings if heading in twice]
            if ambiguous:
                raise self._refused(f"列名「{ambiguous[0]}」が二つあります。どちらか分かるように列名を直してください")
            mapped.append(name)
            converter = Converter(column, default=source.default, codes=source.codes, dates=source.dates)
            self._plan.append((column, converter, source, tuple(place[heading] for heading in source.headings)))
        if missing:
            found = "、".join(f"「{heading}」" for heading in self.headings if heading)[:300]
            raise self._refused(
                f"列 {'、'.join(f'「{heading}」' for heading in missing)} がありません。{self.mapping.heading_line}行目にあるのは "
                f"{found or '空の行'} です。対応表の列名か heading_line、文字コード、区切り文字を確かめてください"
            )
        self._add_fallbacks(mapped)
        self.mapped = tuple(mapped)
        for column, converter, _, places in self._plan:
            if column.name == "addressee_no" and len(places) == 1:
                self._addressee, self._addressee_at = converter, places[0]

    def _add_fallbacks(self, mapped: list[str]) -> None:
        """A column nobody mapped, but whose value another one gives, is filled like an empty one."""
        for column in self.kind.columns:
            if column.fallback in mapped and column.name not in mapped:
                mapped.append(column.name)
                empty = Source((), "", "", None, {}, self.mapping.dates, named=False)
                self._plan.append((column, Converter(column), empty, ()))

    def _refuse_individual_number_columns(self) -> None:
        for heading in self.headings:
            if INDIVIDUAL_NUMBER_HEADING.search(heading):
                raise self._individual_number(heading)

    def _individual_number(self, heading: str) -> TsunagaruError:
        return self._refused(
            f"列「{heading}」に個人番号(マイナンバー)があります。個人番号は取り込めません。"
            "基幹システムの出力からこの列を外して出し直し、このファイルは定めに従って消してください"
        )

    # -- the rows ------------------------------------------------------------------------------------------------------

    def blocks(self) -> Iterator[Block]:
        """Every row once, converted or refused. Raises TsunagaruError where the file as a whole cannot be trusted."""
        sampled = False
        for number, lines in self._lines.blocks():
            skipped = max(0, self.mapping.heading_line - number + 1)
            rows = cut(number + skipped, lines[skipped:], self.mapping.delimiter, len(self.headings))
            self._take_trailer(rows, lines)
            if not sampled:
                self._refuse_individual_number_values(rows)
                sampled = True
            yield self._block(rows)

    def raws(self, wanted: Set[int]) -> Iterator[tuple[int, str]]:
        """The raw lines of some rows, by row number; the file is read once more."""
        for number, lines in self._lines.blocks():
            skipped = max(0, self.mapping.heading_line - number + 1)
            rows = cut(number + skipped, lines[skipped:], self.mapping.delimiter, len(self.headings))
            for row_no, raw in zip(rows.numbers, rows.raws, strict=True):
                if row_no in wanted:
                    yield row_no, raw

    def _take_trailer(self, rows: Rows, lines: list[str]) -> None:
        rule = self.mapping.trailer
        if rule is None:
            return
        if self._trailer is None and any(rule.first in line for line in lines):
            for index, cells in enumerate(rows.cells):
                if cells[0].strip() == rule.first:
                    self._trailer = cells
                    self._trailer_number = rows.numbers.pop(index)
                    del rows.cells[index], rows.raws[index]
                    break
        after = [number for number in rows.numbers if self._trailer is not None and number > self._trailer_number]
        if after:
            raise self._refused(
                f"最終行「{rule.first}」({self._trailer_number}行目)の後の{after[0]}行目にもデータがあります。"
                "ファイルをつなぎ合わせていないか確かめ、一つずつ取り込んでください"
            )

    def _refuse_individual_number_values(self, rows: Rows) -> None:
        for index, heading in enumerate(self.headings):
            values = [cells[index].strip() for cells in islice(rows.cells, _SAMPLED_ROWS) if index < len(cells)]
            values = [value for value in values if value]
            if len(set(values)) >= _FEWEST_INDIVIDUAL_NUMBERS and all(is_individual_number(value) for value in values):
                raise self._individual_number(heading)

    def _block(self, rows: Rows) -> Block:
        block = Block("", len(rows.numbers) + len(rows.broken))
        self.row_count += block.rows
        for line in rows.broken:
            reason = '引用符(")が閉じていません。値の中の " は "" と二つ重ねてください'
            block.rejects.append(Reject(line.number, _WHOLE_ROW, reason, line.text, ""))
        self._refuse_wrong_widths(rows, block)
        if rows.cells:
            self._convert(rows, block)
        return block

    def _refuse_wrong_widths(self, rows: Rows, block: Block) -> None:
        width = len(self.headings)
        if all(len(cells) == width for cells in rows.cells):
            return
        kept = Rows()
        for number, cells, raw in zip(rows.numbers, rows.cells, rows.raws, strict=True):
            if len(cells) >= width and not any(cell.strip() for cell in cells[width:]):
                kept.numbers.append(number)
                kept.cells.append(cells[:width])
                kept.raws.append(raw)
            else:
                reason = f"列の数が{len(cells)}で、列名の行の{width}と合いません。区切り文字や引用符を確かめてください"
                block.rejects.append(Reject(number, _WHOLE_ROW, reason, raw, ""))
        rows.numbers, rows.cells, rows.raws = kept.numbers, kept.cells, kept.raws

    def _convert(self, rows: Rows, block: Block) -> None:
        by_heading = list(zip(*rows.cells, strict=True))
        raws_by_column = [
            self._raws(source, places, by_heading, len(rows.cells)) for _, _, source, places in self._plan
        ]
        converted = [
            converter.column_of(raws) for (_, converter, _, _), raws in zip(self._plan, raws_by_column, strict=True)
        ]
        refused = self._refused_rows(rows, raws_by_column, converted, block)
        self._fall_back(converted)
        if STRANGE.search("\n".join(rows.raws)):
            self._note_strange(rows, raws_by_column, refused, block)
        self._count_amount(raws_by_column, converted)
        numbers: Sequence[str] = [str(number) for number in rows.numbers]
        columns: list[Sequence[str | None]] = [numbers]
        for (column, _, _, _), raws, values in zip(self._plan, raws_by_column, converted, strict=True):
            columns.append(values)
            if column.form is Form.PHONE:
                columns.extend(self._phone_columns(raws))
        lines = (
            map("\t".join, zip(*columns, strict=True))
            if not refused
            else (
                "\t".join(str(value) for value in values)
                for index, values in enumerate(zip(*columns, strict=True))
                if index not in refused
            )
        )
        text = "\n".join(lines)
        block.copy = text + "\n" if text else ""

    def _raws(
        self, source: Source, places: tuple[int, ...], by_heading: list[tuple[str, ...]], rows: int
    ) -> Sequence[str]:
        if source.value is not None:
            return [source.value] * rows
        if len(places) == 1:
            return by_heading[places[0]]
        return [
            source.joined_by.join(cell.strip() for cell in cells)
            for cells in zip(*(by_heading[p] for p in places), strict=True)
        ]

    def _refused_rows(
        self,
        rows: Rows,
        raws_by_column: list[Sequence[str]],
        converted: list[Sequence[str | None]],
        block: Block,
    ) -> set[int]:
        refused: set[int] = set()
        for (_, converter, source, _), raws, values in zip(self._plan, raws_by_column, converted, strict=True):
            if None not in values:
                continue
            heading = "+".join(source.headings) or converter.column.label
            for index, value in enumerate(values):
                if value is None:
                    refused.add(index)
                    block.rejects.append(
                        Reject(
                            rows.numbers[index],
                            heading,
                            converter.reason(raws[index]),
                            rows.raws[index],
                            self._addressee_of(rows.cells[index]),
                        )
                    )
        return refused

    def _fall_back(self, converted: list[Sequence[str | None]]) -> None:
        """Empty cells that take the value of another column."""
        at = {column.name: index for index, (column, _, _, _) in enumerate(self._plan)}
        for index, (column, _, _, _) in enumerate(self._plan):
            if column.fallback and NULL in converted[index]:
                others = converted[at[column.fallback]]
                converted[index] = [
                    other if value == NULL else value for value, other in zip(converted[index], others, strict=True)
                ]

    def _addressee_of(self, cells: list[str]) -> str:
        if self._addressee is None or self._addressee_at is None:
            return ""
        value = self._addressee[cells[self._addressee_at]]
        return "" if value is None or value == NULL else value

    def _note_strange(self, rows: Rows, raws_by_column: list[Sequence[str]], refused: set[int], block: Block) -> None:
        for (_, converter, source, _), raws in zip(self._plan, raws_by_column, strict=True):
            heading = "+".join(source.headings) or converter.column.label
            for index, raw in enumerate(raws):
                if index in refused or not STRANGE.search(raw):
                    continue
                for sign in dict.fromkeys(STRANGE.findall(raw)):
                    block.strange.append(
                        Strange(
                            rows.numbers[index],
                            heading,
                            f"U+{ord(sign):04X}",
                            source_bytes(sign, self.recognised.encoding),
                        )
                    )

    def _count_amount(self, raws_by_column: list[Sequence[str]], converted: list[Sequence[str | None]]) -> None:
        for (column, _, _, _), _, values in zip(self._plan, raws_by_column, converted, strict=True):
            if column.name == self.kind.amount:
                # Refused rows count where their amount can be read: the trailer is about the whole file.
                self.amount_yen += sum(int(value) for value in values if value is not None and value != NULL)

    def _phone_columns(self, raws: Sequence[str]) -> list[list[str]]:
        """raw_digits, e164, line_type and problem of each number."""
        digits, e164s, types, problems = [], [], [], []
        for raw in raws:
            phone = read_phone(raw, self._phones.area_code, self._phones.own_numbers)
            digits.append(phone.digits or "-")
            e164s.append(phone.e164 or NULL)
            types.append(phone.line_type.value)
            problems.append(phone.problem or NULL)
        return [digits, e164s, types, problems]

    # -- the end -------------------------------------------------------------------------------------------------------

    def as_of(self) -> date:
        """The 基準日 from the place the mapping names, or the option. Raises TsunagaruError when there is none or two
        that differ. A trailer's is known only after all rows were read."""
        found = self._stated_as_of()
        if found is None and self._given_as_of is None:
            raise self._refused(
                "基準日が分かりません。対応表の as_of に場所を書くか、--as-of 2026-06-01 の形で指定してください"
            )
        if found is not None and self._given_as_of is not None and found != self._given_as_of:
            raise self._refused(f"ファイルの基準日は{found}、指定は{self._given_as_of}です。正しい方に合わせてください")
        day = found or self._given_as_of
        assert day is not None
        return day

    def as_of_is_known_late(self) -> bool:
        rule = self.mapping.as_of
        return rule is not None and rule.trailer_cell is not None

    def _stated_as_of(self) -> date | None:
        rule = self.mapping.as_of
        if rule is None:
            return None
        if rule.file_name is not None:
            found = rule.file_name.search(self.path.name)
            return self._read_as_of(found[1] if found else "", "ファイル名")
        if rule.trailer_cell is not None:
            return self._read_as_of(self._cell(self._trailer or [], rule.trailer_cell), "最終行")
        assert rule.line is not None
        assert rule.cell is not None
        if rule.line > len(self._above):
            raise self._refused(f"対応表の as_of の line {rule.line} は heading_line より上の行にしてください")
        cells = cells_of(self._above[rule.line - 1], self.mapping.delimiter)
        return self._read_as_of(self._cell(cells, rule.cell), f"{rule.line}行目の{rule.cell}番目の値")

    def _read_as_of(self, text: str, where: str) -> date:
        rule = self.mapping.as_of
        if rule is not None and rule.pattern is not None:
            found = rule.pattern.search(text)
            text = found[1] if found else ""
        try:
            day = read_date(text, self.mapping.dates)
        except ValueError:
            day = None
        if day is None:
            raise self._refused(
                f"{where}から基準日を読めません。ファイルの先頭が欠けていないか、対応表の as_of が合っているか確かめてください"
            )
        return day

    def finish(self) -> None:
        """Compare the trailer with what was read. Raises TsunagaruError when they differ or the trailer is missing."""
        rule = self.mapping.trailer
        if rule is None:
            return
        if self._trailer is None:
            raise self._refused(
                f"最終行「{rule.first}」がありません。ファイルが途中で切れている恐れがあります。出力か転送をやり直してください"
            )
        if rule.rows is not None:
            self._compare("件数", self._cell(self._trailer, rule.rows), self.row_count)
        if rule.amount is not None:
            self._compare("金額の合計", self._cell(self._trailer, rule.amount), self.amount_yen)

    def _compare(self, what: str, text: str, found: int) -> None:
        digits = text.strip().replace(",", "").removesuffix("円").removesuffix("件")
        if not digits.lstrip("-").isdecimal() or int(digits) != found:
            raise self._refused(
                f"最終行の{what}は「{text.strip()[:30]}」、読み取ったのは{found:,}です。何も取り込んでいません。"
                "ファイルが途中で切れていないか確かめ、出力か転送をやり直してください"
            )

    @staticmethod
    def _cell(cells: list[str], position: int) -> str:
        return cells[position - 1] if position <= len(cells) else ""

    def _refused(self, what: str) -> TsunagaruError:
        return TsunagaruError(f"{self.path.name}({self.kind.label}): {what}。")
