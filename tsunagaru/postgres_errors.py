"""What can go wrong with the embedded server, each as a sentence that says what to do."""

from __future__ import annotations

import errno
import re
from pathlib import Path

from casefile.errors import TsunagaruError


def last_line(words: str) -> str:
    """The last line that says anything."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return lines[-1] if lines else "理由の表示なし"


def telling_line(words: str) -> str:
    """The line of PostgreSQL's words that says why it gave up."""
    telling = [line.strip() for line in words.splitlines() if re.search(r"FATAL|PANIC|error:", line)]
    return telling[-1] if telling else last_line(words)


def server_error(home: Path, words: str, what: str) -> TsunagaruError:
    """What PostgreSQL's programs said, as what to do about it."""
    if "No space left on device" in words:
        return full_disk(home)
    if "could not create shared memory segment" in words:
        return TsunagaruError(
            f"{what}。共有メモリーが足りません。ほかのデータベースを止めるか、メモリーを増やしてください。"
        )
    if re.search(r"[Pp]ermission denied", words):
        return TsunagaruError(f"{what}。{home} の中のファイルの持ち主と権限を直してから、もう一度実行してください。")
    reason = telling_line(words)
    return TsunagaruError(
        f"{what}({reason})。{home / 'log'} の記録を確かめ、直せないときは"
        f"{home / 'postgresql'} を別の名前に変えて「tsunagaru restore」でバックアップから戻してください。"
    )


def full_disk(home: Path) -> TsunagaruError:
    """The disk that holds `home` is full."""
    return TsunagaruError(
        f"{home} のあるディスクの空きが足りません。200MB以上空けてから、もう一度実行してください(データは失われていません)。"
    )


def folder_error(path: Path, error: OSError) -> TsunagaruError:
    """What the system said of a file or folder of ours."""
    if error.errno == errno.ENOSPC:
        return full_disk(path)
    return TsunagaruError(
        f"{path} を読み書きできません({error.strerror})。フォルダーの持ち主と権限を確かめるか、"
        "TSUNAGARU_HOME で書き込める別のフォルダーを指定してください。"
    )
