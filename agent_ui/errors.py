"""Errors for the person at the screen: a status, one Japanese sentence, and problems by field where there are any."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from apiflask import APIFlask, HTTPError
from flask import jsonify
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException

from casefile.errors import TsunagaruError

_log = logging.getLogger(__name__)

_SENTENCES = {
    400: "送られた内容を読み取れませんでした。画面を再読み込みして、もう一度操作してください。",
    404: "お探しのものは見つかりませんでした。",
    405: "この操作は受け付けられません。画面を再読み込みしてください。",
    413: "送られた内容が大きすぎます。",
    422: "入力内容に誤りがあります。",
    429: "操作が続いたため、しばらく受け付けられません。1分ほど待ってからもう一度お試しください。",
}
_UNSTORABLE = "扱えない文字や数値が含まれています。入力し直してください。"
_DEFECT = (
    "処理中に問題が起きました。入力した内容は画面に残っています。もう一度操作し、続く場合は管理者に連絡してください。"
)


class Refused(TsunagaruError):
    """A request that cannot be done as asked. `problems` pairs a field of the form with a sentence."""

    status = 409

    def __init__(self, sentence: str, problems: list[dict[str, str]] | None = None) -> None:
        super().__init__(sentence)
        self.problems = problems or []


class NotSignedIn(Refused):
    status = 401


class Forbidden(Refused):
    status = 403


class PasswordExpired(Forbidden):
    """Login and password were right; the answer names the field that is missing, for the screen to ask for it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, [{"field": "new_password", "message": sentence}])


class NotFound(Refused):
    status = 404


class Invalid(Refused):
    status = 422


class Unavailable(Refused):
    status = 503


def install(app: APIFlask) -> None:
    """Answer every error under /api as JSON with a sentence; a defect of ours is logged without what was sent."""

    @app.errorhandler(TsunagaruError)
    def told(error: TsunagaruError) -> ResponseReturnValue:
        status = error.status if isinstance(error, Refused) else 409
        problems = error.problems if isinstance(error, Refused) else []
        return _answer(status, str(error), problems)

    @app.errorhandler(CSRFError)
    def forged(error: CSRFError) -> ResponseReturnValue:
        del error
        return _answer(400, "画面の有効期限が切れました。再読み込みしてからもう一度操作してください。", [])

    @app.errorhandler(DataError)
    @app.errorhandler(UnicodeEncodeError)
    @app.errorhandler(RecursionError)
    def unstorable(error: Exception) -> ResponseReturnValue:
        # A NUL, half a surrogate pair, a number no column holds, brackets without end: nobody types these by hand.
        _log.warning("a request held what cannot be stored: %s", type(error).__name__)
        return _answer(422, _UNSTORABLE, [])

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        status = error.code or 500
        return _answer(status, _SENTENCES.get(status, _DEFECT), [])

    @app.errorhandler(Exception)
    def defect(error: Exception) -> ResponseReturnValue:
        # Only where it happened: a database's message repeats the row it choked on, with a person's data in it.
        where = "".join(traceback.format_tb(error.__traceback__))
        _log.error("a request failed by a defect: %s\n%s", type(error).__name__, where)
        return _answer(500, _DEFECT, [])

    @app.error_processor
    def described(error: HTTPError) -> Any:
        problems = _problems_of(error.detail) if error.status_code == 422 else []
        return _answer(error.status_code, _SENTENCES.get(error.status_code, _DEFECT), problems)


def _answer(status: int, sentence: str, problems: list[dict[str, str]]) -> ResponseReturnValue:
    return jsonify({"message": sentence, "problems": problems}), status


def _problems_of(detail: Any) -> list[dict[str, str]]:
    """Pydantic's findings by field; its own English sentence says nothing to an operator."""
    if not isinstance(detail, dict):
        return []
    fields = [name for found in detail.values() if isinstance(found, dict) for name in found]
    return [{"field": name, "message": "値の形が正しくありません。入力し直してください。"} for name in fields]
