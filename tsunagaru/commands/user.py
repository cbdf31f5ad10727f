"""`tsunagaru user`: who may sign in. The first supervisor of a new office is made here; later ones too, if it likes."""

from __future__ import annotations

import getpass
import re
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import Connection

from casefile import accounts, audit
from casefile.accounts import User
from casefile.clock import SystemClock
from casefile.db import Database
from casefile.errors import TsunagaruError
from casefile.ids import TimeOrderedIds
from casefile.problems import EntryRefused
from casefile.roles import DEFAULT_ROLES
from dialer.asterisk.lines import end_browser_lines, give_desk_phone, take_desk_phone
from dialer.asterisk.node.running import new_secret
from dialer.skills import change_skills
from tsunagaru.arguments import Parser
from tsunagaru.database import database_for_a_while
from tsunagaru.municipality import a_municipality, known_municipalities, the_municipality
from tsunagaru.service import migrate
from tsunagaru.settings import Settings

_NODE = re.compile("[a-z0-9][a-z0-9-]{0,39}")
_ROLES = "、".join(f"{role.role_code}({role.name})" for role in DEFAULT_ROLES)


def configure(parser: Parser) -> None:
    parser.add_argument(
        "--municipality", type=a_municipality, metavar="団体コード", help="6桁の団体コード。1団体だけなら省けます"
    )
    actions = parser.add_subparsers(title="すること", metavar="すること", dest="action", required=True)
    adding = actions.add_parser("add", help="利用者を加えます。パスワードは端末か標準入力から読みます")
    adding.add_argument("login", metavar="ログインID")
    adding.add_argument("--name", required=True, metavar="氏名")
    adding.add_argument("--role", action="append", required=True, metavar="役割", help=f"次から。複数可: {_ROLES}")
    for action, what in (
        ("password", "パスワードを変えます。本人の使用中の画面は閉じます"),
        ("close", "利用を止めます。記録は残ります"),
        ("reopen", "利用を再開します"),
    ):
        actions.add_parser(action, help=what, description=what).add_argument("login", metavar="ログインID")
    desk = actions.add_parser(
        "desk-phone", help="席の電話機で通話する人にします。電話機に入れる合言葉を1度だけ示します"
    )
    desk.add_argument("login", metavar="ログインID")
    desk.add_argument("--node", required=True, metavar="ノード", help="電話機がつながる電話のノードの名前")
    by_browser = "ブラウザーで通話する人に戻します"
    actions.add_parser("browser", help=by_browser, description=by_browser).add_argument("login", metavar="ログインID")
    skill = actions.add_parser(
        "skill", help="返電をつなぐときの得意分野を加え、または外します。何も書かなければ今のものを示します"
    )
    skill.add_argument("login", metavar="ログインID")
    what = "language:言語(ISO 639-1。例 language:vi)または tax:科目コード(例 tax:01)。複数可"
    skill.add_argument("--add", action="append", default=[], metavar="得意分野", help=what)
    skill.add_argument("--remove", action="append", default=[], metavar="得意分野", help="同じ書き方で外します")
    actions.add_parser("list", help="利用者の一覧を出します")


def run(args: Namespace) -> int:
    with _office(args.municipality) as (conn, municipality_id):
        try:
            print(_ACTIONS[args.action](conn, municipality_id, args))
        except EntryRefused as refusal:
            raise TsunagaruError(" ".join(problem.sentence for problem in refusal.problems)) from refusal
    return 0


@contextmanager
def _office(wanted: int | None) -> Iterator[tuple[Connection, int]]:
    """One transaction in the named municipality, or the only one."""
    with database_for_a_while(Settings.from_environment()) as url:
        migrate(url)
        database = Database(url, pooled=False)
        try:
            with database.transaction(None) as conn:
                municipality_id = the_municipality(known_municipalities(conn), wanted)
            with database.transaction(municipality_id) as conn:
                yield conn, municipality_id
        finally:
            database.close()


def _add(conn: Connection, municipality_id: int, args: Namespace) -> str:
    clock = SystemClock()
    user = accounts.create_user(
        conn,
        municipality_id,
        login=args.login,
        display_name=args.name,
        password=_new_password(),
        roles=args.role,
        now=clock.now(),
        ids=TimeOrderedIds(clock.now),
    )
    _note(conn, municipality_id, "user.add", user.user_id)
    return f"利用者 {user.login}({user.display_name})を加えました。"


