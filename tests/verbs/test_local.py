"""Commands typed on the Pi while the daemon runs: patience counts from its last answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from monitor.commands import Request
from monitor.config import Config
from monitor.errors import JournalError
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.store.lock import StateLock
from monitor.verbs.local import submit_all
from monitor.written.requests import request


def typed(count: int) -> list[Request]:
    return [request("weigh", {"baby": "Possum", "grams": 112.0 + i}) for i in range(count)]


@contextmanager
def answering(path: Path, *, answers: int, each_s: float) -> Iterator[Config]:
    """A daemon that takes its time, and falls silent after some answers."""
    path.mkdir()
    config, ended = Config(box="b", state_dir=path), Event()
    Journal.open(config.journal_path).close()

    def serve() -> None:
        journal, left = Journal.open(config.journal_path), answers
        while not ended.is_set():
            for command in journal.inbox.submitted(1.0) if left else []:
                time.sleep(each_s)
                if left:
                    left -= 1
                    journal.write(Batch(events=[command.answer()]))
            time.sleep(0.01)
        journal.close()

    with StateLock(path) as lock:
        assert lock.acquire()
        thread = Thread(target=serve)
        thread.start()
        try:
            yield config
        finally:
            ended.set()
            thread.join()


def test_a_long_list_is_waited_for_as_long_as_it_is_answered(tmp_path: Path) -> None:
    seen: list[int] = []
    with answering(tmp_path / "state", answers=12, each_s=0.1) as config:
        answers = submit_all(config, typed(12), progress=seen.append, patience_s=0.6)
    assert answers == [None] * 12
    assert seen == list(range(1, 13))


@pytest.mark.parametrize("leave", [True, False])
def test_who_falls_silent_is_told_with_what_was_done(tmp_path: Path, leave: bool) -> None:
    with (
        answering(tmp_path / "state", answers=3, each_s=0.01) as config,
        pytest.raises(JournalError, match="3 of 8 commands were carried out") as silent,
    ):
        submit_all(config, typed(8), leave=leave, patience_s=0.4)
    assert ("the rest waits" in str(silent.value)) is leave
    journal = Journal.open(config.journal_path)
    assert len(journal.inbox.submitted(1.0)) == (4 if leave else 0)  # as many as are handed out
    journal.close()


def test_without_a_daemon_all_are_carried_out(tmp_path: Path) -> None:
    config, seen = Config(box="b", state_dir=tmp_path / "state"), []
    config.state_dir.mkdir()
    add = request("baby_add", {"name": "Possum", "species": "puppy", "weight_g": 112.0})
    answers = submit_all(config, [add, *typed(5)], progress=seen.append)
    assert answers == [None] * 6
    assert seen[-1] == 6
