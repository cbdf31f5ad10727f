"""What a proxy says of a visitor is believed of one's own proxies, and of nobody else."""

from __future__ import annotations

from dataclasses import replace

from agent_ui.app import create_app
from agent_ui.context import PanelContext
from tests.integration.agent_ui.conftest import PASSWORD

HERE = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "panel.city.example"}
PAGE = {"Referer": "https://panel.city.example/"}


def tries(context: PanelContext, *addresses: str) -> list[int]:
    """Answers to wrong passwords from visitors who, by their header, are at these addresses."""
    client = create_app(replace(context, sign_in_rate="1 per hour")).test_client()
    token = client.get("/api/session", headers=HERE).get_json()["csrf_token"]
    body = {"municipality_id": None, "login": "nobody", "password": "x"}
    return [
        client.post(
            "/api/session", json=body, headers={**HERE, **PAGE, "X-CSRFToken": token, "X-Forwarded-For": address}
        ).status_code
        for address in addresses
    ]


def test_behind_a_proxy_tries_to_sign_in_count_by_the_visitor_s_address(context: PanelContext) -> None:
    behind = replace(context, proxies=1)
    assert tries(behind, "192.0.2.1", "192.0.2.2", "192.0.2.1") == [422, 422, 429]


def test_an_address_a_visitor_puts_before_the_proxy_s_is_not_believed(context: PanelContext) -> None:
    behind = replace(context, proxies=1)
    assert tries(behind, "192.0.2.1", "198.51.100.9, 192.0.2.1") == [422, 429]


def test_without_a_proxy_nobody_is_believed(context: PanelContext) -> None:
    assert tries(context, "192.0.2.1", "192.0.2.2") == [422, 429]


def test_changes_over_the_proxy_s_https_come_from_our_own_pages_only(context: PanelContext) -> None:
    client = create_app(replace(context, proxies=1, secure_cookies=True)).test_client()
    # A browser's cookie jar looks at the address it asked, which is the proxy's.
    answer = client.get("/api/session", base_url="https://panel.city.example", headers=HERE)
    assert "Secure" in answer.headers["Set-Cookie"]
    token = answer.get_json()["csrf_token"]
    body = {"municipality_id": None, "login": "operator", "password": PASSWORD}

    def sign_in(page: str) -> int:
        headers = {**HERE, "X-CSRFToken": token, "Referer": page}
        return client.post(
            "/api/session", json=body, base_url="https://panel.city.example", headers=headers
        ).status_code

    assert sign_in("https://elsewhere.example/") == 400
    assert sign_in("https://panel.city.example/") == 200
