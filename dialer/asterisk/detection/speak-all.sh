# Read lines "KEY<tab>open_jtalk's options<tab>sentence" from standard input; write KEY.wav into the folder given.
set -eu
cd "$1"
dictionary=/var/lib/mecab/dic/open-jtalk/naist-jdic
voice=/usr/share/hts-voice/nitech-jp-atr503-m001/nitech_jp_atr503_m001.htsvoice
tab=$(printf '\t')
while IFS="$tab" read -r key options sentence; do
    # shellcheck disable=SC2086  # the options are several words
    printf '%s\n' "$sentence" | open_jtalk -x "$dictionary" -m "$voice" $options -ow ".$key.$$"
    mv ".$key.$$" "$key.wav"
done
exit 0
