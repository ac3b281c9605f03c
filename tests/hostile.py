"""Input from somebody who means harm, for the tests that feed it to every part."""
# ruff: noqa: E501, RUF001 - tables of hostile text are read as tables, in any alphabet

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import msgspec
from hypothesis import strategies as st

from monitor import commands
from monitor.daemon.configuring import Configuring
from monitor.daemon.loop import Loop
from monitor.events import Tick
from monitor.mqtt.bridge import Bridge
from monitor.mqtt.connection_events import Acknowledged, Connected, Received, Refused
from monitor.mqtt.flood_gate import CommandGate
from monitor.mqtt.publisher_settings import Patience
from monitor.mqtt.topics import Message
from monitor.names import HistoryKind, NoteKind
from monitor.store.journal import Journal
from monitor.store.settings import BoxSettings
from monitor.written.setup_requests import CalibrationStep

START_S = 1_778_241_600.0
BASE = "nursery/test"
SCALE = """
[scale]
source = "csv"
file = "x"
counts_per_gram = 400.0
zero_counts = 0.0
"""

NAMES = [
    "../../etc/passwd", "/etc/nursery/mqtt-password", "C:\\con", "~root", ".", "..", "a/b", "a/../b",
    "#", "+", "nursery/+/cmd/#", "$SYS/broker", "$share/x/y",
    "a\x00b", "a\x1b[2Jb", "a\nb", "a\r\nb", "\x7f", "\x9b31m", "\u2028", "\ufeff", "\u200b",
    "\u202eevil", "\u200fאבג", "\u2066x\u2069", "\ud800",
    "'; DROP TABLE babies; --", '" OR 1=1 --', "%s%n%x", "${jndi:ldap://x}", "$(reboot)", "`id`",
    "{{ states('x') }}", "{% for x in y %}", "{0.__class__}", "$x^2$", "$\\frac{", "_a_^b^",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;b&gt;", "]]>", "--><svg/onload=1>",
    '"><iframe src="http://x">', "javascript:alert(1)", "[red]x[/red]", "[link=http://x]y[/link]",
    "=cmd|'/c calc'!A1", "+1+1", "-2", "@SUM(1)", "\t=1", "\r=1",
    "👨‍👩‍👧", "🐱" * 20, "e" + "\u0301" * 50, "Z̷̡a̶l̴g̵o̷", "ﷺ", "İ", "ß", "K", "٢٠٢٦", "١",
    "null", "true", "NaN", "all", "nobody", "object", "None", "", " ", "x" * 60, "x" * 61, "x" * 5000,
    "Possum", "possum", "POSSUM ", "Kangaroo",
]  # fmt: skip
"""names that are paths, topics, control characters, queries, markup, formulas, or nearly another"""

DATES = [
    "2026-05-01", "2026-02-30", "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "1969-12-31",
    "2026-W05-1", "20260131", "2026-01-31T02:14:05Z", "2026-05-08T12:00:00Z", "2026-05-09T12:00:00Z",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-31T02:14:05", "now", "tomorrow",
    "٢٠٢٦-٠١-٣١", "-2026-01-31", "1e99", "2026-01-31 02:14:05.123456789Z",
]  # fmt: skip
NUMBERS = [
    0, -0.0, -1, 1, 5, 112.0, 114, 180, 20_000, 20_001, 1e5, 1e308, -1e308, 5e-324, 1e-300, 2**63,
    2**64, 10**30, 10**400, 0.1 + 0.2, float("nan"), float("inf"), float("-inf"),
]  # fmt: skip

