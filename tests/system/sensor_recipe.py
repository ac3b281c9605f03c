"""A thermometer by the recipe in docs/design.md: what is added to which file."""

Edits = dict[str, list[tuple[str, str]] | str]
"""for each file of a recipe: what stands there, and what is put before it; or all of a new one"""

THERMOMETER = '''"""A thermometer that is not there."""

import threading
import time

from monitor.devices import Put
from monitor.events.observations import Temperature
from monitor.host.timeline import Timeline
from monitor.names import SourceName


class Thermometer:
    name: SourceName = "thermometer"

    def __init__(self, timeline: Timeline) -> None:
        self._timeline, self._stopped = timeline, threading.Event()

    def start(self, put: Put) -> None:
        threading.Thread(target=self._run, args=(put,), daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def heartbeat_s(self) -> float:
        return time.monotonic()

    def _run(self, put: Put) -> None:
        while not self._stopped.wait(0.2):
            put(Temperature(self._timeline.now_s(), 19.0))
'''
WARMTH = '''"""Whether it is warm in the box."""

import msgspec

from monitor.events import Condition
from monitor.events.observations import Temperature
from monitor.timeshift import Moment


class WarmthState(msgspec.Struct):
    cold_since_s: Moment | None = None


class Warmth:
    def __init__(self) -> None:
        self.state = WarmthState()

    def observe(self, reading: Temperature) -> None:
        if reading.degrees_c >= 25.0:
            self.state.cold_since_s = None
        elif self.state.cold_since_s is None:
            self.state.cold_since_s = reading.t_s

    def conditions(self) -> list[Condition]:
        since_s = self.state.cold_since_s
        if since_s is None:
            return []
        return [
            Condition(
                kind="damp", key="cold", severity="warning", since_s=since_s, title="Box too cold",
                message="", why="",
            )
        ]
'''
SENSOR: Edits = {
    "monitor/devices/thermometer.py": THERMOMETER,
    "monitor/core/warmth.py": WARMTH,
    "monitor/names.py": [
        ('"scale"]\n', '"thermometer", '),
        (
            '    "scale": SourceWords(',
            '    "thermometer": SourceWords("Thermometer", "blind", "it"),\n',
        ),
    ],
    "monitor/events/observations.py": [
        (
            "class Tick(",
            """class Temperature(msgspec.Struct, frozen=True):
    t_s: float
    degrees_c: float


""",
        ),
        ("    | Tick\n", "    | Temperature\n"),
    ],
    "monitor/config.py": [
        (
            "class AlertsConfig(",
            """class ThermometerConfig(_Section, frozen=True, kw_only=True):
    source: Literal["fake", "none"] = "none"


""",
        ),
        ("    alerts: AlertsConfig", "    thermometer: ThermometerConfig = ThermometerConfig()\n"),
    ],
    "monitor/devices/__init__.py": [
        (
            "    return sources\n",
            """    if config.thermometer.source == "fake":
        from monitor.devices.thermometer import Thermometer

        sources.append(Thermometer(timeline))
""",
        ),
    ],
    "monitor/core/state.py": [
        (
            "from monitor.core.scale.state import",
            "from monitor.core.warmth import WarmthState\n",
        ),
        ("    identity: IdentityState\n", "    warmth: WarmthState\n"),
    ],
    "monitor/core/parts.py": [
        ("from monitor.events import", "from monitor.core.warmth import Warmth\n"),
        ("        self._identity = IdentityConflict(", "        self._warmth = Warmth()\n"),
        ("            identity=self._identity.state", "            warmth=self._warmth.state,\n"),
        ("        self._identity.state = run", "        self._warmth.state = run.warmth\n"),
    ],
    "monitor/core/pipeline.py": [
        ("from monitor.events import", "from monitor.events.observations import Temperature\n"),
        (
            "    def _tick(self, tick: Tick)",
            """    def _warm(self, reading: Temperature) -> list[AnyEvent]:
        self._health.observe(reading)
        self._warmth.observe(reading)
        return []

""",
        ),
        ("            *self._identity.conditions(", "            *self._warmth.conditions(),\n"),
        ("    Tick: Pipeline._tick,\n", "    Temperature: Pipeline._warm,\n"),
    ],
    "monitor/core/health/sources.py": [
        (
            "from monitor.names import SOURCES",
            "from monitor.events.observations import Temperature\n",
        ),
        (
            "            case Tick():\n",
            """            case Temperature():
                self._data("thermometer", seen.t_s, real=True, doubt="")
""",
        ),
    ],
}
