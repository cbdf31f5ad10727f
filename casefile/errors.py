"""The one kind of error that is meant for the person at the screen."""

from __future__ import annotations


class TsunagaruError(Exception):
    """A user's error or a broken surrounding, told as one Japanese sentence that says what to do.

    The command line prints the sentence and ends with exit code 2; the panel shows it. Everything that is not one of
    these is a defect of ours and keeps its traceback.
    """
