"""``nursery baby list``: who is in the nursery, the last weight of each, and its next bottle."""

from __future__ import annotations

from typing import Any, NamedTuple, TextIO

from monitor.codec import document, encode_line
from monitor.config import Config
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.next_bottle import spoken_bottle
from monitor.data.shipped import growth_reference
from monitor.events import Baby
from monitor.host.ownership import is_there
from monitor.names import has_died
from monitor.report.growth import record_of
from monitor.store.reading import JournalReader
from monitor.times import rfc3339
from monitor.verbs.local import local_now
from monitor.written.days import LocalNow
from monitor.written.grams import spoken_grams
from monitor.written.moments import spoken_moment


def list_babies(config: Config, *, everyone: bool, as_json: bool, out: TextIO) -> int:
    """Print who is in the nursery with the last weight of each, and its next bottle."""
    now = local_now(config)
    records = _records(config, everyone=everyone)
    reference = growth_reference().with_milk(config.feeding.milk_kcal_per_ml)
    for record in records:
        bottle = _Bottle(None, None)
        if record.here and now.clock_known:
            ml = record.milk(now.t_s, reference).next_feed_ml
            bottle = _Bottle(ml, record.due_s(reference))
        line = _fields(record, bottle) if as_json else None
        out.write((_spoken(record, bottle, now) if line is None else encode_line(line)) + "\n")
    if not records and not as_json:
        out.write('Nobody yet: nursery baby add "Possum" --species puppy --weight 112\n')
    return 0


class _Bottle(NamedTuple):
    """The next one."""

    ml: float | None
    due_s: float | None


def _records(config: Config, *, everyone: bool) -> list[BabyRecord]:
    if not is_there(config.journal_path):
        return []
    reference = growth_reference()
    journal = JournalReader.open_for_reading(config.journal_path)
    try:
        return [
            record_of(baby, journal.weighings_of(baby), journal.feeds_of(baby), reference)
            for baby in journal.babies(retired=everyone)
        ]
    finally:
        journal.close()


def _fields(record: BabyRecord, bottle: _Bottle) -> dict[str, Any]:
    baby, found = record.baby, record.latest
    fields = {key: value for key, value in document(baby).items() if key != "id"}
    fields.pop("registered_s", None)
    fields["retired_at"] = None if baby.retired_s is None else rfc3339(baby.retired_s)
    fields.pop("retired_s", None)
    fields["weight_g"] = baby.weight_g if found is None else round(found.weight_g, 1)
    fields["weighed_at"] = None if found is None else rfc3339(found.t_s)
    fields["next_feed_ml"] = bottle.ml
    fields["bottle_due_at"] = None if bottle.due_s is None else rfc3339(bottle.due_s)
    return fields


def _spoken(record: BabyRecord, bottle: _Bottle, now: LocalNow) -> str:
    baby, found = record.baby, record.latest
    weight = "not weighed yet"
    if baby.weight_g is not None:
        weight = f"{spoken_grams(baby.weight_g)} at first"
    if found is not None:
        weight = f"{spoken_grams(found.weight_g)}, {spoken_moment(found.t_s, now)}"
    born = f", born {baby.born}" if baby.born else ""
    habits = (", also nurses" if baby.also_nurses else "") + (", weaning" if baby.weaning else "")
    gone = "" if baby.retired_s is None else f", {_left(baby)}"
    return f"{baby.name}: {baby.species}{born}, {weight}{habits}{_next(bottle, now)}{gone}"


def _next(bottle: _Bottle, now: LocalNow) -> str:
    if bottle.ml is None:
        return ""
    when = "" if bottle.due_s is None else f" {spoken_moment(bottle.due_s, now)}"
    return f"; next bottle{when}: {spoken_bottle(bottle.ml)}"


def _left(baby: Baby) -> str:
    if has_died(baby.retired_reason):
        return "has died"
    return "has left" + (f" ({baby.retired_reason})" if baby.retired_reason else "")
