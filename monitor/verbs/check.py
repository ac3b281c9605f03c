"""``nursery check``: whether every part of the box works, in about ten seconds.

One line per part: what was measured and, where something is wrong, what to do. The parts are tried
at the same time, by the code the daemon uses; nothing of the box's is written or changed.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TextIO

import msgspec

from monitor.config import Config
from monitor.errors import NurseryError
from monitor.host.probe import HostProbe
from monitor.store.lock import is_held
from monitor.store.settings import BoxSettings
from monitor.verbs.check_broker import check_broker
from monitor.verbs.check_certificate import check_certificate
from monitor.verbs.check_encryption import check_encryption
from monitor.verbs.check_host import check_clock, check_disk, check_power, check_temperature
from monitor.verbs.check_identity import check_identity
from monitor.verbs.check_journal import check_journal
from monitor.verbs.check_probe import check_probe
from monitor.verbs.check_push import check_push
from monitor.verbs.check_set_up import check_set_up
from monitor.verbs.check_sources import check_microphone, check_scale
from monitor.verbs.finding import Finding
from monitor.verbs.settings import check_settings


def run_check(
    config: Config,
    as_json: bool,
    out: TextIO,
    *,
    password: str | None = None,
    push: bool = False,
    settings: BoxSettings | None = None,
) -> int:
    """Check everything and write a line each to ``out``; 1 if anything failed, else 0.

    ``password`` is the credential that root read for the service before it became its user.
    With ``push`` one is sent to every route of ``[notify]``. ``settings`` say where values come
    from.
    """
    busy = is_held(config.state_dir)
    host = HostProbe(config).report(0.0)
    checks: list[tuple[str, Callable[[], Finding]]] = [
        ("microphone", lambda: check_microphone(config, busy)),
        ("scale", lambda: check_scale(config, busy)),
        ("probe", lambda: check_probe(config, password)),
        ("set-up", lambda: check_set_up(config)),
        ("broker", lambda: check_broker(config, password, busy=busy)),
        ("identity", lambda: check_identity(config, busy=busy)),
        ("push", lambda: check_push(config, send=push)),
        ("encryption", lambda: check_encryption(config)),
        ("certificate", lambda: check_certificate(config)),
        ("journal", lambda: check_journal(config)),
        ("clock", lambda: check_clock(config)),
        ("power", lambda: check_power(host)),
        ("temperature", lambda: check_temperature(host)),
        ("disk", lambda: check_disk(host, config.state_dir)),
    ]
    if settings is not None:
        checks.append(("settings", lambda: check_settings(settings, password)))
    with ThreadPoolExecutor(len(checks)) as pool:
        running = [(name, pool.submit(check)) for name, check in checks]
        findings = [_finding(name, future.result) for name, future in running]
    for finding in findings:
        out.write(_json(finding) if as_json else _line(finding))
    return 0 if all(finding.ok for finding in findings) else 1


def _finding(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except (NurseryError, OSError) as error:
        return Finding(name, "failed", str(error))


def _line(finding: Finding) -> str:
    mark = {"ok": "ok     ", "warning": "WARNING", "failed": "FAILED ", "skipped": "skipped"}
    todo = f"\n{'':21}-> {finding.todo}" if finding.todo else ""
    return f"{mark[finding.state]}  {finding.check:<11} {finding.text}{todo}\n"


def _json(finding: Finding) -> str:
    document = {"check": finding.check, "ok": finding.ok, "state": finding.state}
    document |= {"text": finding.text, "todo": finding.todo}
    return msgspec.json.encode(document).decode() + "\n"