RAW = [
    b"", b" ", b"null", b"true", b"0", b'""', b"[]", b"{", b"}", b"PRESS", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf{}",
    b'{"minutes": 1e999}', b'{"minutes": -1e999}', b'{"minutes": NaN}', b'{"minutes": Infinity}',
    b'{"baby": "Possum", "grams": 1e999}', b'{"baby": "Possum", "grams": ' + b"9" * 4000 + b"}",
    b'{"request_id": ' + b"9" * 4000 + b"}", b'{"id": "\\ud800"}', b'{"id": "\\u0000"}',
    b"[" * 4000, b'{"a":' * 600 + b"1" + b"}" * 600, b'{"id": ["' + b"x" * 3000 + b'"]}',
    b'{"id": "' + b"x" * 100_000 + b'"}', b"x" * 1_000_000, b'{"id": "x", "id": "y"}',
    b'{"__proto__": {}, "constructor": 1}', b'{"request_id": {"$gt": ""}}', b"\x80\x04\x95cposix\nsystem\n",
    b"!!python/object/apply:os.system ['id']", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>",
]  # fmt: skip
"""payloads that break parsers"""

VERBS = {verb: list(kind.__struct_fields__) for verb, kind in commands.VERBS.items()}
"""and the fields of each"""

texts = st.one_of(st.sampled_from(NAMES), st.text(max_size=30), st.text(min_size=190, max_size=210))
numbers = st.one_of(st.sampled_from(NUMBERS), st.floats(), st.integers())
scalars = st.one_of(st.none(), st.booleans(), numbers, texts, st.sampled_from(DATES))
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
LIKELY: dict[str, st.SearchStrategy[Any]] = {
    "baby": st.sampled_from(NAMES), "name": st.sampled_from(NAMES), "rename": st.sampled_from(NAMES),
    "object": st.sampled_from(["object", "Bottle warmer", *NAMES]),
    "species": st.sampled_from(["kitten", "puppy", "Kitten", "human", "", 1]),
    "born": st.sampled_from(DATES), "at": st.sampled_from(DATES) | numbers,
    "grams": numbers, "weight_g": numbers, "adult_weight_kg": numbers, "minutes": numbers,
    "confirm": st.booleans(), "usual": st.booleans(), "cancel": st.booleans(), "void": st.booleans(),
    "kind": st.sampled_from([*get_args(NoteKind), "Stool", ""]),
    "what": st.sampled_from([*get_args(HistoryKind), "feed", ""]), "limit": numbers,
    "hours": numbers,
    "since": st.sampled_from(DATES) | numbers, "until": st.sampled_from(DATES) | numbers,
    "next": texts | st.sampled_from(["2026-05-08T12:00:00Z", "2026-05-08T12:00:00Z/-3", "/", "x/1"]),
    "value": texts | numbers | values, "text": texts, "how": texts, "reason": texts,
    "key": st.sampled_from(["box", "mqtt", "scale.counts_per_gram", "alerts.night.from", "state_dir"])
    | texts,
    "default": st.booleans(), "step": st.sampled_from(get_args(CalibrationStep)),
    "seconds": numbers,
    "id": st.sampled_from(["", "all", "test-1", *NAMES]), "step_id": st.sampled_from(["0", *NAMES]),
}  # fmt: skip


@st.composite
def likely_commands(draw: st.DrawFn) -> tuple[str, bytes]:
    """A known verb with its own arguments, each as bad as it can be."""
    verb = draw(st.sampled_from(sorted(VERBS)))
    fields = {
        name: draw(LIKELY.get(name, scalars)) for name in VERBS[verb] if draw(st.integers(0, 9)) > 0
    }
    if draw(st.booleans()):
        fields["request_id"] = draw(scalars)
    if draw(st.integers(0, 9)) == 0:
        fields[draw(texts)] = draw(values)
    return verb, as_json(fields)


@st.composite
def unlikely_commands(draw: st.DrawFn) -> tuple[str, bytes]:
    """Anything on any command topic."""
    verb = draw(
        st.sampled_from([*VERBS, "unknown", "result", "explode", "", "TARE", "tare ", "ü", "💥"])
    )
    payload = draw(
        st.one_of(st.sampled_from(RAW), st.binary(max_size=200), values.map(as_json), texts.map(str_bytes))
    )  # fmt: skip
    return verb, payload


def as_json(value: object) -> bytes:
    """JSON as a careless or malicious program writes it: NaN, Infinity, lone surrogates and all."""
    import json

    return json.dumps(value).encode()


