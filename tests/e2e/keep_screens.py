"""`python -m tests.e2e.keep_screens`: the pictures the browser's tests took become those of docs/screens."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
TAKEN = _ROOT / "test-output" / "screens"
KEPT = _ROOT / "docs" / "screens"


def main() -> int:
    pictures = sorted(TAKEN.glob("*.png"))
    if not pictures:
        print("No pictures in test-output/screens; run: pytest tests/e2e", file=sys.stderr)
        return 1
    KEPT.mkdir(parents=True, exist_ok=True)
    for old in KEPT.glob("*.png"):
        old.unlink()
    for picture in pictures:
        shutil.copyfile(picture, KEPT / picture.name)
    print(f"{len(pictures)} pictures in docs/screens")
    return 0


if __name__ == "__main__":
    sys.exit(main())
