"""The command line gives root up before it touches what belongs to the service.

``sudo nursery check`` must act with the rights of the daemon, no more: its user, the groups that
the unit gives it, its home and its umask. What the caller's own rights are needed for, a report
written where the caller stands, is left to a process that does nothing else (``CallersFiles``).
"""

from __future__ import annotations

import grp
import os
import pwd
import sys
from pathlib import Path

from monitor.errors import ConfigError
from monitor.host.ownership import owner_on_the_way, user_name

SERVICE_USERS = {"/var/lib/nursery": "nursery", "/var/lib/nursery-page": "nursery-page"}
"""of the units (StateDirectory, User): the directories that are made for a service's user"""
DEVICE_GROUPS = ("audio", "gpio")
"""of the unit (SupplementaryGroups): microphone and pins"""
UMASK = 0o027
"""of the unit: what is written stays readable for the service's group alone"""


def become_owner(state_dir: str | Path) -> None:
    """As root, become the owner of the state directory for good; else do nothing.

    A directory that does not exist stays root's, but for the service's own: that is made for the
    service's user, as systemd would.

    Raises:
        ConfigError: that user cannot read this program, or root may not become it.
    """
    if os.geteuid() != 0:
        return
    try:
        _make_for_the_service(Path(state_dir))
        owner = owner_on_the_way(state_dir)
        if owner is None:
            return
        become(owner.st_uid, owner.st_gid)
    except OSError as error:
        raise ConfigError(
            f"cannot use {state_dir} as its owner: {error.strerror or error}"
        ) from error
    _can_go_on()


def become(uid: int, gid: int) -> None:
    """Groups, group and user, in this order; there is no way back.

    Raises:
        OSError: not permitted (a container without CAP_SETUID).
    """
    groups, home = {gid}, "/"
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        pass
    else:
        gid, home = entry.pw_gid, entry.pw_dir
        groups = set(os.getgrouplist(entry.pw_name, gid))
    os.setgroups(sorted(groups | _device_groups()))
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    os.umask(UMASK)
    os.environ["HOME"] = home
    for name in ("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        os.environ.pop(name, None)  # they lead into the caller's home


def _device_groups() -> set[int]:
    found = set()
    for name in DEVICE_GROUPS:
        try:
            found.add(grp.getgrnam(name).gr_gid)
        except KeyError:
            continue  # a machine without pins has no such group
    return found


def _make_for_the_service(state_dir: Path) -> None:
    name = SERVICE_USERS.get(str(state_dir))
    if name is None or state_dir.exists() or state_dir.is_symlink():
        return
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        return
    state_dir.mkdir(mode=0o750, parents=True)
    number = os.open(state_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fchown(number, user.pw_uid, user.pw_gid)
        os.fchmod(number, 0o750)
    finally:
        os.close(number)


def _can_go_on() -> None:
    """Whether the new user may read this program: parts of it are loaded when they are needed."""
    if os.access(__file__, os.R_OK) and os.access(sys.executable, os.X_OK):
        return
    raise ConfigError(
        f"{user_name(os.geteuid())}, who owns the state directory, cannot read this program in "
        f'{Path(__file__).parents[1]}: install it with "sudo {sys.argv[0]} install", and use '
        "/opt/nursery/bin/nursery"
    )
