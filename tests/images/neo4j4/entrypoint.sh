#!/bin/sh
# A stand-in for Neo4j 4.4, whose old Java is not to be had: its server and the `neo4j-admin` of its
# manual, over a database that is one file. By contract, not the product.
set -eu

fail() { echo "$*" >&2; exit 1; }

admin() {
  : "${NEO4J_dbms_directories_data:=/data}"
  data=$NEO4J_dbms_directories_data
  command=$1; shift
  database='' to='' from='' force='' path=''
  for word; do
    case "$word" in
      --database=*) database=${word#*=} ;;
      --to=*) to=${word#*=} ;;
      --from=*) from=${word#*=} ;;
      --force) force=yes ;;
      --report-dir=*) [ -d "${word#*=}" ] || fail "no such folder: $word" ;;
      -*) fail "Unknown option: '$word'" ;;
      *) path=$word ;;
    esac
  done
  store=$data/databases/$database
  case "$command" in
    --version) echo 'neo4j-admin 4.4.38' ;;
    dump)
      [ ! -e "$store/database_lock" ] || fail 'The database is in use. Stop database and try again.'
      [ -e "$store/neostore" ] || fail "Database does not exist: $database"
      [ ! -e "$to" ] || fail "Archive already exists: $to"
      tar -c -C "$data" "databases/$database" "transactions/$database" > "$to"
      echo 'Done: 2 files.' ;;
    load)
      [ -f "$from" ] || fail "Archive does not exist: $from"
      [ ! -e "$store" ] || [ -n "$force" ] || fail "Database already exists: $database"
      mkdir -p "$data" && tar -x -C "$data" -f "$from" ;;
    check-consistency)
      grep -q '^whole' "$store/neostore" || fail "Inconsistencies found in $database." ;;
    store-info)
      [ -e "$path/neostore" ] || fail "Database does not exist: $path"
      echo 'Store format version:         SF4.3.0'
      echo "Last committed transaction id:$(grep -c . "$path/neostore")" ;;
    *) fail "Unmatched argument: '$command'" ;;
  esac
}

serve() {
  for database in neo4j system; do
    mkdir -p "/data/databases/$database" "/data/transactions/$database"
    [ -e "/data/databases/$database/neostore" ] ||
      echo "whole $database" > "/data/databases/$database/neostore"
    : > "/data/databases/$database/database_lock"
  done
  trap 'rm -f /data/databases/*/database_lock; exit 0' TERM INT
  echo Started.
  while :; do sleep 1 & wait $!; done
}

case "${0##*/}" in
  neo4j-admin) admin "$@"; exit ;;
  neo4j) serve ;;
esac
chown -R nobody /data
echo 'Fetching versions.json for plugins'
[ $# -gt 0 ] || set -- neo4j
exec setpriv --reuid=nobody --clear-groups -- "$@"
