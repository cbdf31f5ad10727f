#!/bin/sh
# Make NAME.wav (8 kHz, mono, 16 bit) from each NAME.txt in a folder, by Open JTalk: speak.sh FOLDER
# What is spoken already from the same text stays. Without the voice a tone takes its place until there is one, and this says so.
# Two of these in one folder do not meet: what each makes has its own name until it is whole.
set -eu
cd "$1"
dictionary=/var/lib/mecab/dic/open-jtalk/naist-jdic
voice=/usr/share/hts-voice/nitech-jp-atr503-m001/nitech_jp_atr503_m001.htsvoice

for text in *.txt; do
    [ -e "$text" ] || exit 0
    name=${text%.txt}
    if [ -e "$name.wav" ] && cmp -s "$text" ".$name.spoken"; then continue; fi
    if command -v open_jtalk >/dev/null && [ -e "$voice" ] && [ -d "$dictionary" ]; then
        open_jtalk -x "$dictionary" -m "$voice" -r 1.15 -ow ".$name.$$.raw" "$text"
        sox -t wav ".$name.$$.raw" -r 8000 -c 1 -b 16 -t wav ".$name.$$.new" norm -6 pad 0.2 0.3
        spoken=yes
    else
        echo "speak: there is no Japanese voice here (open-jtalk, hts-voice-nitech-jp-atr503-m001 from Debian's contrib);" \
            "a tone stands in for $name. Record it, or install the voice and start anew." >&2
        spoken=no
        sox -n -r 8000 -c 1 -b 16 -t wav ".$name.$$.new" synth 1 sine 400 norm -12 pad 0 0.5
    fi
    rm -f ".$name.$$.raw"
    mv ".$name.$$.new" "$name.wav"
    if [ "$spoken" = yes ]; then
        cp "$text" ".$name.$$.new"
        mv ".$name.$$.new" ".$name.spoken"
    fi
done
