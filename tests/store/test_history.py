"""Looking back page by page loses nothing, repeats nothing and stays small."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.codec import encode
from monitor.commands import History
from monitor.errors import CommandError
from monitor.events import (
    Alert,
    Baby,
    CallHeard,
    Candidate,
    CryEnded,
    Feed,
    Note,
    RosterChanged,
    Unassigned,
    WeighIn,
)
from monitor.store.batch import Batch
from monitor.store.history import page
from monitor.store.journal import Journal
from monitor.times import rfc3339

T = 1_767_225_600.0


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "j.sqlite")
    for name in ("Ash", "Bee"):
        baby = Baby(id=name.lower(), name=name, species="kitten", registered_s=T)
        opened.write(Batch(events=[RosterChanged(t_s=T, baby=baby)]))
    yield opened
    opened.close()


def weighed(t_s: float, baby: str, key: str) -> WeighIn:
    return WeighIn(
        t_s=t_s, baby=baby, move=None, weight_g=112.5, sigma_g=1.0, confidence=1.0, step_id=key,
        origin="typed", stamp="person",
    )  # fmt: skip


def told(t_s: float, key: str) -> Feed:
    return Feed(
        t_s=t_s, baby="Ash", net_g=None, sigma_g=None, out_s=None, step_id=key, origin="typed",
        how="tube",
    )  # fmt: skip


def everything(journal: Journal, **asked: Any) -> list[dict[str, Any]]:
    """All pages, each as short as it must be."""
    found, seen = [], page(journal, History(**asked))
    while True:
        assert len(encode(seen.items)) < 11_900
        found += seen.items
        if seen.next is None:
            return found
        assert seen.items
        seen = page(journal, History(**(asked | {"next": seen.next})))


def test_everything_comes_back_newest_first_with_its_id(journal: Journal) -> None:
    asked_s = Unassigned(
        t_s=T + 50, move="lift", weight_g=119.0, sigma_g=1.0, candidates=[Candidate("Ash", 0.5)],
        step_id="u",
    )  # fmt: skip
    alert = Alert(
        t_s=T + 60, id="low_intake-ash", kind="low_intake", state="raised", severity="info",
        baby="Ash", since=T, title="t", message="m", why="w", box="b",
    )  # fmt: skip
    events = [
        weighed(T + 10, "Ash", "w"), told(T + 20, "f"),
        CryEnded(t_s=T + 30, started_s=T + 25, species="kitten", score=0.9, context="bottle_due"),
        Note(t_s=T + 40, step_id="n", baby="Bee", kind="temperature_c", value=38.0),
        CallHeard(t_s=T + 35, species="kitten", score=0.95),
        asked_s, alert,
    ]  # fmt: skip
    journal.write(Batch(events=events))
    items = page(journal, History()).items
    assert [(i["what"], i["id"], i["at"]) for i in items] == [
        ("alert", "low_intake-ash", rfc3339(T + 60)),
        ("question", "u", rfc3339(T + 50)),
        ("note", "n", rfc3339(T + 40)),
        ("call", None, rfc3339(T + 35)),
        ("cry", None, rfc3339(T + 30)),
        ("feed", "f", rfc3339(T + 20)),
        ("weighing", "w", rfc3339(T + 10)),
    ]
    assert items[2]["value"] == 38.0
    assert (items[5]["origin"], items[5]["how"], items[5]["net_g"]) == ("typed", "tube", None)
    for what in ("weighings", "feeds", "cries", "notes", "alerts"):
        kinds = {i["what"] for i in everything(journal, what=what)}
        assert kinds <= {what[:-1], "question", "cry", "call"}
        assert kinds
    assert [i["what"] for i in everything(journal, baby="bee")] == ["note"]


def test_pages_of_any_size_give_all_and_each_once(journal: Journal) -> None:
    moments = [0.0, 0.0, 0.0, 0.0004, 1.0, 1.0, 2.0, 2.4996, 2.5, 3.0]
    journal.write(
        Batch(
            events=[
                event
                for n, after_s in enumerate(moments)
                for event in (weighed(T + after_s, "Ash", f"w{n}"), told(T + after_s, f"f{n}"))
            ]
        )
    )
    whole = page(journal, History()).items
    assert len(whole) == 20
    for limit in range(1, 21):
        assert everything(journal, limit=float(limit)) == whole


def test_a_page_is_cut_before_it_is_too_long(journal: Journal) -> None:
    notes = [
        Note(t_s=T + n, step_id=f"n{n}", baby=None, kind="other", text="x" * 200)
        for n in range(150)
    ]
    journal.write(Batch(events=notes))
    first = page(journal, History(what="notes", limit=200.0))
    assert len(encode(first.items)) < 11_700
    assert 20 < len(first.items) < 60
    assert first.next == first.items[-1]["at"]
    assert len(everything(journal, limit=200.0)) == 150


def test_since_is_at_or_after_and_until_is_before(journal: Journal) -> None:
    journal.write(Batch(events=[weighed(T + n, "Ash", f"w{n}") for n in range(5)]))
    found = everything(journal, since=rfc3339(T + 1), until=rfc3339(T + 3))
    assert [i["id"] for i in found] == ["w2", "w1"]


def test_what_is_asked_wrongly_is_refused_in_a_sentence(journal: Journal) -> None:
    for asked, says in ((History(baby="Zed"), "Zed"), (History(next="x"), '"next"')):
        with pytest.raises(CommandError, match=says):
            page(journal, asked)
