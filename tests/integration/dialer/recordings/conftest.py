"""One Asterisk with its far ends for the tests of this folder that need a real line."""

from __future__ import annotations

from tests.integration.dialer.asterisk_node.conftest import ami, asterisk, asterisk_root, far_ends

__all__ = ["ami", "asterisk", "asterisk_root", "far_ends"]
