#!/bin/sh
# What of the official image's behaviour matters here: NEO4J_AUTH on an empty /data, NEO4J_a_b__c
# as the setting a.b_c, the server and its tools as the user neo4j over /data and /logs.
set -eu
conf=/var/lib/neo4j/conf/neo4j.conf

as_neo4j() { exec setpriv --reuid=neo4j --regid=neo4j --init-groups -- "$@"; }

settings() {
  env | while IFS='=' read -r name value; do
    case "$name" in
      NEO4J_HOME | NEO4J_CONF | NEO4J_AUTH | NEO4J_PLUGINS | NEO4J_EDITION | NEO4J_ACCEPT_*) ;;
      NEO4J_*)
        echo "$(echo "${name#NEO4J_}" | sed 's/__/\x01/g; s/_/./g; s/\x01/_/g')=$value" ;;
    esac
  done
}

# It talks to nobody, and ends without a quiet period.
cat > "$conf" <<'END'
dbms.usage_report.enabled=false
internal.dbms.bolt.netty_server_shutdown_quiet_period=0
END
settings | grep -q '^server.default_listen_address=' ||
  echo server.default_listen_address=0.0.0.0 >> "$conf"
settings >> "$conf"
for folder in /data /logs; do
  mkdir -p "$folder"
  if [ "$(stat -c %u "$folder")" != 7474 ]; then
    echo "Changing the owner of $folder to neo4j."
    chown -R neo4j:neo4j "$folder"
  fi
done

if [ "${1:-neo4j}" = neo4j ]; then
  case "${NEO4J_AUTH:-}" in
    none) echo dbms.security.auth_enabled=false >> "$conf" ;;
    neo4j/*)
      [ -e /data/dbms/auth.ini ] || [ -e /data/databases/system ] ||
        (as_neo4j neo4j-admin dbms set-initial-password "${NEO4J_AUTH#neo4j/}") ;;
    '') ;;
    *) echo "NEO4J_AUTH is none or neo4j/PASSWORD." >&2; exit 1 ;;
  esac
  as_neo4j neo4j console
fi
as_neo4j "$@"
