"""The mapping file of a city: whose column is which of ours, and how their files are written."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping as Words
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

from casefile.errors import TsunagaruError
from casefile.founding import MunicipalityProfile
from casefile.intake.kinds import KINDS, FileKind
from casefile.phone_number import read_phone
from casefile.wareki import DateStyle

T = TypeVar("T")

ENCODINGS: dict[str, str | None] = {
    "auto": None,
    "utf-8": "utf-8",
    "cp932": "cp932",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
}
DELIMITERS = {"comma": ",", "tab": "\t", "semicolon": ";", ",": ",", "\t": "\t", ";": ";", "|": "|"}
EXTENTS = {"全件": "full", "full": "full", "差分": "delta", "delta": "delta"}


@dataclass(frozen=True, slots=True)
class Source:
    """Where one of our columns comes from: headings of theirs joined by `joined_by`, or a constant `value`."""

    headings: tuple[str, ...]
    joined_by: str
    value: str | None
    default: str | None
    codes: Words[str, str]
    dates: DateStyle
    named: bool
    """Whether the mapping names the column, so that its absence is an error; otherwise an absent one is empty."""


@dataclass(frozen=True, slots=True)
class AsOfRule:
    """Where the 基準日 stands: a cell of a line above the headings, of the trailer, or in the file's name."""

    line: int | None
    cell: int | None
    trailer_cell: int | None
    file_name: re.Pattern[str] | None
    pattern: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class TrailerRule:
    """The last line: its first cell, and which cells (from 1) hold the number of rows and the total of the amount."""

    first: str
    rows: int | None
    amount: int | None


@dataclass(frozen=True, slots=True)
class FileMapping:
    """How one kind of file is written by this city."""

    kind: FileKind
    names: tuple[str, ...]
    encoding: str | None
    delimiter: str
    extent: str
    heading_line: int
    dates: DateStyle
    as_of: AsOfRule | None
    trailer: TrailerRule | None
    sources: Words[str, Source]

    def takes(self, file_name: str) -> bool:
        return any(fnmatchcase(file_name.lower(), pattern.lower()) for pattern in self.names)


@dataclass(frozen=True, slots=True)
class Mapping:
    """A city's mapping file, checked."""

    path: str
    municipality: MunicipalityProfile | None
    area_code: str | None
    files: Words[str, FileMapping]

    def of_file(self, file_name: str) -> FileMapping:
        """Which of its files a name belongs to. Raises TsunagaruError when none or several do."""
        found = [file for file in self.files.values() if file.takes(file_name)]
        if len(found) == 1:
            return found[0]
        if not found:
            wanted = "、".join(f"{file.kind.label}({' '.join(file.names)})" for file in self.files.values())
            raise TsunagaruError(
                f"{file_name}: どの種類のファイルか分かりません。ファイル名を対応表 {self.path} の names に合わせてください。"
                f"対応表にあるのは {wanted} です。"
            )
        labels = "、".join(file.kind.label for file in found)
        raise TsunagaruError(
            f"{file_name}: 名前が {labels} の両方に当てはまります。対応表 {self.path} の names を区別できる形に直してください。"
        )


