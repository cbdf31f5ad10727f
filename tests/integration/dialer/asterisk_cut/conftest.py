"""A namespace for each test, or none of these tests here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.dialer.asterisk_cut.network import Network, NoNetwork
from tests.integration.dialer.asterisk_node.conftest import asterisk_root as asterisk_root


@pytest.fixture
def network() -> Iterator[Network]:
    try:
        opened = Network()
    except NoNetwork as hindrance:
        pytest.skip(f"no network of its own here: {hindrance}")
    yield opened
    opened.close()
