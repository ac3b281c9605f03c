"""A hygrometer by the recipe in docs/design.md: what is added to which file."""

Edits = dict[str, list[tuple[str, str]] | str]
"""for each file of a recipe: what stands there, and what is put before it; or all of a new one"""

HYGROMETER = '''"""A hygrometer that is not there."""

import threading
import time

from monitor.devices import Put
from monitor.events.observations import Humidity
from monitor.host.timeline import Timeline
from monitor.names import SourceName


class Hygrometer:
    name: SourceName = "hygrometer"

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
            put(Humidity(self._timeline.now_s(), 95.0))
'''
DRYNESS = '''"""Whether it is dry in the box."""

import msgspec

from monitor.events import Condition
from monitor.events.observations import Humidity
from monitor.timeshift import Moment


class DrynessState(msgspec.Struct):
    damp_since_s: Moment | None = None


class Dryness:
    def __init__(self) -> None:
        self.state = DrynessState()

    def observe(self, reading: Humidity) -> None:
        if reading.damp_pct <= 70.0:
            self.state.damp_since_s = None
        elif self.state.damp_since_s is None:
            self.state.damp_since_s = reading.t_s

    def conditions(self) -> list[Condition]:
        since_s = self.state.damp_since_s
        if since_s is None:
            return []
        return [
            Condition(
                kind="damp", key="wet", severity="warning", since_s=since_s, title="Box too damp",
                message="", why="",
            )
        ]
'''
SENSOR: Edits = {
    "monitor/devices/hygrometer.py": HYGROMETER,
    "monitor/core/dryness.py": DRYNESS,
    "monitor/names.py": [
        ('"probe"]\n', '"hygrometer", '),
        (
            '    "scale": SourceWords(',
            '    "hygrometer": SourceWords("Hygrometer", "blind", "it"),\n',
        ),
    ],
    "monitor/events/observations.py": [
        (
            "class Tick(",
            """class Humidity(msgspec.Struct, frozen=True):
    t_s: float
    damp_pct: float


""",
        ),
        ("    | Tick\n", "    | Humidity\n"),
    ],
    "monitor/config.py": [
        (
            "class AlertsConfig(",
            """class HygrometerConfig(_Section, frozen=True, kw_only=True):
    source: Literal["fake", "none"] = "none"


""",
        ),
        ("    alerts: AlertsConfig", "    hygrometer: HygrometerConfig = HygrometerConfig()\n"),
    ],
    "monitor/devices/__init__.py": [
        (
            "    return sources\n",
            """    if config.hygrometer.source == "fake":
        from monitor.devices.hygrometer import Hygrometer

        sources.append(Hygrometer(timeline))
""",
        ),
    ],
    "monitor/core/state.py": [
        (
            "from monitor.core.scale.state import",
            "from monitor.core.dryness import DrynessState\n",
        ),
        ("    identity: IdentityState\n", "    dryness: DrynessState\n"),
    ],
    "monitor/core/parts.py": [
        ("from monitor.events import", "from monitor.core.dryness import Dryness\n"),
        ("        self._identity = IdentityConflict(", "        self._dryness = Dryness()\n"),
        ("            identity=self._identity.state", "            dryness=self._dryness.state,\n"),
        ("        self._identity.state = run", "        self._dryness.state = run.dryness\n"),
    ],
    "monitor/core/pipeline.py": [
        ("from monitor.events import", "from monitor.events.observations import Humidity\n"),
        (
            "    def _tick(self, tick: Tick)",
            """    def _damp_air(self, reading: Humidity) -> list[AnyEvent]:
        self._health.observe(reading)
        self._dryness.observe(reading)
        return []

""",
        ),
        ("            *self._identity.conditions(", "            *self._dryness.conditions(),\n"),
        ("    Tick: Pipeline._tick,\n", "    Humidity: Pipeline._damp_air,\n"),
    ],
    "monitor/core/health/sources.py": [
        (
            "from monitor.names import SOURCES",
            "from monitor.events.observations import Humidity\n",
        ),
        (
            "            case Tick():\n",
            """            case Humidity():
                self._data("hygrometer", seen.t_s, real=True, doubt="")
""",
        ),
    ],
}
