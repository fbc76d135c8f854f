#!/bin/sh
# A registry of images on port 5000, to which anybody may push; it forgets them when it ends.
set -eu
mkdir -p /etc/docker/registry /var/lib/docker-registry
cat > /etc/docker/registry/open.yml <<'END'
version: 0.1
storage: {filesystem: {rootdirectory: /var/lib/docker-registry}}
http: {addr: ":5000"}
END
exec docker-registry serve /etc/docker/registry/open.yml
