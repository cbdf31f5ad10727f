#!/bin/sh
# つながる @VERSION@ — ネットワークなしで入れる・更新するための一つのファイル。
#   sh このファイル [--prefix フォルダー]
set -eu

version='@VERSION@'
python_version='@PYTHON@'
machine='@MACHINE@'
payload_sha256='@SHA256@'

fail() {
    echo "エラー: $*" >&2
    exit 2
}

# -- 引数と場所 --------------------------------------------------------------------------------------------------------

bundle=$(readlink -f "$0")
if [ "$(id -u)" = 0 ]; then
    prefix=/opt/tsunagaru
    links=/usr/local/bin
else
    prefix=${HOME:?}/.local/opt/tsunagaru
    links=${HOME:?}/.local/bin
fi
while [ $# -gt 0 ]; do
    case "$1" in
    --prefix)
        [ $# -ge 2 ] || fail "--prefix の後にフォルダーを指定してください。"
        case "$2" in /*) prefix=$2 ;; *) prefix=$(pwd)/$2 ;; esac
        links=$prefix/bin
        shift 2
        ;;
    -h | --help)
        echo "使い方: sh $(basename "$0") [--prefix フォルダー]    既定は $prefix"
        exit 0
        ;;
    *) fail "「$1」という指定はありません。--help で使い方を確かめてください。" ;;
    esac
done
release=$prefix/releases/$version
current=$prefix/current

# -- この機械で動くか --------------------------------------------------------------------------------------------------

[ "$(uname -m)" = "$machine" ] || fail "このファイルは $machine 用です。この機械($(uname -m))用のファイルを使ってください。"
python=
for candidate in "python$python_version" python3; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        [ "$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])')" = "$python_version" ]; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || fail "Python $python_version が見つかりません。管理者に入れてもらうか、お使いのPython用のファイルを使ってください。"

# -- 中身を取り出す ----------------------------------------------------------------------------------------------------

mkdir -p "$prefix/releases" "$links" 2>/dev/null ||
    fail "$prefix に書き込めません。権限のあるユーザーで実行するか、--prefix で別の場所を指定してください。"
workshop=$(mktemp -d "$prefix/releases/.unpack.XXXXXX")
trap 'rm -rf "$workshop"' EXIT
trap 'exit 130' INT TERM
start=$(awk '/^__PAYLOAD__$/ { print NR + 1; exit }' "$bundle")
tail -n "+$start" "$bundle" >"$workshop/payload.tar" || fail "$prefix のディスクの空きが足りません。1GB以上空けてください。"
[ "$(sha256sum "$workshop/payload.tar" | cut -d ' ' -f 1)" = "$payload_sha256" ] ||
    fail "ファイルが壊れています。もう一度コピーし直してください(何も変えていません)。"
tar -x -f "$workshop/payload.tar" -C "$workshop" || fail "$prefix のディスクの空きが足りません。1GB以上空けてください。"

# -- この版を入れる ----------------------------------------------------------------------------------------------------

if [ ! -e "$release/complete" ]; then
    echo "つながる $version を $release に入れています…"
    rm -rf "$release"
    "$python" -m venv --without-pip "$release"
    pip=$(echo "$workshop"/pip-*.whl)
    "$release/bin/python" "$pip/pip" install --quiet --no-index --no-deps --require-hashes \
        --disable-pip-version-check --no-cache-dir --find-links "$workshop/wheels" -r "$workshop/bundle.lock" ||
        fail "入れられませんでした。$prefix のディスクの空き(1GB以上)を確かめて、もう一度実行してください。"
    : >"$release/complete"
fi

# -- 設定 --------------------------------------------------------------------------------------------------------------

settings=$prefix/environment
if [ ! -e "$settings" ]; then
    (umask 077 && cat >"$settings" <<'SETTINGS'
# つながる の設定(名前=値)。変えたら動かし直してください。
#TSUNAGARU_HOME=/var/lib/tsunagaru
#TSUNAGARU_HOST=127.0.0.1
#TSUNAGARU_PORT=8080
# 外のPostgreSQL(15以上)を使うとき:
#DATABASE_URL=postgresql://ユーザー:パスワード@ホスト:5432/tsunagaru
SETTINGS
    )
fi
while IFS='=' read -r name value; do
    case "$name" in
    TSUNAGARU_* | DATABASE_URL) eval "[ -n \"\${$name:-}\" ] || export $name=\"\$value\"" ;;
    esac
done <"$settings"
home=$("$release/bin/python" -c 'from tsunagaru.settings import Settings; print(Settings.from_environment().home)')

# データの持ち主として実行する。
as_owner() {
    owner=root
    [ ! -d "$home" ] || owner=$(stat -c %U "$home")
    if [ "$(id -u)" = 0 ] && [ "$owner" != root ]; then
        runuser -u "$owner" -- "$@"
    else
        "$@"
    fi
}

# -- 更新: 保存してから、形を変えて、切り替える ------------------------------------------------------------------------

if [ -e "$current" ] && { [ -n "${DATABASE_URL:-}" ] || [ -d "$home/postgresql" ]; }; then
    pid=$(head -n 1 "$home/postgresql/postmaster.pid" 2>/dev/null || echo)
    if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
        fail "つながる が動いています。止めてから、もう一度実行してください(今の版はそのままです)。"
    fi
    old=$(readlink -f "$current")
    echo "今のデータを保存しています…"
    as_owner "$old/bin/tsunagaru" backup || fail "保存できなかったので更新をやめました。今の版($(basename "$old"))はそのままです。"
    as_owner "$release/bin/tsunagaru" migrate ||
        fail "データを新しい版の形にできませんでした。今の版($(basename "$old"))はそのままです。上のバックアップは「tsunagaru restore」で戻せます。"
fi
ln -s "releases/$version" "$workshop/current"
mv -T "$workshop/current" "$current"
ln -sf "$current/bin/tsunagaru" "$links/tsunagaru"

if [ "$links" = /usr/local/bin ] && [ -d /run/systemd/system ] && [ ! -e /etc/systemd/system/tsunagaru.service ]; then
    id tsunagaru >/dev/null 2>&1 ||
        useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin tsunagaru
    cat >/etc/systemd/system/tsunagaru.service <<SERVICE
[Unit]
Description=Tsunagaru
After=network.target

[Service]
User=tsunagaru
StateDirectory=tsunagaru
Environment=TSUNAGARU_HOME=/var/lib/tsunagaru
EnvironmentFile=-$settings
ExecStart=$current/bin/tsunagaru serve
Restart=on-failure
TimeoutStopSec=60
NoNewPrivileges=yes
ProtectSystem=full
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
SERVICE
    echo "起動するには: systemctl daemon-reload && systemctl enable --now tsunagaru"
fi
echo "つながる $version が使えます: $links/tsunagaru"
exit 0
