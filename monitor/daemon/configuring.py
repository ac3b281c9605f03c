"""Settings while the box runs: asked for, changed beside it, taken over from a calibration.

What is changed is kept first. Then the loop ends politely and begins anew in the same process, with
what a restart goes on with: nobody restarts anything, and no alert is raised or cleared by it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from monitor.config import Config
from monitor.daemon.probation import PROBATION_S, Probation
from monitor.daemon.push_routes import PushRoutes
from monitor.documents import SettingsStatus
from monitor.errors import CommandError, ConfigError
from monitor.events import AnyEvent, Calibration, Command, CommandResult, LinkReport
from monitor.store.push_rows import wanted
from monitor.store.push_topic import subscribe
from monitor.store.settings import BoxSettings
from monitor.store.settings_status import settings_status
from monitor.written.setup_requests import Configure, SubscribePhone


class Configuring:
    """``carry_out`` what is asked, ``look`` once a second; the loop ends when ``changed``."""

    def __init__(
        self,
        settings: BoxSettings | None,
        log: Callable[[str], None],
        *,
        patience_s: float = PROBATION_S,
    ) -> None:
        """Take the settings in force; ``None``: there is nowhere to keep any (a simulation).

        ``patience_s``: within which a new broker must answer (``probation``).
        """
        self._settings, self._log = settings, log
        self._probation = None if settings is None else Probation(settings, patience_s)
        self._in_force = None if settings is None else settings.config

    def opened(self) -> None:
        """The box is opened with what holds now."""
        self._in_force = None if self._settings is None else self._settings.config

    @property
    def changed(self) -> bool:
        """Whether other settings hold than those that the box was opened with."""
        return self._settings is not None and self._settings.config != self._in_force

    def carry_out(self, command: Command) -> CommandResult | None:
        """Set, or take back; ``None``: the command is another."""
        asked = command.request
        if not isinstance(asked, Configure | SubscribePhone):
            return None
        if self._settings is None or self._probation is None:
            return command.answer("settings are kept by a monitor that runs on a box")
        if isinstance(asked, SubscribePhone):
            return self._subscribe(self._settings, asked, command)
        before, held = self._settings.of_the_link(), self._settings.config
        try:
            said = self._settings.carry_out(asked, fit_to_run)
        except CommandError as refused:
            return command.answer(str(refused))
        if command.origin == "mqtt":
            self._probation.begin(before, held, time.monotonic())
        self._log(f"set from outside: {said}")
        return msgspec.structs.replace(command.answer(said=said), answer={"restarts": self.changed})

    def _subscribe(
        self, settings: BoxSettings, asked: SubscribePhone, command: Command
    ) -> CommandResult:
        try:
            topic = subscribe(settings, asked, fit_to_run)
        except CommandError as refused:
            return command.answer(str(refused))
        found = {"topic": topic.name, "server": topic.server, "app": topic.app, "web": topic.web}
        said = f"phones subscribe to a topic at {topic.server}"
        answer = found | {"restarts": self.changed}
        return msgspec.structs.replace(command.answer(said=said), answer=answer)

    def keep(self, events: list[AnyEvent]) -> list[AnyEvent]:
        """Keep an accepted calibration; the events, with an honest answer where that failed."""
        found = next((event for event in events if isinstance(event, Calibration)), None)
        if self._settings is None or found is None or found.counts_per_gram is None:
            return events
        try:
            self._settings.accept_calibration(found.counts_per_gram, found.zero_counts or 0.0)
        except CommandError as refused:
            why = f"it holds until the next restart, but: {refused}"
            return [_unkept(event, why) for event in events]
        if self._in_force is not None:
            self._in_force = _calibrated(self._in_force, self._settings.config)
        return events

    def look(self, link: LinkReport) -> None:
        """Take up what somebody else has changed: a command on this machine, an editor.

        ``link``: how the connection is, for what has to prove itself there.
        """
        if self._settings is None or self._probation is None:
            return
        if self._settings.is_outdated:
            self._settings.load(mend=True)
            if self._settings.problem is not None:
                self._log(self._settings.problem)
        if not self.changed and (said := self._probation.look(link, time.monotonic())) is not None:
            self._log(said)

    def status(self) -> SettingsStatus | None:
        """For topic ``settings``."""
        return None if self._settings is None else settings_status(self._settings)


def fit_to_run(new: Config, old: Config) -> None:
    """What no file alone can say of settings: the box could be opened with them.

    Raises:
        ConfigError: it could not; one sentence.
    """
    if old.sources and not new.sources:
        raise ConfigError(
            'with "microphone.source" and "scale.source" both "none" nothing would be watched'
        )
    if new.notify != old.notify and wanted(new.notify):
        PushRoutes(new.notify)


def _calibrated(config: Config, by: Config) -> Config:
    """``config`` with the calibration of another; whatever else has changed is still due."""
    scale = msgspec.structs.replace(
        config.scale,
        counts_per_gram=by.scale.counts_per_gram,
        zero_counts=by.scale.zero_counts,
    )
    return msgspec.structs.replace(config, scale=scale)


def _unkept(event: AnyEvent, why: str) -> AnyEvent:
    if not isinstance(event, CommandResult):
        return event
    return msgspec.structs.replace(event, ok=False, error=why, understood=None)
