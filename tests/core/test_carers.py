"""Who did it stays with what was done: bottles, notes, weighings, corrections, answers."""

from __future__ import annotations

from typing import Any

import msgspec

from monitor.codec import document, event_document
from monitor.core.pipeline import Pipeline
from monitor.events import Alert, CommandResult, Feed, Note, WeighIn
from tests.asking import asked
from tests.core.test_pipeline import START_S, pipeline

MO, ANA = "Mo", "Ana"


def told(line: Pipeline, event: type, t: float, verb: str, by: str | None, **args: Any) -> Any:
    """The event of this kind that follows from what a carer asks."""
    command = msgspec.structs.replace(asked(START_S + t, verb, args), by=by)
    events = line.observe(command)
    (result,) = [each for each in events if isinstance(each, CommandResult)]
    assert result.ok, result.error
    return next(each for each in events if isinstance(each, event))


def test_what_a_carer_tells_bears_her_name() -> None:
    line = pipeline()
    fed = told(line, Feed, 1, "feed", MO, baby="Possum", grams=5.0)
    noted = told(line, Note, 2, "note", MO, baby="Possum", kind="stool", value="soft")
    weighed = told(line, WeighIn, 3, "weigh", MO, baby="Possum", grams=121.0)
    assert (fed.by, noted.by, weighed.by) == (MO, MO, MO)
    assert document(noted)["by"] == MO


def test_a_correction_bears_the_name_of_whoever_corrected_it() -> None:
    line = pipeline()
    fed = told(line, Feed, 1, "feed", MO, baby="Possum", grams=5.0)
    weighed = told(line, WeighIn, 3, "weigh", MO, baby="Possum", grams=121.0)
    right = told(line, Feed, 4, "correct", ANA, step_id=fed.step_id, grams=6.0)
    assert (right.net_g, right.by) == (6.0, ANA)
    right = told(line, WeighIn, 5, "correct", ANA, step_id=weighed.step_id, grams=122.0)
    assert (right.weight_g, right.by) == (122.0, ANA)
    again = told(line, WeighIn, 6, "correct", None, step_id=weighed.step_id, grams=123.0)
    assert again.by == ANA


def test_an_alert_says_who_is_on_it_until_it_is_told_anew() -> None:
    line = pipeline()
    told(line, Alert, 1, "test_alert", None)
    seen = told(line, Alert, 2, "acknowledge", MO)
    assert (seen.state, seen.by) == ("acknowledged", MO)
    assert [alert.by for alert in line.status(START_S + 3).alerts] == [MO]
    told(line, Alert, 4, "test_alert", None)
    assert [alert.by for alert in line.status(START_S + 5).alerts] == [None]


def test_where_nobody_has_told_a_name_nothing_is_said_of_one() -> None:
    line = pipeline()
    noted = told(line, Note, 2, "note", None, baby="Possum", kind="stool")
    assert "by" not in event_document(noted)
