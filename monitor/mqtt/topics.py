"""Topics and payloads: pure functions from states, events and alerts to messages.

Everything a phone or dashboard reads is made here; no name that a person typed ever becomes part
of a topic (babies appear by their slug). ``docs/mqtt.md`` lists every topic and field. Commands
coming in are read in ``written.requests``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from monitor import commands
from monitor.alert_kinds import BABY_KINDS, BOX_KINDS, KINDS, RANK
from monitor.codec import document, encode, event_document
from monitor.documents import (
    BabyStatus,
    BoxState,
    LiveStatus,
    SettingsStatus,
    SourceHealth,
    Summary,
)
from monitor.errors import CommandError
from monitor.events import PRACTICE, Alert, AnyEvent, Command, CommandResult, slug
from monitor.written.days import LocalNow
from monitor.written.requests import read_request, understood

LIVE_INTERVAL_S = 20.0
"""how often ``cry`` and ``scale`` are renewed at the broker even when nothing changed"""
SLOW_INTERVAL_S = 60.0
"""the same for ``health`` and ``baby/<slug>``"""
EXPIRY_INTERVALS = 3
"""the broker forgets a live number after this many intervals without renewal"""
LIVE_EXPIRY_S = EXPIRY_INTERVALS * LIVE_INTERVAL_S
SLOW_EXPIRY_S = EXPIRY_INTERVALS * SLOW_INTERVAL_S

PAIRING_EXPIRY_S = 60.0
"""a page that was away so long is not told a code any more"""

RECORDS = "nursery/records/keeping"
"""how a shelter's records stand (``documents.RecordsStatus``); no box may have the name"""
RECORDS_SILENT_S = 180.0
"""without news of them: three renewals are missing"""

TEXT_HEAD = 60
"""a phone's list shows about this much of a line (measured on common lock screens)"""