def load_mapping(path: Path) -> Mapping:
    """Read and check a mapping file. Raises TsunagaruError with the place and what to do."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise TsunagaruError(f"対応表 {path} を読めません({error.strerror})。場所と権限を確かめてください。") from error
    except UnicodeDecodeError as error:
        raise TsunagaruError(f"対応表 {path} はUTF-8で保存してください({error.start}バイト目が読めません)。") from error
    except tomllib.TOMLDecodeError as error:
        raise TsunagaruError(f"対応表 {path} の書き方が正しくありません({error})。その行を直してください。") from error
    return _MappingReader(str(path)).mapping(content)


class _MappingReader:
    """Turns the TOML into a Mapping; every complaint names the table it is about."""

    def __init__(self, path: str) -> None:
        self._path = path

    def mapping(self, content: dict[str, Any]) -> Mapping:
        self._only(content, {"municipality", "city", "files", "codes"}, "対応表")
        city = self._table(content.get("city", {}), "city")
        self._only(city, {"name", "area_code", "encoding", "delimiter", "dates"}, "city")
        files = self._table(content.get("files", {}), "files")
        if not files:
            raise self._error("files", "取り込むファイルが一つもありません。[files.arrears] などを書いてください")
        codes = {
            name: {str(key): str(value) for key, value in self._table(table, f"codes.{name}").items()}
            for name, table in self._table(content.get("codes", {}), "codes").items()
        }
        area_code = city.get("area_code")
        if area_code is not None and not re.fullmatch(r"0\d{1,4}", str(area_code)):
            raise self._error("city", 'area_code は "048" のように市外局番を引用符で囲んで書いてください')
        return Mapping(
            path=self._path,
            municipality=self._municipality(content["municipality"]) if "municipality" in content else None,
            area_code=None if area_code is None else str(area_code),
            files={code: self._file(code, table, city, codes) for code, table in files.items()},
        )

    def _municipality(self, table: Any) -> MunicipalityProfile:
        """Whom the files belong to; enough to register the municipality at its first import."""
        where = "municipality"
        table = self._table(table, where)
        words = ("name", "name_kana", "prefecture", "section_name", "area_code", "caller_number")
        self._only(table, {"code", "section_name_may_be_spoken", *words}, where)
        code = table.get("code")
        if not isinstance(code, str) or not re.fullmatch(r"[0-9]{6}", code):
            raise self._error(where, 'code は "112305" のように6桁の団体コードを引用符で囲んで書いてください')
        for word in words:
            if not isinstance(table.get(word), str) or not table[word].strip():
                raise self._error(where, f"{word} を文字で書いてください")
        caller = read_phone(table["caller_number"], table["area_code"])
        if caller.e164 is None:
            raise self._error(where, f"caller_number の番号は使えません({caller.problem})")
        return MunicipalityProfile(
            municipality_id=int(code),
            name=table["name"],
            name_kana=table["name_kana"],
            prefecture=table["prefecture"],
            section_name=table["section_name"],
            area_code=table["area_code"],
            caller_number=caller.e164,
            section_name_may_be_spoken=table.get("section_name_may_be_spoken") is True,
        )

    def _file(self, code: str, table: Any, city: dict[str, Any], codes: Words[str, Words[str, str]]) -> FileMapping:
        where = f"files.{code}"
        if code not in KINDS:
            raise self._error(where, f"ファイルの種類は {'、'.join(KINDS)} のどれかです")
        table = self._table(table, where)
        known = {"names", "encoding", "delimiter", "extent", "heading_line", "dates", "as_of", "trailer", "columns"}
        self._only(table, known, where)
        kind = KINDS[code]
        dates = self._dates(table.get("dates", city.get("dates", "auto")), where)
        names = table.get("names", [f"*{code}*"])
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            raise self._error(where, 'names は ["滞納*.csv"] のようにファイル名の型の並びで書いてください')
        heading_line = table.get("heading_line", 1)
        if not isinstance(heading_line, int) or heading_line < 1:
            raise self._error(where, "heading_line は列名の行が何行目かを1以上の整数で書いてください")
        return FileMapping(
            kind=kind,
            names=tuple(names),
            encoding=self._one_of(ENCODINGS, table.get("encoding", city.get("encoding", "auto")), where, "encoding"),
            delimiter=self._one_of(DELIMITERS, table.get("delimiter", city.get("delimiter", ",")), where, "delimiter"),
            extent=self._one_of(EXTENTS, table.get("extent"), where, "extent"),
            heading_line=heading_line,
            dates=dates,
            as_of=self._as_of(table["as_of"], where) if "as_of" in table else None,
            trailer=self._trailer(table["trailer"], where) if "trailer" in table else None,
            sources=self._sources(kind, table.get("columns"), dates, codes, f"{where}.columns"),
        )

    def _sources(
        self, kind: FileKind, columns: Any, dates: DateStyle, codes: Words[str, Words[str, str]], where: str
    ) -> dict[str, Source]:
        if columns is None:
            # The standard layout: our own headings, of which those not required may be missing.
            return {
                column.name: Source((column.label,), "", None, None, {}, dates, named=column.required)
                for column in kind.columns
            }
        columns = self._table(columns, where)
        self._only(columns, set(kind.by_name), where)
        missing = [column for column in kind.columns if column.required and column.name not in columns]
        if missing:
            raise self._error(
                where, "必須の列 " + "、".join(f"{c.name}({c.label})" for c in missing) + " を書いてください"
            )
        return {name: self._source(entry, dates, codes, f"{where}.{name}") for name, entry in columns.items()}

    def _source(self, entry: Any, dates: DateStyle, codes: Words[str, Words[str, str]], where: str) -> Source:
        if isinstance(entry, str):
            entry = {"column": entry}
        entry = self._table(entry, where)
        self._only(entry, {"column", "columns", "joined_by", "value", "default", "codes", "dates"}, where)
        headings = entry.get("columns", [entry["column"]] if "column" in entry else [])
        if not isinstance(headings, list) or not all(isinstance(heading, str) for heading in headings):
            raise self._error(where, "column には相手の列名を書いてください")
        if bool(headings) == ("value" in entry):
            raise self._error(where, "column(相手の列名)か value(決まった値)のどちらか一方を書いてください")
        table_name = entry.get("codes")
        if table_name is not None and table_name not in codes:
            raise self._error(where, f"コード表 [codes.{table_name}] がありません")
        default = entry.get("default")
        return Source(
            headings=tuple(headings),
            joined_by=str(entry.get("joined_by", "-")),
            value=None if "value" not in entry else str(entry["value"]),
            default=None if default is None else str(default),
            codes=codes[table_name] if table_name is not None else {},
            dates=self._dates(entry["dates"], where) if "dates" in entry else dates,
            named=True,
        )

    def _as_of(self, entry: Any, where: str) -> AsOfRule:
        where += ".as_of"
        entry = self._table(entry, where)
        self._only(entry, {"line", "cell", "trailer_cell", "file_name", "pattern"}, where)
        ways = [("line" in entry and "cell" in entry), "trailer_cell" in entry, "file_name" in entry]
        if sum(ways) != 1:
            raise self._error(where, "line と cell、trailer_cell、file_name のどれか一つの書き方にしてください")
        return AsOfRule(
            line=self._position(entry, "line", where),
            cell=self._position(entry, "cell", where),
            trailer_cell=self._position(entry, "trailer_cell", where),
            file_name=self._pattern(entry, "file_name", where),
            pattern=self._pattern(entry, "pattern", where),
        )

    def _trailer(self, entry: Any, where: str) -> TrailerRule:
        where += ".trailer"
        entry = self._table(entry, where)
        self._only(entry, {"first", "rows", "amount"}, where)
        if not isinstance(entry.get("first"), str) or not entry["first"]:
            raise self._error(where, "first に最終行の先頭の文字(「合計」など)を書いてください")
        return TrailerRule(entry["first"], self._position(entry, "rows", where), self._position(entry, "amount", where))

    def _position(self, entry: dict[str, Any], name: str, where: str) -> int | None:
        value = entry.get(name)
        if value is not None and (not isinstance(value, int) or value < 1):
            raise self._error(where, f"{name} は1以上の整数で書いてください")
        return value

    def _pattern(self, entry: dict[str, Any], name: str, where: str) -> re.Pattern[str] | None:
        if name not in entry:
            return None
        try:
            pattern = re.compile(str(entry[name]))
        except re.error as error:
            raise self._error(where, f"{name} の正規表現が正しくありません({error})") from error
        if pattern.groups != 1:
            raise self._error(where, f"{name} には日付を囲む括弧を一組だけ書いてください")
        return pattern

    def _dates(self, value: Any, where: str) -> DateStyle:
        try:
            return DateStyle(value)
        except ValueError:
            raise self._error(where, "dates は auto(自動)、western(西暦)、wareki(和暦)のどれかです") from None

    def _one_of(self, words: Words[str, T], value: Any, where: str, name: str) -> T:
        if isinstance(value, str) and value.lower() in words:
            return words[value.lower()]
        raise self._error(where, f"{name} は {'、'.join(repr(word) for word in words)} のどれかを書いてください")

    def _table(self, value: Any, where: str) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        raise self._error(where, "表([...])の形で書いてください")

    def _only(self, table: Words[str, Any], known: set[str], where: str) -> None:
        strange = sorted(set(table) - known)
        if strange:
            raise self._error(
                where, f"{'、'.join(strange)} という項目はありません。使えるのは {'、'.join(sorted(known))} です"
            )

    def _error(self, where: str, what: str) -> TsunagaruError:
        return TsunagaruError(f"対応表 {self._path} の [{where}]: {what}。")
