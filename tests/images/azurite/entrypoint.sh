#!/bin/sh
# Like the official image: runs what it is given, by default Azurite over /data.
set -eu
exec "$@"
