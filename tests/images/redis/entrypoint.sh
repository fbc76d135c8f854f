#!/bin/sh
# Like the official image: options go to redis-server, which runs as redis over /data.
set -eu
case "${1:-redis-server}" in
  redis-server) [ $# -eq 0 ] || shift ;;
  -*) ;;
  *) exec "$@" ;;
esac
mkdir -p /data
chown -R redis:redis /data
cd /data
exec setpriv --reuid=redis --regid=redis --init-groups -- \
  redis-server --bind '*' --protected-mode no --dir /data "$@"
