"""The only code that knows hardware. ``open_sources`` picks each back end by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # the load cell's child process imports this package: keep it light
    from monitor.config import Config
    from monitor.devices.panel import Panel
    from monitor.devices.practice import PracticeNursery
    from monitor.events import Baby, Observation, Weighing
    from monitor.host.timeline import Timeline
    from monitor.names import SourceName

Put = Callable[["Observation"], None]
"""hands one observation to the loop; never blocks, safe from any thread"""


class Source(Protocol):
    """Delivers observations from a thread or process of its own."""

    name: SourceName

    def start(self, put: Put) -> None:
        """Begin; returns at once. A missing device is retried and reported, never raised."""

    def stop(self) -> None:
        """End within two seconds, whatever the hardware does."""

    def heartbeat_s(self) -> float:
        """``time.monotonic()`` when the source's own loop last turned, for the watchdog."""


def open_sources(config: Config, timeline: Timeline) -> list[Source]:
    """The sources the configuration names, not yet started.

    "none" opens nothing, and neither does "simulated": see ``open_practice``. Each back end is
    imported only when it is asked for, so that a machine without one can run the others.
    """
    sources: list[Source] = []
    microphone, scale, probe = config.microphone, config.scale, config.probe
    if microphone.source == "sounddevice":
        from monitor.devices.microphone import Microphone

        sources.append(Microphone(microphone.device, timeline))
    elif microphone.source == "wav" and microphone.file:
        from monitor.devices.replayed import ReplayedMicrophone

        sources.append(ReplayedMicrophone(microphone.file, timeline))
    if scale.source == "hx711":
        from monitor.devices.load_cell import LoadCell

        sources.append(LoadCell(scale, timeline))
    elif scale.source == "csv" and scale.file:
        from monitor.devices.replayed import ReplayedScale

        sources.append(ReplayedScale(scale.file, timeline))
    if probe.source == "onewire":
        from monitor.devices.one_wire import OneWireProbe

        sources.append(OneWireProbe(probe, timeline))
    elif probe.source == "csv" and probe.file:
        from monitor.devices.replayed import ReplayedProbe

        sources.append(ReplayedProbe(probe.file, timeline))
    return sources


def open_practice(
    config: Config,
    timeline: Timeline,
    babies: Sequence[Baby],
    weighings: Sequence[Weighing],
    *,
    is_new: bool,
) -> PracticeNursery | None:
    """The simulated nursery that the configuration asks for, not yet started; ``None`` for none.

    ``babies`` are those registered, ``weighings`` what they weighed, in order of time; ``is_new``:
    nobody has ever been registered.
    """
    if not config.practice:
        return None
    from monitor.devices.practice import PracticeNursery

    return PracticeNursery(config, timeline, babies, weighings, is_new=is_new)


def open_panel(config: Config, timeline: Timeline, put: Put) -> Panel | None:
    """LED, buzzer and button, as far as the configuration names their pins; ``None`` for none.

    Raises:
        DeviceError: a pin cannot be claimed; names its key.
    """
    pins = (config.panel.led_pin, config.panel.buzzer_pin, config.panel.button_pin)
    if all(pin is None for pin in pins):
        return None
    from monitor.devices.panel import Panel

    return Panel(config.panel, timeline, put)
