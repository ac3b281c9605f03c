"""The settings of one box, as the tables of its TOML file; units are in the keys."""

from __future__ import annotations

import ipaddress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from monitor.names import SOURCES, SourceName

Positive = Annotated[float, Meta(gt=0)]
Minutes = Annotated[float, Meta(gt=0, le=1440)]
Pin = Annotated[int, Meta(ge=0, le=27)]
Port = Annotated[int, Meta(ge=1, le=65535)]
WebAddress = Annotated[
    str,
    Meta(
        pattern=r"^(https?://[A-Za-z0-9.:%_\[\]-]+/?)?$",
        max_length=200,
        description="give an address such as http://nursery.local:8080",
    ),
]
"""of a server, such as ``http://nursery.local:8080``; "" = none"""
ClockTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


SIMULATED_COUNTS_PER_GRAM = 412.7
SIMULATED_ZERO_COUNTS = 84_213.0
"""the simulated cell's calibration, where the file gives none"""


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; unknown keys are refused."""


class MicrophoneConfig(_Section, frozen=True, kw_only=True):
    """Where the sound comes from."""

    source: Literal["sounddevice", "wav", "simulated", "none"] = "none"
    device: str = ""
    """part of the device's name; names survive a reboot, numbers do not; "" = system default"""
    file: str | None = None
    """for source "wav" """
    model: str | None = None
    """a fine-tuned cry model instead of the one that ships"""
    keep_cries_days: Annotated[float, Meta(ge=0, le=90)] = 0.0
    """short recordings of cries are kept on this machine for so long; 0: no sound is ever kept"""
    keep_cries_mb: Annotated[float, Meta(ge=1, le=10_000)] = 100.0
    """... and the oldest go when all together are larger"""


class ScaleConfig(_Section, frozen=True, kw_only=True):
    """Where the weights come from, and the scale's calibration."""

    source: Literal["hx711", "csv", "simulated", "none"] = "none"
    driver: Literal["gpiozero", "hx711-package"] = "gpiozero"
    dout_pin: Pin = 5
    sck_pin: Pin = 6
    file: str | None = None
    """for source "csv" """
    counts_per_gram: float | None = None
    """negative when the cell is wired the other way round; None = not calibrated"""
    zero_counts: float | None = None
    """converter value of the empty platform"""
    capacity_g: Positive = 5000.0

    @property
    def calibrated(self) -> bool:
        """True when counts can be turned into grams."""
        return self.counts_per_gram is not None and self.zero_counts is not None


class ProbeConfig(_Section, frozen=True, kw_only=True):
    """The thermometer in the nest."""

    source: Literal["onewire", "mqtt", "csv", "simulated", "none"] = "none"
    device: str = ""
    """for source "onewire": its id, such as "28-0316a2798eff"; "": the only one there is"""
    directory: Annotated[str, Meta(min_length=1)] = "/sys/bus/w1/devices"
    """where the kernel shows what hangs on the 1-wire bus"""
    topic: Annotated[str, Meta(max_length=512, pattern=r"^[^+#\x00]*$")] = ""
    """for source "mqtt": where a thermometer of the house publishes"""
    field: Annotated[str, Meta(max_length=64)] = ""
    """of its JSON, such as "temperature", or "sensor.temperature" of an object within; "": the
    payload is the number"""
    unit: Literal["C", "F"] = "C"
    """what a number from "mqtt" means"""
    file: str | None = None
    """for source "csv" """
    silent_after_min: Annotated[float, Meta(ge=0.5, le=1440)] | None = None
    """without a reading for so long it counts as dead; None: 1, 5 for "csv", 70 for "mqtt": battery
    thermometers speak when something has changed, and once an hour"""

    @property
    def silent_after_s(self) -> float:
        """The same in seconds."""
        usual_min = {"mqtt": 70.0, "csv": 5.0}.get(self.source, 1.0)
        return 60.0 * (usual_min if self.silent_after_min is None else self.silent_after_min)


class NightConfig(_Section, frozen=True, kw_only=True):
    """Quiet hours in local time: they soften what is not critical."""

    from_: ClockTime = msgspec.field(name="from", default="22:00")
    to: ClockTime = "07:00"


class AlertsConfig(_Section, frozen=True, kw_only=True):
    """When and how often a person is told."""

    night: NightConfig = NightConfig()
    too_quiet_after_min: Minutes = 90.0
    remind_every_min: Minutes = 10.0
    """first interval between reminders; they slow down from there"""
    cry_after_s: Annotated[float, Meta(ge=0, le=600)] = 20.0
    """seconds of crying in one incident before anybody is told"""


class FeedingConfig(_Section, frozen=True, kw_only=True):
    """What is in the bottles."""

    milk_kcal_per_ml: Annotated[float, Meta(ge=0.3, le=2.5)] = 0.9
    """energy of the milk as it is mixed; replacers have 0.74 to 1"""


class PanelConfig(_Section, frozen=True, kw_only=True):
    """Optional parts on the box; a pin left out means the part is not there."""

    led_pin: Pin | None = None
    buzzer_pin: Pin | None = None
    button_pin: Pin | None = None


