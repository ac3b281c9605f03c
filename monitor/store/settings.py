"""The settings of a box: its configuration file, and what a person has set over it.

The file stays as whoever installed the box wrote it. What was set by command or on the page is
read over it, held to the same rules, all of it together. What does not fit is left out and told:
settings never keep a box from watching.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from monitor import config_errors
from monitor.config import Config
from monitor.config_file import overlaid, parse_config, read_config
from monitor.errors import CommandError, ConfigError, InputError, JournalError
from monitor.store.settings_files import SettingsFiles
from monitor.store.settings_fit import fitting
from monitor.written.settings import (
    PASSWORD,
    SECRETS,
    changes,
    known_key,
    settings,
    spoken,
)
from monitor.written.setup_requests import Configure

PUSH_KEYS = tuple(key for key in SECRETS if key != PASSWORD)
Judge = Callable[[Config, Config], None]
"""of the configuration that would hold, and the one that does: raises a ConfigError"""


class LinkSettings(NamedTuple):
    """What was set of the box's name and its broker."""

    values: dict[str, Any]
    password: str | None


class BoxSettings:
    """``load`` reads what was set; until then only the file holds."""

    def __init__(self, raw: bytes, origin: str) -> None:
        """Take the content of a configuration file; ``origin`` names it.

        Raises:
            ConfigError: it is wrong.
        """
        self._raw, self.origin = raw, origin
        self.file = parse_config(raw, origin)
        """what the file alone says"""
        self.config = self.file
        """what holds"""
        self.problem: str | None = None
        """what of the settings cannot be used, in a sentence"""
        self._files = SettingsFiles(self.file.state_dir)
        self.tables: Any = config_errors.untyped(raw)
        """of the file, as they stand there"""
        self.said = ""
        """of settings that were taken back, until somebody sets something"""
        self._values: dict[str, Any] = {}
        self._loaded = False
        self._seen = self._files.fingerprint()

    @classmethod
    def of(cls, path: str | Path) -> BoxSettings:
        """Of a configuration file.

        Raises:
            ConfigError: there is none, or it is wrong.
        """
        return cls(read_config(path), str(path))

    # ------------------------------------------------------------------ reading

    def load(self, *, mend: bool = False) -> Config:
        """Read what was set; returns what holds.

        ``mend``: what cannot be used is set aside, for whoever owns the state directory.
        """
        self.problem, self._seen = self.said or None, self._files.fingerprint()
        try:
            values = self._files.read()
        except InputError as error:
            values = {}
            kept = self._files.set_aside() if mend else None
            aside = "" if kept is None else f"; it is kept as {kept}"
            self.problem = f"{error}{aside}. The configuration file alone holds: set it again"
        except (OSError, JournalError) as error:
            values = {}
            why = getattr(error, "strerror", None) or error
            self.problem = f"what was set cannot be read: {why}"
            if self._loaded:
                self.problem += ". What was read before holds until the next start"
                return self.config
            self.problem += ". The configuration file alone holds"
        self._loaded = True
        self._values, left_out = self._fitting(values)
        if left_out:
            self.problem = f"left out of what was set: {'; '.join(left_out)}"
            if mend and self._files.keep_a_copy() is not None:
                self._rewrite()
        if self.problem is None and self._files.damaged is not None:
            self.problem = (
                f"damaged settings are kept as {self._files.damaged}: "
                "set again what is missing, or remove that file"
            )
        return self.config

    @property
    def has_own_password(self) -> bool:
        """Whether a person has set the broker's password."""
        return self._files.secret(PASSWORD) is not None

    @property
    def is_outdated(self) -> bool:
        """Whether somebody has changed the files since."""
        found = self._files.fingerprint()
        return found is not None and found != self._seen

    def distrust(self, why: str) -> None:
        """What was set cannot be lived with: the configuration file alone holds."""
        self.config, self._values = self.file, {}
        self.problem = f"{why}. The configuration file alone holds: set it again"

    def _rewrite(self) -> None:
        try:
            with self._files.alone():
                self._files.write(self._values, {})
        except CommandError:
            return  # the card refuses; the next start leaves the same out
        finally:
            self._seen = self._files.fingerprint()

    def _fitting(self, values: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """As much of ``values`` as fits, and a sentence for each that does not."""
        known, left_out = settings(), []
        wanted: dict[str, Any] = {}
        for key, value in values.items():
            if key not in known or known[key].kind == "secret":
                left_out.append(f'"{key}" is no setting')
                continue
            wanted[key] = None if value == "" and known[key].optional else value
        secrets, unreadable = self._secrets()
        left_out += unreadable
        self.config, refused = fitting(self._raw, wanted, secrets)
        return wanted, left_out + refused

    def _secrets(self) -> tuple[dict[str, Any], list[str]]:
        """What the secrets' files say, as values of the configuration, and what is wrong there."""
        found: dict[str, Any] = {}
        wrong: list[str] = []
        if (path := self._files.secret(PASSWORD)) is not None:
            found["mqtt.password_file"] = str(path)
        for key in PUSH_KEYS:
            try:
                addresses = self._files.addresses(key)
            except ConfigError as error:
                wrong.append(str(error))
                continue
            if addresses is not None:
                found |= _addresses(key, addresses)
        return found, wrong

    # ------------------------------------------------------------------ changing

    def carry_out(self, asked: Configure, judge: Judge = lambda _new, _old: None) -> str:
        """Set or take back what is asked for; returns what was understood.

        Raises:
            CommandError: refused, or the card refuses: one sentence, and nothing was changed.
        """
        with self._files.alone():
            self.load(mend=True)
            before = self.config
            values, said = dict(self._values), list[str]()
            secrets: dict[str, str | None] = {}
            if asked.value is None:
                for key in known_key(asked.key):
                    values.pop(key, None)
                    if key in SECRETS and self._files.secret(key) is not None:
                        secrets[key] = None
            else:
                for key, value in changes(asked.key, asked.value).items():
                    if key in SECRETS:
                        secrets[key] = _as_text(key, value)
                    else:
                        values[key] = value
                    said.append(f"{key}: {spoken(settings()[key], value)}")
            config = self._tried(values, secrets)
            try:
                judge(config, before)
            except ConfigError as error:
                raise CommandError(_of_a_setting(str(error))) from error
            self._files.write(values, secrets)
            self.said = ""
            self._files.seen()
            self.load()
        return ", ".join(said) or ", ".join(
            f"{key}: {spoken(settings()[key], value_of(key, self.config))} again"
            for key in known_key(asked.key)[:5]
        )

    def of_the_link(self) -> LinkSettings:
        """What is set of the way to the broker, to ``go_back`` to."""
        found = {key: value for key, value in self._values.items() if _is_of_the_link(key)}
        return LinkSettings(found, self._files.text(PASSWORD))

    def go_back(self, before: LinkSettings, why: str) -> None:
        """Have the way to the broker as it was; ``why`` is told until somebody sets something."""
        self.said = f"new settings were taken back: {why}. What was before holds again"
        rest = {key: value for key, value in self._values.items() if not _is_of_the_link(key)}
        try:
            with self._files.alone():
                self._files.write({**rest, **before.values}, {PASSWORD: before.password})
        except CommandError as error:
            self.said = f"new settings do not work: {why}; and {error}"
        self.load()

    def is_set(self, key: str) -> bool:
        """Whether a person has set it."""
        return key in self._values or (key in SECRETS and self._files.secret(key) is not None)

    def accept_calibration(self, counts_per_gram: float, zero_counts: float) -> None:
        """Keep a calibration that is in force already.

        Raises:
            CommandError: it was not kept.
        """
        found = {"counts_per_gram": counts_per_gram, "zero_counts": zero_counts}
        self.carry_out(Configure(key="scale", value={**found}))

    def _tried(self, values: dict[str, Any], secrets: dict[str, str | None]) -> Config:
        """What would hold then."""
        over = dict(values)
        secret_values, _ = self._secrets()
        for key, text in secrets.items():
            gone = ["mqtt.password_file"] if key == PASSWORD else [key]
            for name in gone:
                secret_values.pop(name, None)
            if text is None:
                continue
            if key == PASSWORD:
                secret_values["mqtt.password_file"] = "set"
            else:
                secret_values |= _addresses(key, text.splitlines())
        try:
            return overlaid(self._raw, {**over, **secret_values})
        except ConfigError as error:
            raise CommandError(_of_a_setting(str(error))) from error


def _is_of_the_link(key: str) -> bool:
    return key == "box" or key.startswith("mqtt.")


def value_of(key: str, config: Config) -> Any:
    """The value that holds; of the password the file that holds it."""
    if key == PASSWORD:
        return config.mqtt.password_file
    found: Any = config
    for part in key.split("."):
        found = getattr(found, "from_" if part == "from" else part)
    return found


def _addresses(key: str, addresses: list[str]) -> dict[str, Any]:
    """As values of the configuration; they hold instead of the file with more of them, too."""
    given = [each for each in addresses if each and not each.startswith("#")]
    more = {"notify.urls_file": None} if key == "notify.urls" else {}
    return {key: given, **more}


def _as_text(key: str, value: Any) -> str | None:
    """What the file of a secret holds; ``None``: no such file."""
    if key == PASSWORD:
        return value or None
    return "\n".join(value or []) + "\n"


def _of_a_setting(sentence: str) -> str:
    """A sentence about the configuration, for somebody who sees settings."""
    return sentence.replace('"mqtt.password_file"', f'"{PASSWORD}"')
