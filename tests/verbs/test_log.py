"""``nursery log`` on a journal of a night."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

from monitor.config import Config
from monitor.events import CallHeard, CryEnded
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.verbs.log import print_log


def told(folder: Path, *, as_json: bool = False) -> list[str]:
    config = Config(box="attic", state_dir=str(folder))
    now_s = time.time()
    journal = Journal.open(Path(config.journal_path))
    cried = CryEnded(
        t_s=now_s - 60, started_s=now_s - 90, species="kitten", score=0.9, context="bottle_due"
    )
    called = CallHeard(t_s=now_s - 30, species="puppy", score=0.95)
    journal.write(Batch(events=[called, cried]))
    journal.close()
    out = io.StringIO()
    assert print_log(config, baby=None, days=1.0, as_json=as_json, out=out) == 0
    return out.getvalue().splitlines()


def test_bouts_and_single_calls_are_lines_the_latest_last(tmp_path: Path) -> None:
    bout, call = told(tmp_path)
    assert bout.endswith("kitten cried for 30 s (bottle due)")
    assert call.endswith("a single call (puppy)")


def test_a_single_call_is_an_item_of_its_own(tmp_path: Path) -> None:
    found = [json.loads(line) for line in told(tmp_path, as_json=True)]
    assert [item["what"] for item in found] == ["cry", "call"]
    assert (found[1]["species"], found[1]["score"], found[1]["id"]) == ("puppy", 0.95, None)
