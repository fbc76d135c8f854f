"""Becomes another program as another user: `python -m bot.demo.as_user USER PROGRAM ARGUMENTS…`.

PostgreSQL refuses to run as root; the pid stays the same, so who started us still knows it.
"""

import os
import pwd
import sys


def main(argv: list[str]) -> None:
    user, *program = argv
    entry = pwd.getpwnam(user)
    os.initgroups(user, entry.pw_gid)
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    os.execvp(program[0], program)


if __name__ == "__main__":
    main(sys.argv[1:])
