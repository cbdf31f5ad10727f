"""`tsunagaru certificate make`: HTTPS for an office that has no certificate of its own."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from casefile.clock import SystemClock
from tsunagaru.arguments import Parser
from tsunagaru.certificates import Certificates, expiry, fingerprint, make_certificates
from tsunagaru.settings import Settings


def configure(parser: Parser) -> None:
    doings = parser.add_subparsers(title="すること", metavar="すること", dest="doing", required=True)
    make = doings.add_parser("make", help="小さな認証局とサーバー証明書を作ります")
    make.add_argument(
        "--host",
        nargs="+",
        required=True,
        metavar="名前",
        help="アドレス欄に打つ機械の名前かIPアドレス(電話のノードの分も)",
    )
    make.add_argument("--out", type=Path, metavar="フォルダー", help="置き場所(既定は TSUNAGARU_HOME の certificates)")


def run(args: Namespace) -> int:
    settings = Settings.from_environment()
    folder = args.out or settings.certificates
    made = make_certificates(folder, args.host, SystemClock().now())
    print(_told(made))
    return 0


def _told(made: Certificates) -> str:
    ends = expiry(made.chain, made.key)
    return f"""証明書を作りました(期限 {ends:%Y-%m-%d}。30日前から「tsunagaru doctor」が知らせます)。

1. 画面を暗号化して動かします。
   tsunagaru serve --certificate {made.chain} --key {made.key}
   電話のノードの設定ファイルの [certificate] にも、同じ二つ(chain と key)を指定します。

2. 認証局 {made.authority} を、パネルを使う各パソコンに配ります(配るのはこのファイルだけです)。
   Windows(全台): グループポリシー「コンピューターの構成 > Windows の設定 > セキュリティの設定 > 公開キーのポリシー
     > 信頼されたルート証明機関」に ca.crt をインポートします。
   Windows(1台): 管理者で certutil -addstore -f Root ca.crt
   Firefox: 設定 > プライバシーとセキュリティ > 証明書を表示 > 認証局証明書 > インポート
   macOS: sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ca.crt
   Linux の Chrome・Chromium: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n tsunagaru -i ca.crt
   配る前に、下の指紋とパソコンに出る指紋(SHA-256)が同じことを確かめてください。
   {fingerprint(made.authority)}

3. {made.authority_key} は持ち出さず、ほかの人に読ませないでください。この認証局は指定した名前の証明書しか作れません。"""
