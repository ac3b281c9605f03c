"""``nursery update``: says what is new and, when a person says yes, brings it.

Nothing is ever fetched or installed by itself. A package comes as a file; a checkout follows its
repository. A version that is older than the journal is refused: it could not read it.
"""

from __future__ import annotations

import gzip
import importlib.util
import io
import shlex
import subprocess
import tarfile
from pathlib import Path
from typing import TextIO

import monitor
from monitor.errors import CommandError, InputError
from monitor.verbs import installed
from monitor.verbs.install import (
    OWN_PLACE,
    PAGE_FILES,
    PAGE_PACKAGE,
    InstallError,
    own_place,
    package_source,
)
from monitor.verbs.installed import Ask, NotDoneError
from monitor.verbs.news import as_list, news, own_changelog

EXTRAS = {"page": PAGE_PACKAGE, "watch": "rich", "report": "matplotlib", "push": "apprise"}
"""an extra is kept when what it brings is here"""
CHANGELOG_IN_PACKAGE = "usr/share/doc/nursery-monitor/CHANGELOG.md.gz"
MOST_CHANGELOG = 5_000_000


def update(file: str | None, ask: Ask, out: TextIO) -> int:
    """Bring this program up to date; returns 0.

    Args:
        file: a newer package.
        ask: whether to go on.
        out: what is new, and what is done.

    Raises:
        CommandError: it cannot be updated this way; says how.
        InputError: the file is no newer package of it.
        NotDoneError: a person did not say yes.
        InstallError: a step failed.
    """
    if file is not None:
        return _package(Path(file), ask, out)
    match installed.way():
        case "checkout":
            return _checkout(ask, out)
        case "package":
            raise CommandError(
                f"this is version {monitor.__version__}, installed as a package: download the "
                "newer package (.deb) and name it: sudo nursery update FILE. Was it built from a "
                "checkout, bring that up to date and run its install.sh again"
            )
        case _:
            raise CommandError(
                f"this is version {monitor.__version__}, installed as {package_source()}: "
                "it is updated the way it was installed"
            )


# ------------------------------------------------------------------ a package


def _package(file: Path, ask: Ask, out: TextIO) -> int:
    name, version = _fields(file)
    if name != installed.PACKAGE:
        raise InputError(f"{file} is the package of {name}, not of {installed.PACKAGE}")
    here = _version_here()
    if here == version:
        out.write(f"Version {version} is installed already.\n")
        return 0
    if here is not None and not _is_newer(version, here):
        raise InputError(
            f"{file} is version {version}, older than {here}: it could not read what this one has "
            "written. Nothing was changed"
        )
    _tell(news(own_changelog(), changelog_in(file)), version, out)
    _agree(ask)
    installed.need_root("install the package")
    installed.run(["apt-get", "install", "--yes", "--quiet", str(file.absolute())], out)
    out.write(f"This is version {version} now. Look: sudo nursery check\n")
    return 0


def _fields(file: Path) -> tuple[str, str]:
    """The name and version of a package."""
    if not file.is_file():
        raise InputError(f"there is no file {file}")
    try:
        said = installed.quietly(["dpkg-deb", "--field", str(file), "Package", "Version"])
        found = dict(line.split(": ", 1) for line in said.splitlines())
        return found["Package"], found["Version"]
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"{file} is no Debian package, or it was not downloaded whole") from error


def _version_here() -> str | None:
    try:
        said = installed.quietly(["dpkg-query", "-W", "-f=${Version}", installed.PACKAGE])
    except OSError:
        return None
    return said.strip() or None


def _is_newer(version: str, here: str) -> bool:
    compared = subprocess.run(
        ["dpkg", "--compare-versions", version, "gt", here], check=False, timeout=60
    )
    return compared.returncode == 0


def changelog_in(file: Path) -> str:
    """The CHANGELOG of a package; nothing when it has none.

    Raises:
        InputError: the package is damaged.
    """
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", str(file)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as unpacking:
        try:
            with tarfile.open(fileobj=unpacking.stdout, mode="r|") as tree:
                for entry in tree:
                    if entry.name.removeprefix("./") != CHANGELOG_IN_PACKAGE:
                        continue
                    content = tree.extractfile(entry)
                    raw = b"" if content is None else content.read(MOST_CHANGELOG)
                    return gzip.GzipFile(fileobj=io.BytesIO(raw)).read(MOST_CHANGELOG).decode()
        except (tarfile.TarError, OSError, EOFError, UnicodeDecodeError) as error:
            raise InputError(f"{file} is damaged: download it again") from error
        finally:
            unpacking.kill()
    return ""


# ------------------------------------------------------------------ a checkout


def _checkout(ask: Ask, out: TextIO) -> int:
    source = installed.checkout()
    if source is None:
        raise CommandError("the repository that this was installed from is gone")
    git = ["git", "-C", str(source)]
    installed.quietly([*git, "fetch", "--quiet"], owner_of=source)
    try:
        there = installed.quietly([*git, "rev-parse", "@{upstream}"], owner_of=source).strip()
    except InstallError as error:
        raise CommandError(
            f"{source} follows no other repository: get the newer version there yourself, then "
            "install it as before"
        ) from error
    here = installed.quietly([*git, "rev-parse", "HEAD"], owner_of=source).strip()
    newer = installed.quietly([*git, "rev-list", "--count", f"{here}..{there}"], owner_of=source)
    after = installed.quietly([*git, "show", f"{there}:CHANGELOG.md"], owner_of=source)
    found = news(own_changelog(), after)
    if int(newer) == 0 and not found:
        out.write(
            f"Nothing new: this is version {monitor.__version__}, as the repository has it.\n"
        )
        return 0
    _tell(found, None, out)
    _agree(ask)
    commands = after_fetch(source, is_service=monitor.__file__.startswith(OWN_PLACE))
    if monitor.__file__.startswith(OWN_PLACE):
        installed.need_root("install it")
    if int(newer):
        installed.run([*git, "merge", "--ff-only", "--quiet", there], out, owner_of=source)
    for words in commands:
        installed.run(words, out)
    out.write("Done. Look: sudo nursery check\n")
    return 0


def after_fetch(source: Path, *, is_service: bool) -> list[list[str]]:
    """What installs the checkout once it is up to date: for a service also units and a restart."""
    if not is_service:  # it runs from the checkout itself
        return []
    kept = [extra for extra, module in EXTRAS.items() if importlib.util.find_spec(module)]
    page = ["--page"] if Path("/", next(iter(PAGE_FILES))).exists() else []
    program = f"{OWN_PLACE}/bin/nursery"
    return [
        *(shlex.split(line) for line in own_place(str(source), extra=",".join(kept) or None)),
        [program, "install", *page],
        ["systemctl", "try-restart", "nursery.service", "nursery-page.service"],
    ]


# ------------------------------------------------------------------ what is said


def _tell(points: list[str], version: str | None, out: TextIO) -> None:
    what = f"version {version}" if version else "the repository"
    if not points:
        out.write(f"New in {what}: nothing that a carer would notice.\n")
    else:
        out.write(f"New in {what}:\n\n{as_list(points)}\n")
    out.write("Babies, weights, settings and open alerts stay. A backup first does no harm:\n")
    out.write("sudo nursery backup FILE\n")


def _agree(ask: Ask) -> None:
    if not ask("Update now? The box is blind for about ten seconds."):
        raise NotDoneError("nothing was changed: say yes, or add --yes")
