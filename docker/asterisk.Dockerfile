# Asterisk 22 with a Japanese voice: docker build -f docker/asterisk.Dockerfile -t tsunagaru-asterisk .
# Its configuration is generated (python -m dialer.asterisk.node write) into the volume /srv/node; none is in the image.
FROM debian:forky-slim
# contrib holds the voice: free (CC-BY 3.0), but made with a tool that is not.
RUN sed -i 's/^Components: main$/Components: main contrib/' /etc/apt/sources.list.d/debian.sources \
    && apt-get update \
    && apt-get install -y --no-install-recommends \
        asterisk tzdata open-jtalk open-jtalk-mecab-naist-jdic hts-voice-nitech-jp-atr503-m001 sox \
    && rm -rf /var/lib/apt/lists/*
COPY dialer/asterisk/node/speak.sh /usr/local/bin/speak
COPY docker/asterisk-start /usr/local/bin/asterisk-start
VOLUME /srv/node
# Recordings lie in memory until they are encrypted and moved: mount a tmpfs here and name it in the node's file.
EXPOSE 5060/udp 8089/tcp 10000-10199/udp
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s \
    CMD ["asterisk", "-C", "/srv/node/etc/asterisk.conf", "-rx", "core show uptime"]
CMD ["asterisk-start"]
