"""The one end of a browser's connection that Engine.IO leaves open."""

from __future__ import annotations

from simple_websocket import ConnectionClosed

from agent_ui.live import BrowserSocket


class _LeavesMeanwhile:
    """Still there when asked, gone when told."""

    connected = True
    told = 0

    def close(self) -> None:
        self.told += 1
        raise ConnectionClosed(1001)


def test_a_browser_that_leaves_while_it_is_told_to_is_no_error() -> None:
    socket = BrowserSocket(None, None)
    browser = socket.ws = _LeavesMeanwhile()
    socket.close()
    assert browser.told == 1