OPEN_TOLD = 3
"""alerts that are named in the sentence on what is open"""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One publication."""

    topic: str
    payload: bytes
    retain: bool = False
    qos: int = 1
    expiry_s: float | None = None
    """MQTT v5 message expiry; the broker drops the message then, retained or not"""


class Topics:
    """The topic names of one box; ``box`` is a slug.

    ``practice``: what it watches is simulated, and whatever a person reads of it says so.
    """

    def __init__(self, box: str, *, practice: bool = False) -> None:
        self.box, self.practice = box, practice
        self.base = base = f"nursery/{box}"
        self.status = f"{base}/status"
        self.identity = f"{base}/identity"
        self.health = f"{base}/health"
        self.cry = f"{base}/cry"
        self.scale = f"{base}/scale"
        self.nest = f"{base}/nest"
        self.alerts = f"{base}/alerts"
        self.alerts_text = f"{base}/alerts/text"
        self.alert = f"{base}/alert"
        self.alert_text = f"{base}/alert/text"
        self.event = f"{base}/event"
        self.question = f"{base}/question"
        self.summary = f"{base}/summary"
        self.week = f"{base}/summary/week"
        self.settings = f"{base}/settings"
        self.live = f"{base}/live"
        self.commands = f"{base}/cmd/+"
        self.results = f"{base}/cmd/+/result"
        self.setups = f"{base}/setup/+"
        self.setup_results = f"{base}/setup/+/result"
        self.pairing = f"{base}/setup/pairing/code"
        self.proof = f"{base}/proof"
        """what the box says to itself where a broker does not tell what becomes of a message"""

    def baby(self, baby_slug: str) -> str:
        """What is known of one baby."""
        return f"{self.base}/baby/{baby_slug}"

    def chart(self, baby_slug: str) -> str:
        """Its growth chart."""
        return f"{self.baby(baby_slug)}/chart"

    def problem(self, kind: str, baby_slug: str | None = None) -> str:
        """``ON`` while an alert of this kind is open."""
        return f"{self.base}/problem/{kind}" + (f"/{baby_slug}" if baby_slug else "")

    def command(self, verb: str) -> str:
        """Where a command arrives; what changes the box itself has a place of its own."""
        place = "setup" if verb in commands.SETUP_VERBS else "cmd"
        return f"{self.base}/{place}/{verb}"

    def result(self, verb: str) -> str:
        """Where it is answered."""
        return f"{self.command(verb)}/result"

    def refusal(self, topic: str, error: str, request_id: str | None = None) -> Message:
        """The answer to something on a command topic that could not even be read."""
        place, _, verb = topic.removeprefix(f"{self.base}/").partition("/")
        known = verb if verb in commands.VERBS else "unknown"
        body: dict[str, Any] = {"ok": False, "error": error}
        if request_id is not None:
            body["request_id"] = request_id
        return Message(topic=f"{self.base}/{place}/{known}/result", payload=encode(body))


# --------------------------------------------------------------------------- retained state


def state_messages(state: BoxState, topics: Topics) -> list[Message]:
    """Every retained document of a box except ``status`` and ``health``."""
    alerts = [marked(alert, topics) for alert in state.alerts]
    messages = [
        _retained(topics.cry, document(state.cry), expiry_s=LIVE_EXPIRY_S),
        _retained(topics.scale, document(state.scale), qos=0, expiry_s=LIVE_EXPIRY_S),
        _retained(topics.nest, document(state.nest), expiry_s=SLOW_EXPIRY_S),
        _retained(topics.alerts, [alert_document(a) for a in alerts]),
        _open_in_words(alerts, topics),
        _retained(topics.question, _question(alerts)),
        _retained(topics.summary, _in_words(state.summary, topics)),
        _retained(topics.week, _in_words(state.week, topics)),
    ]
    for baby in state.babies:
        topic = topics.baby(slug(baby.name))
        fields = document(baby)
        messages.append(_retained(topic, fields, expiry_s=SLOW_EXPIRY_S))
    return messages + _problem_messages(state.alerts, state.babies, topics)


def _in_words(told: Summary, topics: Topics) -> dict[str, Any]:
    """A hand-over; that of a simulated nursery says so first."""
    fields = document(told)
    if topics.practice and told.text is not None:
        fields["text"] = f"{PRACTICE}{told.text}"
    return fields


def _open_in_words(alerts: list[Alert], topics: Topics) -> Message:
    """For whoever opens a plain app in the morning: ``alert/text`` has been said by then.

    It expires with the box: a box that has died is not to say for ever that nothing is open.
    """
    gravest = sorted(alerts, key=lambda a: (-RANK[a.own_severity or a.severity], a.since))
    titles = [alert.title for alert in gravest]
    said = "; ".join(titles[:OPEN_TOLD]) or "nothing is open"
    if len(titles) > OPEN_TOLD:
        said += f"; and {len(titles) - OPEN_TOLD} more"
    text = f"{_shortened(topics.box, 20)}: {said}"
    text += "" if text.endswith(("?", ".")) else "."
    return Message(
        topic=topics.alerts_text, payload=text.encode(), retain=True, expiry_s=SLOW_EXPIRY_S
    )


def _problem_messages(
    alerts: list[Alert], babies: list[BabyStatus], topics: Topics
) -> list[Message]:
    found = {topics.problem(kind): False for kind in BOX_KINDS}
    for baby in babies:
        found |= {topics.problem(kind, slug(baby.name)): False for kind in BABY_KINDS}
    for alert in alerts:
        about = KINDS[alert.kind].about
        if about == "nothing":
            continue
        for whom in map(slug, alert.babies) if about == "baby" else [None]:
            found[topics.problem(alert.kind, whom)] = True
    return [
        Message(topic=topic, payload=b"ON" if on else b"OFF", retain=True)
        for topic, on in found.items()
    ]


def _question(alerts: list[Alert]) -> dict[str, Any]:
    """The oldest weighing nobody has been named for; all ``None`` when there is none."""
    open_questions = [alert for alert in alerts if alert.kind == "who_is_it" and alert.step_id]
    if not open_questions:
        return {"step_id": None, "text": None, "candidates": [], "things": [], "waiting": 0}
    first = open_questions[0]
    return {
        "step_id": first.step_id,
        "text": first.message,
        "candidates": [{"baby": c.baby, "p": round(c.p, 3)} for c in first.candidates],
        "things": [{"thing": t.thing, "p": round(t.p, 3)} for t in first.things],
        "waiting": len(open_questions),
    }


def health_message(
    sources: Mapping[str, SourceHealth],
    topics: Topics,
    *,
    fields: Mapping[str, Any],
) -> Message:
    """Topic ``health``: each source's state, then whatever the daemon knows of itself."""
    body: dict[str, Any] = {"sources": {name: document(s) for name, s in sources.items()}}
    for key, value in fields.items():
        body[key] = document(value) if isinstance(value, msgspec.Struct) else value
    return _retained(topics.health, body, expiry_s=SLOW_EXPIRY_S)


def pairing_message(code: str, topics: Topics) -> Message:
    """Topic ``setup/pairing/code``: what the LED blinks, for the page."""
    return Message(topic=topics.pairing, payload=encode({"code": code}), expiry_s=PAIRING_EXPIRY_S)


def live_message(live: LiveStatus, topics: Topics) -> Message:
    """Topic ``live``: passing, and the next one is half a second away."""
    return Message(topic=topics.live, payload=encode(document(live)), qos=0)


