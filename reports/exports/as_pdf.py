"""PDF of the printed page, A4 landscape, for the section chief's desk."""

from __future__ import annotations

from casefile.errors import TsunagaruError
from reports.figures import Form
from reports.render import page


def as_pdf(form: Form) -> bytes:
    """Laid out by WeasyPrint. Nothing is fetched: a form names no outside address.

    Raises TsunagaruError when the machine lacks Pango, which WeasyPrint needs.
    """
    try:
        # Imported here: it loads Pango, which a machine that prints nothing need not have.
        from weasyprint import HTML
    except OSError as error:
        raise TsunagaruError(
            "PDFを作るための部品(Pango)がこの機械にありません。libpango-1.0-0 と libpangoft2-1.0-0 と libharfbuzz-subset0 と"
            "日本語フォント(fonts-noto-cjk)を入れるか、--format html で出して印刷してください。"
        ) from error
    written = HTML(string=page(form), url_fetcher=_refuse).write_pdf()
    assert isinstance(written, bytes)
    return written


def _refuse(url: str) -> dict[str, object]:
    raise ValueError(f"a form must not fetch anything, and this one asks for {url}")
