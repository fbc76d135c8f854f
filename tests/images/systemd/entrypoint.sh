#!/bin/sh
# A host as its people have it: systemd, sshd, nginx, and the user ops who may use sudo. ops logs in
# with AUTHORIZED_KEY, and belongs to the group DOCKER_GID, which owns a mounted engine's socket.
set -eu
: "${AUTHORIZED_KEY:?the public key that may log in as ops}"
install -d -o ops -g ops -m 700 /home/ops/.ssh
printf '%s\n' "$AUTHORIZED_KEY" > /home/ops/.ssh/authorized_keys
chown ops:ops /home/ops/.ssh/authorized_keys
if [ -n "${DOCKER_GID:-}" ]; then
  getent group "$DOCKER_GID" > /dev/null || groupadd --gid "$DOCKER_GID" engine
  usermod --append --groups "$(getent group "$DOCKER_GID" | cut -d: -f1)" ops
fi
[ -f /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
unset AUTHORIZED_KEY DOCKER_GID
exec "${@:-/sbin/init}"
