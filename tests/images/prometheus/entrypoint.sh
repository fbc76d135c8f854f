#!/bin/sh
# Prometheus with the configuration of the variable SCRAPE, which is YAML, unless there is a file.
set -eu
mkdir -p /etc/prometheus /prometheus
if [ -n "${SCRAPE:-}" ]; then printf '%s\n' "$SCRAPE" > /etc/prometheus/prometheus.yml; fi
exec prometheus --config.file=/etc/prometheus/prometheus.yml --storage.tsdb.path=/prometheus \
  --web.listen-address=0.0.0.0:9090 --web.enable-lifecycle
