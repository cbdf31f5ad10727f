"""Rows of cells into COPY text, column by column, through the columns a mapping names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from casefile.errors import TsunagaruError
from casefile.intake.cells import NULL, Converter
from casefile.intake.encoding import STRANGE, source_bytes
from casefile.intake.kinds import Column, Form
from casefile.intake.legible import unfit
from casefile.intake.lines import Rows
from casefile.intake.mapping import FileMapping, Source
from casefile.kana import kana_key
from casefile.phone_number import read_phone


@dataclass(frozen=True, slots=True)
class Reject:
    """A refused cell or row. `addressee_no` is empty where nobody can say whose row it is: the row's own cannot be read, or
    the key holds characters that make the line doubtful."""

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


class RowConverter:
    """The columns of one file. `refuse` makes the error with which the file as a whole is refused."""

    def __init__(
        self,
        mapping: FileMapping,
        headings: Sequence[str],
        encoding: str,
        phones: PhoneContext,
        refuse: Callable[[str], TsunagaruError],
    ) -> None:
        self.mapping = mapping
        self.kind = mapping.kind
        self.headings = headings
        self.amount_yen = 0
        self.without_amount: list[int] = []
        self.mapped: tuple[str, ...] = ()
        self._encoding = encoding
        self._phones = phones
        self._refused = refuse
        self._plan: list[tuple[Column, Converter, Source, tuple[int, ...]]] = []
        self._addressee: Converter | None = None
        self._addressee_at: int | None = None
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

    def convert(self, rows: Rows, block: Block) -> None:
        """Fill `block` from rows of the right width."""
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
        self._count_amount(rows.numbers, converted)
        numbers: Sequence[str] = [str(number) for number in rows.numbers]
        columns: list[Sequence[str | None]] = [numbers]
        for (column, _, _, _), raws, values in zip(self._plan, raws_by_column, converted, strict=True):
            columns.append(values)
            if column.form is Form.PHONE:
                columns.extend(self._phone_columns(raws))
            elif column.form is Form.READING:
                columns.append([kana_key(raw) for raw in raws])
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
            of_key = converter.column.name in self.kind.key
            for index, value in enumerate(values):
                if value is None:
                    refused.add(index)
                    block.rejects.append(
                        Reject(
                            rows.numbers[index],
                            heading,
                            converter.reason(raws[index]),
                            rows.raws[index],
                            "" if of_key and unfit(raws[index]) else self._addressee_of(rows.cells[index]),
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
                            source_bytes(sign, self._encoding),
                        )
                    )

    def _count_amount(self, numbers: Sequence[int], converted: list[Sequence[str | None]]) -> None:
        for (column, _, _, _), values in zip(self._plan, converted, strict=True):
            if column.name == self.kind.amount:
                # Refused rows count where their amount can be read: the trailer is about the whole file.
                if None in values:
                    pairs = zip(numbers, values, strict=True)
                    self.without_amount.extend(number for number, value in pairs if value is None)
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