class MqttConfig(_Section, frozen=True, kw_only=True):
    """The broker and how to talk to it."""

    host: Annotated[str, Meta(min_length=1)] = "localhost"
    port: Port | None = None
    """8883 with TLS, 1883 without"""
    tls: bool | None = None
    """None: on, unless the broker is on this machine; a plain line needs tls = false"""
    ca_file: str | None = None
    username: str | None = None
    password_file: str | None = None
    """a file only its owner can read, or the systemd credential "mqtt-password" """
    protocol: Literal["5", "3.1.1"] = "5"
    keepalive_s: Annotated[int, Meta(ge=5, le=600)] = 20
    discovery: Literal["device", "entity", "off"] = "device"
    discovery_prefix: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_/-]+$")] = "homeassistant"
    birth_topic: Annotated[str, Meta(pattern=r"^[^+#\x00]+$")] = "homeassistant/status"
    """where Home Assistant says that it has started; it does not follow the discovery prefix"""

    @property
    def use_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.tls if self.tls is not None else not self.is_loopback

    @property
    def is_loopback(self) -> bool:
        """Whether the broker is certainly on this machine.

        Only ``localhost`` and loopback addresses are certain: what another name means is up to
        whoever answers the resolver (``127.example.org`` is anybody's).
        """
        return is_loopback(self.host)

    @property
    def port_number(self) -> int:
        """The port in force."""
        return self.port if self.port is not None else (8883 if self.use_tls else 1883)


class NotifyConfig(_Section, frozen=True, kw_only=True):
    """Real pushes to phones without Home Assistant, by Apprise URLs (ntfy, Pushover, ...)."""

    urls: list[str] = []
    """who hears everything that is news"""
    critical_urls: list[str] = []
    """where critical alerts go instead, for example the same service at its highest priority"""
    escalation_urls: list[str] = []
    """who hears, as well, of a critical alert that nobody acknowledged"""
    urls_file: str | None = None
    """a file only its owner can read with more ``urls``, one per line: they hold passwords"""
    from_severity: Literal["info", "warning", "critical"] = "info"
    page_url: WebAddress = ""
    """where phones open the page: each push leads there; "" = pushes lead nowhere"""


class PageConfig(_Section, frozen=True, kw_only=True):
    """The page on the phone, ``nursery page``: where it answers, and as whom it asks the broker."""

    host: str = ""
    """an address to listen on; "" = those of the home network that this machine has"""
    port: Port = 8080
    names: list[str] = []
    """names it is reached by besides its addresses and its host name"""
    cert_file: str | None = None
    """a PEM certificate, for TLS"""
    key_file: str | None = None
    state_dir: str = "/var/lib/nursery-page"
    """who is paired"""
    access_file: str = "/etc/nursery/access.toml"
    """what an installation wrote down for Home Assistant, to be shown while a box is set up"""
    username: str | None = None
    """its own at the broker; None: that of ``mqtt``"""
    password_file: str | None = None


class ShelterConfig(_Section, frozen=True, kw_only=True):
    """Many boxes on one broker: which room each stands in, and where years of numbers are kept."""

    rooms: dict[
        Annotated[str, Meta(min_length=1, max_length=64)],
        list[Annotated[str, Meta(min_length=1, max_length=48)]],
    ] = {}
    """name of a room: its boxes, "*" for any letters, as in "kittens-*" """
    records_url: WebAddress = ""
    """of VictoriaMetrics, which keeps the numbers of years"""
    rules_url: WebAddress = ""
    """of vmalert, which looks at the rules over them"""

    def room_of(self, box: str) -> str | None:
        """The first room that names this box; ``None``: none does."""
        for room, boxes in self.rooms.items():
            if any(fnmatchcase(box, pattern) for pattern in boxes):
                return room
        return None


class Config(_Section, frozen=True, kw_only=True):
    """The whole file."""

    box: Annotated[str, Meta(min_length=1, max_length=48)]
    state_dir: str = "/var/lib/nursery"
    trust_clock: bool = False
    """a battery clock keeps the time here: it is right without a network"""
    microphone: MicrophoneConfig = MicrophoneConfig()
    scale: ScaleConfig = ScaleConfig()
    probe: ProbeConfig = ProbeConfig()
    alerts: AlertsConfig = AlertsConfig()
    feeding: FeedingConfig = FeedingConfig()
    panel: PanelConfig = PanelConfig()
    mqtt: MqttConfig = MqttConfig()
    notify: NotifyConfig = NotifyConfig()
    page: PageConfig = PageConfig()
    shelter: ShelterConfig = ShelterConfig()

    @property
    def sources(self) -> tuple[SourceName, ...]:
        """Those that the box has."""
        return tuple(name for name in SOURCES if getattr(self, name).source != "none")

    @property
    def practice(self) -> bool:
        """Whether anything of what it watches is simulated."""
        return any(getattr(self, name).source == "simulated" for name in SOURCES)

    @property
    def journal_path(self) -> Path:
        """The SQLite file; practice has one of its own, so that no real baby has invented rows."""
        return Path(self.state_dir) / ("practice.sqlite" if self.practice else "journal.sqlite")


class PageFile(_Section, frozen=True, kw_only=True):
    """The file of a machine that shows boxes and is none."""

    mqtt: MqttConfig = MqttConfig()
    page: PageConfig = PageConfig()
    shelter: ShelterConfig = ShelterConfig()


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
