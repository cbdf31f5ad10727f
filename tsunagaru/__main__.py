"""`python -m tsunagaru` is the command `tsunagaru`."""

from __future__ import annotations

import sys

from tsunagaru.cli import main

sys.exit(main())
