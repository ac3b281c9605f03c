"""``nursery run``: the loop with real sources, a real panel and the real clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from monitor.config import Config
from monitor.daemon.configuring import Configuring
from monitor.daemon.core_memory import HISTORY_S
from monitor.daemon.event_text import plain
from monitor.daemon.loop import Loop, announce, check_config_for_run
from monitor.daemon.run_start import read_run_start
from monitor.daemon.shedding import Shedding
from monitor.devices import open_panel, open_practice, open_sources
from monitor.devices.ticker import Ticker
from monitor.errors import CardError, ConfigError, DeviceError, JournalError
from monitor.events import Alert, AnyEvent, HostReport
from monitor.host.clock_sync import ClockSync
from monitor.host.probe import HostProbe
from monitor.host.timeline import Timeline
from monitor.store.batch import Batch
from monitor.store.failover import open_journal
from monitor.store.journal import Journal
from monitor.store.lock import StateLock
from monitor.store.settings import BoxSettings
from monitor.store.taking_over import take_over

if TYPE_CHECKING:  # loaded when it is asked for by name
    from monitor.devices.practice import PracticeNursery

LOCK_WITHIN_S = 5.0
"""A command typed on the Pi holds the state directory for less than a second."""


def run_daemon(settings: BoxSettings) -> int:
    """Watch until stopped, by the settings in force; returns the exit code.

    Raises:
        ConfigError: nothing to watch, or a file the configuration names cannot be used.
        JournalError: the state directory cannot be used, or another daemon owns it.
    """
    state_dir = settings.file.state_dir
    with StateLock(state_dir) as lock:
        if not _taken(lock):
            raise JournalError(
                f"another nursery monitor already runs on {state_dir}: "
                "stop it first, or give this one its own state_dir"
            )
        _restored(state_dir)
        check_config_for_run(settings.load(mend=True))
        configuring = Configuring(settings, announce)
        before: Loop | None = None
        while before is None or before.reconfigured:
            journal = open_journal(settings.config.journal_path, announce)
            try:
                before = _watch(settings, configuring, journal, before)
            finally:
                journal.close()
        return 0


def _restored(state_dir: str) -> None:
    """Take a restored backup over that came while the last monitor ran."""
    try:
        kept = take_over(state_dir)
    except OSError as error:
        announce(f"what was restored cannot be put in place yet: {error}")
        return
    if kept is not None:
        announce(f"a backup was restored; what was here before is kept in {kept}")


def _taken(lock: StateLock) -> bool:
    try:
        return lock.acquire_within(LOCK_WITHIN_S)
    except CardError:
        return True  # nobody can hold a lock that cannot be made; what to do is ``failover``'s


def _watch(
    settings: BoxSettings, configuring: Configuring, journal: Journal, before: Loop | None
) -> Loop:
    """Watch until stopped, or until another journal is wanted; returns the last loop."""
    path = settings.config.journal_path
    if journal.set_aside is not None:
        announce(f"the journal was damaged; it is kept as {journal.set_aside}")
    if journal.failed_over_from is not None:
        announce(f"running on a copy of the journal in memory: {journal.failover_reason}")
    while True:
        if settings.problem is not None:
            announce(settings.problem)
        loop = _opened(settings, configuring, journal)
        loop.run(before)
        if not loop.reconfigured or settings.config.journal_path != path:
            return loop
        before = loop


def _opened(settings: BoxSettings, configuring: Configuring, journal: Journal) -> Loop:
    """The loop with everything that the settings name; one that cannot be opened is not used."""
    try:
        return _open(settings, configuring, journal)
    except ConfigError as error:
        if settings.config == settings.file:
            raise
        settings.distrust(str(error))
        announce(settings.problem or "")
        return _open(settings, configuring, journal)


def _open(settings: BoxSettings, configuring: Configuring, journal: Journal) -> Loop:
    config = settings.config
    configuring.opened()
    trusted = _always if config.trust_clock or config.practice else ClockSync()
    run_start = read_run_start(journal, synced=trusted())
    if not run_start.clock.known:
        announce("the clock is not synchronised yet: gains are unknown until it is")
    timeline = Timeline(run_start.start_s)
    practice = _practice(config, journal, timeline)
    probe = HostProbe(config)
    ticker = Ticker(
        timeline,
        clock_synced=trusted,
        host_report=lambda t_s: _with_settings(probe.report(t_s), settings),
    )
    app = Loop(
        config,
        journal,
        [*open_sources(config, timeline), *practice, ticker],
        run_start=run_start,
        on_events=lambda events: _told(events, practice),
        log=announce,
        shedding=Shedding(),
        configuring=configuring,
    )
    try:
        app.attach_panel(open_panel(config, timeline, app.put))
    except DeviceError as error:
        # A faulty panel must not end the monitor.
        announce(f"running without the panel: {error}")
    return app


def _with_settings(report: HostReport, settings: BoxSettings) -> HostReport:
    return msgspec.structs.replace(report, settings_problem=settings.problem)


def _practice(config: Config, journal: Journal, timeline: Timeline) -> list[PracticeNursery]:
    """The simulated nursery, where the configuration asks for one; who lives there is written."""
    nursery = open_practice(
        config,
        timeline,
        journal.babies(),
        journal.weighings(timeline.now_s() - HISTORY_S),
        is_new=not journal.babies(retired=True),
    )
    if nursery is None:
        return []
    announce("PRACTICE: what this box watches is simulated; no animal is involved")
    if nursery.before:
        journal.write(Batch(events=nursery.before))
    return [nursery]


def _always() -> bool:
    """A clock that the configuration declares as right."""
    return True


def _told(events: list[AnyEvent], practice: Sequence[PracticeNursery]) -> None:
    for nursery in practice:
        nursery.follow(events)
    _log(events)


def _log(events: list[AnyEvent]) -> None:
    for event in events:
        if not isinstance(event, Alert) or not event.silent:
            announce(plain(event))
