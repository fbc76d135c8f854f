"""Shell for helpers: looking at a mount and exchanging its content. POSIX, busybox is enough.

A mount point cannot be renamed, so its content is moved. What is not live rests in the folder
`.interlock-RUN` of the same mount: `original` was live before the exchange, `restored` came from
the backup. `NAME.leaving` is content on its way out of the mount point, `NAME.entering` on its way
in; at no time are both in the open, so that the names say how far an exchange has come.
"""

from playbooks.folders.places import OWN_PREFIX

ORIGINAL = "original"
RESTORED = "restored"
# Says that what was restored has never been live.
NEW = "restored.new"

# PATH SECONDS: lines of `root INODE`, `disk FREE_KB DEVICE`, `used KB`, `files N`, `own KB`,
# `kept RUN NAME NEW SINCE KB`.
STATE = f"""
cd -- "$1" || exit 1
echo "root $(stat -c %i .)"
df -P -k . | tail -n 1 | sed 's/  */ /g' | {{
  read -r device size used free rest; echo "disk $free $device"; }}
all=$(timeout "$2" du -s -k . 2>/dev/null) && echo "used ${{all%%[!0-9]*}}"
for own in {OWN_PREFIX}*; do
  [ -d "$own" ] || continue
  part=$(timeout "$2" du -s -k "$own" 2>/dev/null) && part=${{part%%[!0-9]*}} || part=-
  [ "$part" = - ] || echo "own $part"
  for name in {ORIGINAL} {RESTORED}; do
    [ -d "$own/$name" ] || continue
    new=-; [ -e "$own/{NEW}" ] && new=new
    echo "kept ${{own#{OWN_PREFIX}}} $name $new $(stat -c %Z "$own") $part"
  done
done
dots=$(timeout "$2" find . -path './{OWN_PREFIX}*' -prune \
  -o ! -type d -exec printf '%.0s.' {{}} +) && echo "files ${{#dots}}"
exit 0
"""

# PATH MINUTES: how many files were written in the last MINUTES.
WRITTEN = f"""
cd -- "$1" || exit 1
find . -path './{OWN_PREFIX}*' -prune -o ! -type d -mmin "-$2" -exec printf '%.0s.' {{}} + | wc -c
"""

# PATH RUN: how many files are newer than the exchange of that run.
NEWER = f"""
cd -- "$1" || exit 1
find . -path './{OWN_PREFIX}*' -prune -o ! -type d -newer "./{OWN_PREFIX}$2" \
  -exec printf '%.0s.' {{}} + | wc -c
"""

# PATH RUN: the names in the holder of that run, one a line.
HELD = f"""
cd -- "$1/{OWN_PREFIX}$2" 2>/dev/null || exit 0
for each in {ORIGINAL} {RESTORED} {NEW} *.leaving *.entering; do
  [ -e "$each" ] && echo "$each"
done
exit 0
"""

_WAS_LIVE = f'ls -d "$own/{ORIGINAL}"* >/dev/null 2>&1'

# PATH RUN: a fresh holder with the mark that what comes into it was never live. Refuses to touch
# what was live once.
MAKE_SIDE = f"""
set -e
cd -- "$1"
own={OWN_PREFIX}$2
[ ! -d "$own" ] || rmdir -- "$own" 2>/dev/null || true
if [ -d "$own" ] && {{ [ ! -e "$own/{NEW}" ] || {_WAS_LIVE}; }}; then
  echo "$1/$own is in the way and holds what was live" >&2; exit 1
fi
rm -rf -- "$own/{RESTORED}"
rm -rf -- "$own"
mkdir -m 700 -- "$own"
: > "$own/{NEW}"
"""

# PATH [MODE NAME] …: gives files in the mount their modes.
DRESS = """
set -e
cd -- "$1"; shift
while [ $# -gt 0 ]; do chmod "$1" -- "$2"; shift 2; done
"""

# PATH RUN: removes what was restored and never live; says `removed` or `nothing`.
REMOVE_SIDE = f"""
set -e
cd -- "$1"
own={OWN_PREFIX}$2
[ ! -d "$own" ] || rmdir -- "$own" 2>/dev/null || true
if [ -e "$own/{NEW}" ] && ! {_WAS_LIVE}; then
  rm -rf -- "$own/{RESTORED}"
  rm -rf -- "$own"; echo removed
else
  echo nothing
fi
"""

# PATH RUN INCOMING OUTGOING: makes INCOMING live and puts OUTGOING aside, from wherever an earlier
# attempt had come.
EXCHANGE = f"""
set -e
cd -- "$1"
own={OWN_PREFIX}$2 in=$3 out=$4
# Five digits and more: with fewer chmod leaves set-group-id of folders as it is.
dress() {{ chown "$(stat -c %u:%g "$1")" "$2"; chmod "000$(stat -c %a "$1")" "$2"; }}
move() {{
  find "$1" -mindepth 1 -maxdepth 1 ! -name '{OWN_PREFIX}*' \
    -exec sh -c 'to=$1; shift; mv -- "$@" "$to"/' sh "$2" {{}} +
  left=$(find "$1" -mindepth 1 -maxdepth 1 ! -name '{OWN_PREFIX}*')
  [ -z "$left" ] || {{ echo "$left could not be moved" >&2; exit 1; }}
}}
enter() {{ dress "$1" .; move "$1" .; rmdir -- "$1"; sync; }}
if [ -d "$own/$in.leaving" ]; then
  enter "$own/$in.leaving"
elif [ -d "$own/$in.entering" ]; then
  enter "$own/$in.entering"
elif [ -d "$own/$in" ]; then
  if [ ! -d "$own/$out" ]; then
    part=$own/$out.entering
    if [ ! -d "$part" ]; then
      part=$own/$out.leaving
      if [ ! -d "$part" ]; then
        mkdir -p -m 700 -- "$own/dressing"
        dress . "$own/dressing"
        mv -- "$own/dressing" "$part"
      fi
    fi
    move . "$part"
    sync
    mv -- "$part" "$own/$out"
  fi
  mv -- "$own/$in" "$own/$in.entering"
  enter "$own/$in.entering"
fi
"""

# PATH RUN: what is beside counts as kept from now on.
SETTLE = f"""
rm -f -- "$1/{OWN_PREFIX}$2/{NEW}"
"""
