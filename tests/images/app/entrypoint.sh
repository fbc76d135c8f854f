#!/usr/bin/busybox sh
# An application service: answers /health on PORT as HEALTH (healthy unless told otherwise) under
# the name NAME, and the paths ANSWERS with 200. `docker exec … sh -c 'echo "{}" > /srv/health'`
# changes its mind.
set -eu
: "${NAME:=app}" "${PORT:=8000}" "${HEALTH:=healthy}"
mkdir -p /srv
printf '{"status": "%s", "service": "%s"}\n' "$HEALTH" "$NAME" > /srv/health
for path in ${ANSWERS:-}; do
  mkdir -p "/srv${path%/*}"
  printf 'ok\n' > "/srv$path"
done
printf '<h1>%s</h1>\n' "$NAME" > /srv/index.html
httpd -f -v -p "$PORT" -h /srv &
server=$!
trap 'echo "$NAME ends"; kill "$server"; exit 0' TERM INT
echo "$NAME listens on port $PORT"
wait "$server"
