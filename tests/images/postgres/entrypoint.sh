#!/bin/sh
# What of the official image's behaviour matters here: POSTGRES_USER, POSTGRES_PASSWORD and
# POSTGRES_DB on an empty PGDATA, scripts of /docker-entrypoint-initdb.d, no password from inside.
set -eu
: "${PGDATA:=/var/lib/postgresql/data}" "${POSTGRES_USER:=postgres}"
: "${POSTGRES_DB:=$POSTGRES_USER}"
export PGDATA
as_postgres() { setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"; }

case "${1:-postgres}" in
  postgres) [ $# -eq 0 ] || shift ;;
  -*) ;;
  *) exec "$@" ;;
esac

mkdir -p "$PGDATA" /var/run/postgresql
chown postgres:postgres "$PGDATA" /var/run/postgresql
chmod 700 "$PGDATA"

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  : "${POSTGRES_PASSWORD:?must be set while the data folder is empty}"
  secret=$(mktemp)
  printf '%s\n' "$POSTGRES_PASSWORD" > "$secret"
  chown postgres "$secret"
  as_postgres initdb --username="$POSTGRES_USER" --pwfile="$secret" --encoding=UTF8 \
    --locale=C.UTF-8 --auth-local=trust --auth-host=trust > /dev/null
  rm -f "$secret"
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  as_postgres pg_ctl start --wait --silent -o "-c listen_addresses='' -c logging_collector=off"
  psql() { as_postgres "$(command -v psql)" --no-psqlrc -v ON_ERROR_STOP=1 \
    --username="$POSTGRES_USER" "$@"; }
  if [ "$POSTGRES_DB" != postgres ]; then
    psql --dbname=postgres -v name="$POSTGRES_DB" <<'SQL'
CREATE DATABASE :"name";
SQL
  fi
  for script in /docker-entrypoint-initdb.d/*.sql; do
    [ -f "$script" ] && psql --dbname="$POSTGRES_DB" --file="$script"
  done
  as_postgres pg_ctl stop --wait --silent --mode=fast
fi

exec setpriv --reuid=postgres --regid=postgres --init-groups -- \
  postgres -c listen_addresses='*' "$@"
