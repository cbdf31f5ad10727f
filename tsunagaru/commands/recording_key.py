"""`tsunagaru recording-key`: the keys that seal recordings. The private ones stay in a folder of the office."""

from __future__ import annotations

from argparse import Namespace

from dialer.asterisk.recording.keys import CURRENT, KeyRing, load_public, make_keys
from tsunagaru.arguments import Parser
from tsunagaru.settings import Settings


def configure(parser: Parser) -> None:
    actions = parser.add_subparsers(title="すること", metavar="すること", dest="action", required=True)
    actions.add_parser("make", help="新しい鍵を作り、これからの録音に使います。前の鍵は残ります")
    actions.add_parser("list", help="ここにある秘密鍵の一覧を出します")


def run(args: Namespace) -> int:
    folder = Settings.from_environment().recording_keys
    if args.action == "make":
        made = make_keys(folder)
        print(f"録音の鍵 {made.key_id} を作りました。")
        print(f"公開鍵 {folder / CURRENT} を Asterisk のノードに置いてください。ノードは次の録音からこの鍵を使います。")
        print(
            f"秘密鍵 {folder / f'{made.key_id}.private.pem'} を失うと録音は二度と再生できません。"
            "tsunagaru backup には入らないので、別の媒体に控えを取り、施錠して保管してください。"
        )
        return 0
    known = KeyRing(folder).known()
    current = load_public(folder / CURRENT).key_id if known else None
    for key_id in known:
        print(f"{key_id}{'  (現在の鍵)' if key_id == current else ''}")
    if not known:
        print(f"{folder} に秘密鍵はありません。tsunagaru recording-key make で作ってください。")
    return 0
