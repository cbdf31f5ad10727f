"""A file, read through its mapping: checked as a whole, converted in blocks ready for COPY, refused row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from datetime import date
from itertools import islice
from pathlib import Path

from casefile.errors import TsunagaruError
from casefile.intake.cells import INDIVIDUAL_NUMBER_HEADING, is_individual_number
from casefile.intake.converting import Block, PhoneContext, Reject, RowConverter
from casefile.intake.encoding import Recognised, recognise
from casefile.intake.legible import visible
from casefile.intake.lines import LineReader, Rows, cells_of, cut, rows_named
from casefile.intake.mapping import FileMapping
from casefile.wareki import read_date

_FEWEST_INDIVIDUAL_NUMBERS = 3
_SAMPLED_ROWS = 500
_WHOLE_ROW = "(行全体)"
_LINES_NAMED = 10


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
        self._not_cut: list[int] = []
        self._trailer: list[str] | None = None
        self._trailer_number = 0
        self._above: list[str] = []
        self.headings: list[str] = []
        self._open()

    @property
    def mapped(self) -> tuple[str, ...]:
        """The columns of ours the file fills."""
        return self._converter.mapped

    @property
    def amount_yen(self) -> int:
        """The total of the kind's amount over all rows read so far, refused ones included where it can be read."""
        return self._converter.amount_yen

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
        self._converter = RowConverter(
            self.mapping, self.headings, self.recognised.encoding, self._phones, self._refused
        )

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
        self._not_cut.extend(reject.row_no for reject in block.rejects)
        if rows.cells:
            self._converter.convert(rows, block)
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
            self._compare_rows(self._cell(self._trailer, rule.rows))
        if rule.amount is not None:
            self._compare_amounts(self._cell(self._trailer, rule.amount), rows_agree=rule.rows is not None)

    def _compare_rows(self, text: str) -> None:
        if _number(text) != self.row_count:
            raise self._refused(
                f"最終行の件数は「{visible(text.strip())}」、読み取ったのは{self.row_count:,}です。何も取り込んでいません。"
                "ファイルが途中で切れていないか確かめ、出力か転送をやり直してください"
            )

    def _compare_amounts(self, text: str, *, rows_agree: bool) -> None:
        expected, found = _number(text), self.amount_yen
        if expected == found:
            return
        if expected is None:
            raise self._refused(
                f"最終行({self._trailer_number}行目)の金額の合計「{visible(text.strip())}」を数として読めません。何も取り込んでいません。"
                "対応表の trailer の amount が合っているか確かめ、出力か転送をやり直してください"
            )
        label = "" if self.kind.amount is None else self.kind.by_name[self.kind.amount].label
        missing = self._rows_without_amount()
        cause = (
            f"{missing}の{label}を読めません。その行を直すか、出力をやり直してください"
            if missing
            else f"{label}がどこかの行で変わっていないか、対応表で{label}に当てた列が正しいか確かめ、出力か転送をやり直してください"
        )
        rows = f"件数({self.row_count:,})は合っていますが、" if rows_agree else ""
        raise self._refused(
            f"{rows}金額の合計が合いません。最終行では{expected:,}円、読み取れた{label}の合計は{found:,}円(差 {found - expected:+,}円)です。"
            f"何も取り込んでいません。{cause}"
        )

    def _rows_without_amount(self) -> str:
        """The lines whose amount is in no total, named as far as anybody reads; empty when there are none."""
        numbers = sorted({*self._not_cut, *self._converter.without_amount})
        return rows_named(numbers[:_LINES_NAMED], len(numbers))

    @staticmethod
    def _cell(cells: list[str], position: int) -> str:
        return cells[position - 1] if position <= len(cells) else ""

    def _refused(self, what: str) -> TsunagaruError:
        return TsunagaruError(f"{self.path.name}({self.kind.label}): {what}。")


def _number(text: str) -> int | None:
    """A trailer's number; None where it is none."""
    digits = text.strip().replace(",", "").removesuffix("円").removesuffix("件")
    return int(digits) if re.fullmatch(r"-?\d{1,18}", digits) else None
