"""``nursery log``: what happened, with the ids that correct and undo take."""

from __future__ import annotations

from typing import Any, TextIO

from monitor.codec import encode_line
from monitor.config import Config
from monitor.host.ownership import is_there
from monitor.store.history import Span, find_name, items
from monitor.store.reading import JournalReader
from monitor.times import DAY_S, MINUTE_S, parse_rfc3339
from monitor.verbs.local import local_now
from monitor.written.grams import spoken_grams
from monitor.written.moments import spoken_moment
from monitor.written.notes import spoken_note

_MOVES = {"lift": "lifted out", "return": "put back"}


def print_log(config: Config, *, baby: str | None, days: float, as_json: bool, out: TextIO) -> int:
    """Print the last ``days``, the latest last; with ``baby`` what concerns that one.

    Raises:
        CommandError: nobody is called that.
        JournalError: the journal cannot be read.
    """
    now = local_now(config)
    found: list[dict[str, Any]] = []
    if is_there(config.journal_path):
        journal = JournalReader.open_for_reading(config.journal_path)
        try:
            name = None if baby is None else find_name(journal.babies(retired=True), baby)
            found = list(items(journal, "all", name, Span(since_s=now.t_s - days * DAY_S)))
        finally:
            journal.close()
    for item in reversed(found):
        if as_json:
            out.write(encode_line(item) + "\n")
            continue
        when = spoken_moment(parse_rfc3339(item["at"]), now)
        key = f"  [{item['id']}]" if item["id"] else ""
        by = f", by {item['by']}" if item.get("by") else ""
        out.write(f"{when:<16}  {_SENTENCES[item['what']](item)}{by}{key}\n")
    if not found and not as_json:
        out.write(f"nothing in the last {days:g} days\n")
    return 0


def _weighing(item: dict[str, Any]) -> str:
    how = item["origin"] if item["move"] is None else _MOVES[item["move"]]
    sure = f", sure to {item['confidence']:.0%}" if item["origin"] == "scale" else ""
    return f"{item['baby']}: {spoken_grams(item['weight_g'])}, {how}{sure}"


def _question(item: dict[str, Any]) -> str:
    names = " or ".join(c["baby"] for c in item["candidates"]) or "nobody known"
    return f"who was it? {spoken_grams(item['weight_g'])}, {_MOVES[item['move']]}: {names}"


def _feed(item: dict[str, Any]) -> str:
    how = f" ({item['how']})" if item["how"] else ""
    if item["origin"] == "typed":
        amount = "" if item["net_g"] is None else f", {spoken_grams(item['net_g'])}"
        return f"{item['baby']} was fed{amount}{how}, noted by hand"
    return f"{item['baby']} took {item['net_g']:+.1f} g in {item['out_s'] / MINUTE_S:.0f} min"


def _note(item: dict[str, Any]) -> str:
    about = "all" if item["baby"] is None else item["baby"]
    return f"{about}: {spoken_note(item['kind'], item['value'], item['text'])}"


def _cry(item: dict[str, Any]) -> str:
    length_s = parse_rfc3339(item["at"]) - parse_rfc3339(item["started_at"])
    return f"{item['species']} cried for {length_s:.0f} s ({item['context'].replace('_', ' ')})"


def _call(item: dict[str, Any]) -> str:
    return f"a single call ({item['species']})"


def _alert(item: dict[str, Any]) -> str:
    return f"alert {item['state']}, {item['severity']}: {item['title']}"


_SENTENCES = {
    "weighing": _weighing,
    "question": _question,
    "feed": _feed,
    "note": _note,
    "cry": _cry,
    "call": _call,
    "alert": _alert,
}
