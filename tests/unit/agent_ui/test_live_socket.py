"""The one end of a browser's connection that Engine.IO leaves open."""

from __future__ import annotations

import ssl

import pytest
from simple_websocket import ConnectionClosed
from wsproto.utilities import LocalProtocolError

from agent_ui.live import BrowserSocket


class _LeavesMeanwhile:
    """Still there when asked, gone when told."""

    connected = True
    told = 0

    def __init__(self, left: Exception) -> None:
        self._left = left

    def close(self) -> None:
        self.told += 1
        raise self._left


@pytest.mark.parametrize(
    "left",
    [
        pytest.param(ConnectionClosed(1001), id="its farewell was read"),
        pytest.param(LocalProtocolError("Connection closed"), id="its farewell is coming in"),
        pytest.param(ConnectionResetError(), id="without a farewell"),
        pytest.param(ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), id="without a farewell, by TLS"),
    ],
)
def test_a_browser_that_leaves_while_it_is_told_to_is_no_error(left: Exception) -> None:
    socket = BrowserSocket(None, None)
    browser = socket.ws = _LeavesMeanwhile(left)
    socket.close()
    assert browser.told == 1
