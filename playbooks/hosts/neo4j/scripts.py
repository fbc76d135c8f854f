"""Shell for helpers, as root: the data folders of a server, exchanged with those beside.

A mount point cannot be renamed, so what is exchanged are the folders of the databases in it. What
is not live rests in `.interlock-RUN` of the same mount: `original` was live before the exchange,
`restored` came from the backup. A folder is in one place only, so where each is says how far an
exchange has come. `never-live` is there as long as what was restored has not been live.
"""

from playbooks.folders.places import OWN_PREFIX

ORIGINAL = "original"
RESTORED = "restored"
_NEW = "never-live"

# FOLDER DATABASE: lines of `disk FREE_KB`, `used KB`, `there`, `kept RUN PART ROLE SINCE KB`.
STATE = f"""
cd -- "$1" || exit 1
echo "disk $(df -P -k . | awk 'NR == 2 {{ print $4 }}')"
all=$(du -s -k . 2>/dev/null); all=${{all%%[!0-9]*}}; own=0
[ ! -d "databases/$2" ] || echo there
for each in {OWN_PREFIX}*; do
  [ -d "$each" ] || continue
  size=$(du -s -k "$each" 2>/dev/null); size=${{size%%[!0-9]*}}; own=$((own + size))
  for name in {ORIGINAL} {RESTORED}; do
    [ -d "$each/$name/databases/$2" ] || continue
    role=kept; [ ! -e "$each/{_NEW}" ] || role=beside
    echo "kept ${{each#{OWN_PREFIX}}} $name $role $(stat -c %Z "$each") $size"
  done
done
echo "used $((all - own))"
"""

# FOLDER RUN: a fresh folder to load into, of the server's own user. Touches nothing that was live.
MAKE_SIDE = f"""
set -e
cd -- "$1"
own={OWN_PREFIX}$2
if [ -e "$own" ] && [ ! -e "$own/{_NEW}" ] && [ -n "$(ls -A "$own")" ]; then
  echo "$1/$own is in the way and holds what was live" >&2; exit 1
fi
rm -rf -- "$own"
mkdir -m 700 -- "$own"
: > "$own/{_NEW}"
mkdir -- "$own/{RESTORED}"
chown -R --reference=. -- "$own"
"""

# FOLDER RUN: removes what was restored and never live; says `removed` or `nothing`.
REMOVE_SIDE = f"""
set -e
cd -- "$1"
own={OWN_PREFIX}$2
if [ -e "$own/{_NEW}" ]; then
  rm -rf -- "$own/{RESTORED}"; rm -rf -- "$own"; echo removed
else
  echo nothing
fi
"""

# FOLDER RUN INCOMING OUTGOING NAME …: makes INCOMING live, from wherever an earlier attempt had
# come. A database that is not there counts as an empty folder.
EXCHANGE = f"""
set -e
cd -- "$1"; own={OWN_PREFIX}$2; in="$own/$3"; out="$own/$4"; shift 4
[ -d "$own" ] || {{ echo "$own is not there" >&2; exit 1; }}
rm -f -- "$own/{_NEW}"
for each; do
  [ -e "$in/$each" ] || continue
  if [ ! -e "$out/$each" ]; then
    [ -e "$each" ] || mkdir -p -- "$each"
    mkdir -p -- "$out/${{each%/*}}"
    mv -T -- "$each" "$out/$each"
  fi
  [ ! -e "$each" ] || {{ echo "$each is in the way" >&2; exit 1; }}
  mv -T -- "$in/$each" "$each"
done
chown --reference=. -- databases transactions
sync
"""

# FOLDER RUN: what was exchanged back has not been live, as far as anybody but the server knows.
UNTOUCHED = f"""
set -e
cd -- "$1/{OWN_PREFIX}$2"
: > {_NEW}
"""

# FOLDER RUN NAME …: lines of `PART NAME` for every folder in the holder of that run.
HELD = f"""
cd -- "$1/{OWN_PREFIX}$2" 2>/dev/null || exit 0
shift 2
for part in {ORIGINAL} {RESTORED}; do
  for each; do [ ! -e "$part/$each" ] || echo "$part $each"; done
done
"""
