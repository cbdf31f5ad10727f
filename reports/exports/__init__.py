"""A finished form in every format. The same form gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from reports.exports.as_csv import as_csv
from reports.exports.as_json import as_json
from reports.exports.as_pdf import as_pdf
from reports.exports.as_xlsx import as_xlsx
from reports.figures import Form
from reports.render import page


class Format(Enum):
    """The formats by the word the command line takes."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"
    HTML = "html"


MEDIA_TYPES = {
    Format.JSON: "application/json",
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PDF: "application/pdf",
    Format.HTML: "text/html; charset=utf-8",
}

_WRITERS: dict[Format, Callable[[Form], bytes]] = {
    Format.JSON: as_json,
    Format.CSV: as_csv,
    Format.XLSX: as_xlsx,
    Format.PDF: as_pdf,
    Format.HTML: lambda form: page(form).encode(),
}


def export(form: Form, fmt: Format) -> bytes:
    """The form as a file. Raises TsunagaruError when PDF is asked for on a machine without Pango."""
    return _WRITERS[fmt](form)