def _password(conn: Connection, municipality_id: int, args: Namespace) -> str:
    user = _named(conn, municipality_id, args.login)
    accounts.set_password(conn, municipality_id, user.user_id, _new_password(), SystemClock().now())
    _note(conn, municipality_id, "user.password", user.user_id)
    return f"利用者 {user.login} のパスワードを変えました。"


def _close(conn: Connection, municipality_id: int, args: Namespace) -> str:
    user = _named(conn, municipality_id, args.login)
    accounts.set_active(conn, municipality_id, user.user_id, False)
    end_browser_lines(conn, user.user_id, SystemClock().now())
    take_desk_phone(conn, user.user_id)
    _note(conn, municipality_id, "user.close", user.user_id)
    return f"利用者 {user.login} の利用を止めました。"


def _reopen(conn: Connection, municipality_id: int, args: Namespace) -> str:
    user = _named(conn, municipality_id, args.login)
    accounts.set_active(conn, municipality_id, user.user_id, True)
    _note(conn, municipality_id, "user.reopen", user.user_id)
    return f"利用者 {user.login} の利用を再開しました。"


def _desk_phone(conn: Connection, municipality_id: int, args: Namespace) -> str:
    if _NODE.fullmatch(args.node) is None:
        raise TsunagaruError(
            f"「{args.node}」は電話のノードの名前ではありません。設定ファイルの name を指定してください。"
        )
    user = _named(conn, municipality_id, args.login)
    given = give_desk_phone(conn, municipality_id, user.user_id, args.node, SystemClock().now(), new_secret)
    _note(conn, municipality_id, "user.desk_phone", user.user_id)
    return (
        f"利用者 {user.login} は電話機で通話します。電話機に次を入れてください(合言葉は二度と示しません)。\n"
        f"  SIPサーバー: {args.node} のアドレス\n  ユーザー名: {given.line.endpoint}\n  合言葉: {given.secret}"
    )


def _browser(conn: Connection, municipality_id: int, args: Namespace) -> str:
    user = _named(conn, municipality_id, args.login)
    if not take_desk_phone(conn, user.user_id):
        raise TsunagaruError(f"利用者 {user.login} に電話機はありません。もうブラウザーで通話します。")
    _note(conn, municipality_id, "user.browser", user.user_id)
    return f"利用者 {user.login} はブラウザーで通話します。電話機の合言葉は使えなくなりました。"


def _skill(conn: Connection, municipality_id: int, args: Namespace) -> str:
    user = _named(conn, municipality_id, args.login)
    now_able = change_skills(conn, municipality_id, user.user_id, add=args.add, remove=args.remove)
    if args.add or args.remove:
        _note(conn, municipality_id, "user.skill", user.user_id)
    return f"利用者 {user.login} の得意分野: {'、'.join(now_able) or 'なし'}"


def _list(conn: Connection, municipality_id: int, args: Namespace) -> str:
    del args
    users = accounts.list_users(conn, municipality_id)
    if not users:
        return "利用者はまだいません。tsunagaru user add で加えてください。"
    return "\n".join(
        f"{user.login}\t{user.display_name}\t{'、'.join(user.roles)}\t{'利用中' if user.active else '停止'}"
        for user in users
    )


_ACTIONS: dict[str, Callable[[Connection, int, Namespace], str]] = {
    "add": _add,
    "password": _password,
    "close": _close,
    "reopen": _reopen,
    "desk-phone": _desk_phone,
    "browser": _browser,
    "skill": _skill,
    "list": _list,
}


def _named(conn: Connection, municipality_id: int, login: str) -> User:
    for user in accounts.list_users(conn, municipality_id):
        if user.login == login:
            return user
    raise TsunagaruError(f"利用者 {login} はいません。tsunagaru user list で確かめてください。")


def _new_password() -> str:
    """Typed twice at a terminal; one line of standard input where a program asks."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("パスワード: ")
    if getpass.getpass("もう一度: ") != password:
        raise TsunagaruError("2回の入力が違います。もう一度実行してください。")
    return password


def _note(conn: Connection, municipality_id: int, action: str, user_id: UUID) -> None:
    clock = SystemClock()
    audit.note(
        conn,
        municipality_id,
        ids=TimeOrderedIds(clock.now),
        at=clock.now(),
        user_id=None,
        actor="tsunagaru user",
        action=action,
        detail={"user_id": str(user_id)},
    )