def str_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


class FakeConnection:
    """A connection that takes everything at once."""

    protocol = "5"

    def __init__(self) -> None:
        self.events: deque[Any] = deque([Connected()])
        self.dropped = 0
        self.is_ignored, self.unanswered_s = False, 0.0
        self.published: list[Message] = []
        self.subscribed: set[str] = set()
        self.forbidden: set[str] = set()
        """topics that the broker's rules refuse"""
        self.unheard: set[str] = set()
        """topics that nobody has subscribed to"""

    def publish(self, message: Message) -> int:
        self.published.append(message)
        code, reason = (0x87, "Not authorized") if message.topic in self.forbidden else (0, "")
        if message.topic in self.unheard:
            code, reason = 0x10, "No matching subscribers"
        self.events.append(Acknowledged(len(self.published), code, reason))
        return len(self.published)

    def open(self, will: Message | None = None) -> None:
        pass

    def subscribe(self, topics: list[str], *, of_others: object = ()) -> int | None:
        self.subscribed |= set(topics)
        return None

    def unsubscribe(self, topics: list[str]) -> None:
        self.subscribed -= set(topics)

    def close(self, timeout_s: float) -> None:
        pass


class Nobody(FakeConnection):
    """Where no broker is."""

    def __init__(self) -> None:
        super().__init__()
        self.events = deque([Refused("nobody is there")])


def only(connection: FakeConnection) -> Callable[..., FakeConnection]:
    """Makes the box's own connection; the look before it finds no broker."""

    def connect(_protocol: str, client_id: str, **_intake: object) -> FakeConnection:
        return Nobody() if client_id.endswith("-look") else connection

    return connect


class OpenGate(CommandGate):
    """However many commands there are."""

    def admit(self, now_s: float) -> bool:
        return True


class Box:
    """The real loop, outputs, publisher, recorder and journal; only the socket is missing."""

    def __init__(
        self,
        directory: Path,
        *,
        patient: bool = True,
        patience: Patience = Patience(),  # noqa: B008
        more: str = "",
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        text = f'box = "test"\nstate_dir = "{directory}"\n{SCALE}{more}'
        self.settings = BoxSettings(text.encode(), "test.toml")
        self.config = self.settings.config
        self.journal = Journal.open(self.config.journal_path)
        self.now_s = START_S
        self.connection = FakeConnection()
        # With the open gate what is tested is what a command does, not how many there may be.
        self.gate = OpenGate() if patient else CommandGate()
        self.bridge: Bridge
        connect = only(self.connection)

        def opened(*settings: Any, **more: Any) -> Bridge:
            self.bridge = Bridge(
                *settings, **more, connect=connect, gate=self.gate, patience=patience
            )
            return self.bridge

        self.log: list[str] = []
        self.app = Loop(
            self.config, self.journal, [], start_s=START_S, open_bridge=opened,
            configuring=Configuring(self.settings, self.log.append), log=self.log.append,
        )  # fmt: skip
        while not self.app.connected:
            self.turn()
        self.tick()

    def tick(self, seconds: float = 1.0) -> None:
        self.now_s += seconds
        self.app.put(Tick(self.now_s))
        self.turn()

    def turn(self) -> None:
        self.app.turn(0.0)
        self.app.turn(0.0)

    def send(self, verb: str, payload: bytes, *, retain: bool = False) -> list[dict[str, Any]]:
        """One message on a command topic; returns what came out on the result topics."""
        before = len(self.connection.published)
        place = "setup" if verb in commands.SETUP_VERBS else "cmd"
        self.connection.events.append(Received(f"{BASE}/{place}/{verb}", payload, retain))
        self.turn()
        self.tick()
        return [
            msgspec.json.decode(m.payload)
            for m in self.connection.published[before:]
            if m.topic.startswith(f"{BASE}/{place}/") and m.topic.endswith("/result")
        ]

    def close(self) -> None:
        self.journal.close()