def settings_message(settings: SettingsStatus, topics: Topics) -> Message:
    """Topic ``settings``."""
    return _retained(topics.settings, document(settings))


def chart_message(topics: Topics, baby_slug: str, png: bytes) -> Message:
    """A baby's growth chart."""
    return Message(topic=topics.chart(baby_slug), payload=png, retain=True, qos=0)


def _retained(topic: str, value: object, *, qos: int = 1, expiry_s: float | None = None) -> Message:
    return Message(topic=topic, payload=encode(value), retain=True, qos=qos, expiry_s=expiry_s)


# --------------------------------------------------------------------------- news


def marked(alert: Alert, topics: Topics) -> Alert:
    """The alert as a person is to read it: one of a simulated nursery says so first."""
    if not topics.practice:
        return alert
    return msgspec.structs.replace(alert, title=f"{PRACTICE}{alert.title}")


def alert_document(alert: Alert) -> dict[str, Any]:
    """The alert's JSON object, for ``alert``, ``alerts`` and the journal's readers."""
    return event_document(alert)


def alert_messages(
    alert: Alert,
    topics: Topics,
    *,
    local_minute: Callable[[float], int | None] | None = None,
) -> list[Message]:
    """The two messages of a change in an alert's life: JSON, and one sentence for plain apps.

    ``local_minute`` gives the sentence the time of the wall clock, or ``None`` while that is not
    known: then the sentence names no time. Without it UTC is used.
    """
    alert = marked(alert, topics)
    return [
        Message(topic=topics.alert, payload=encode(alert_document(alert))),
        Message(
            topic=topics.alert_text,
            payload=alert_sentence(alert, local_minute=local_minute).encode(),
        ),
    ]


def alert_sentence(
    alert: Alert,
    *,
    local_minute: Callable[[float], int | None] | None = None,
) -> str:
    """One plain sentence whose first 60 characters say which box, what, and since when."""
    since = _clock(alert.since, local_minute)
    mark = {"acknowledged": "Seen", "snoozed": "Snoozed"}.get(alert.state, "")
    mark += f" by {_shortened(alert.by, 12)}: " if mark and alert.by else ": " if mark else ""
    tail = f" since {since}. " if since else ". "
    box = _shortened(alert.box, 20)
    title = _shortened(f"{mark}{alert.title}", TEXT_HEAD - len(box) - len(tail) - 2)
    return f"{box}: {title}{tail}{alert.message}"


def _clock(t_s: float, local_minute: Callable[[float], int | None] | None) -> str:
    if local_minute is None:
        return datetime.fromtimestamp(t_s, UTC).strftime("%H:%M UTC")
    minute = local_minute(t_s)
    if minute is None:
        return ""
    hours, minutes = divmod(minute, 60)
    return f"{hours:02d}:{minutes:02d}"


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def event_message(event: AnyEvent, topics: Topics) -> Message:
    """Topic ``event``: everything that is no alert."""
    return Message(topic=topics.event, payload=encode(event_document(event)), qos=0)


def command_result_message(result: CommandResult, topics: Topics) -> Message:
    """The answer to a command; ``request_id`` is echoed where one was given."""
    body: dict[str, Any] = {"ok": result.ok}
    if result.error is not None:
        body["error"] = result.error
    body |= result.answer or {}
    if result.understood is not None:
        body["understood"] = result.understood
    if result.request_id is not None:
        body["request_id"] = result.request_id
    return Message(topic=topics.result(result.verb), payload=encode(body))


def parse_command(
    topic: str,
    payload: bytes,
    topics: Topics,
    *,
    retain: bool,
    now_s: float,
    clock_known: bool = True,
) -> Command:
    """Read a message that arrived below ``topics.commands`` or ``topics.setups``.

    A retained one would be carried out again at every connection. Times in it are read in this
    machine's zone; ``clock_known`` says whether somebody has set its clock.

    Raises:
        CommandError: one sentence for ``topics.refusal``; nothing was carried out.
    """
    verb = topic.rpartition("/")[2]
    if verb in commands.VERBS and topic != topics.command(verb):
        right = topics.command(verb).removeprefix(f"{topics.base}/")
        raise CommandError(f"{verb} is sent to {right}: the broker decides who may write there")
    if retain and verb in commands.VERBS:
        raise CommandError(f"{verb} arrived retained and was ignored: send it without retain")
    now = LocalNow(now_s, clock_known=clock_known)
    asked = read_request(verb, payload, now)
    return Command(
        t_s=now_s,
        request=asked.request,
        request_id=asked.request_id,
        understood=understood(asked.request, now),
        by=asked.by,
    )
