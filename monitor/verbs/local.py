"""Commands typed on the Pi: the running daemon carries them out, or we do when none runs.

Both ways go through the same pipeline, so a weighing typed here is judged like one tapped on a
phone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from monitor.commands import Request
from monitor.config import Config
from monitor.daemon.recorder import Recorder
from monitor.daemon.run_start import read_run_start
from monitor.errors import CommandError, JournalError
from monitor.events import CommandResult
from monitor.host.clock_sync import ClockSync
from monitor.host.ownership import is_there
from monitor.store.inbox import Answer
from monitor.store.journal import Journal
from monitor.store.lock import StateLock
from monitor.store.taking_over import take_over
from monitor.written.days import LocalNow
from monitor.written.verb import verb_of

ANSWER_WITHIN_S = 10.0
"""since the last answer; the daemon looks once a second"""


def local_now(config: Config) -> LocalNow:
    """When and where somebody types: now, on this machine."""
    return LocalNow(time.time(), clock_known=config.trust_clock or ClockSync()())


def submit(config: Config, request: Request, by: str | None = None) -> str | None:
    """Have a command carried out; returns what the answer says back, if anything.

    ``by``: who asks, by the name of a carer.

    Raises:
        CommandError: it was refused; the sentence says why.
        JournalError: the state directory cannot be used, or the daemon does not answer.
    """
    (answer,) = _answers(config, [request], by=by)
    if not answer.ok:
        raise CommandError(_refusal(answer, request) or "")
    return answer.understood


def ask(config: Config, request: Request) -> dict[str, Any]:
    """Have a question answered; returns the fields of the answer.

    Raises:
        CommandError: it was refused; the sentence says why.
        JournalError: the state directory cannot be used, or the daemon does not answer.
    """
    (answer,) = _answers(config, [request])
    if not answer.ok:
        raise CommandError(_refusal(answer, request) or "")
    return answer.fields or {}


def submit_all(
    config: Config,
    requests: list[Request],
    *,
    progress: Callable[[int], None] = lambda _done: None,
    leave: bool = False,
    patience_s: float = ANSWER_WITHIN_S,
    by: str | None = None,
) -> list[str | None]:
    """Have several carried out in order; returns for each None, or why it was refused.

    They are left in the inbox at once, or none of them.

    Args:
        config: the box's settings.
        requests: what to carry out.
        progress: called with how many have been answered.
        leave: what the daemon has not answered waits for it; else it is taken back.
        patience_s: how long it may be silent, since its last answer.
        by: who asks, by the name of a carer.

    Raises:
        JournalError: the state directory cannot be used, or the daemon does not answer.
    """
    answers = _answers(
        config, requests, progress=progress, leave=leave, patience_s=patience_s, by=by
    )
    return [_refusal(answer, asked) for answer, asked in zip(answers, requests, strict=True)]


def _refusal(answer: Answer, request: Request) -> str | None:
    return None if answer.ok else answer.error or f"{verb_of(request)} was refused"


def _answers(
    config: Config,
    requests: list[Request],
    *,
    progress: Callable[[int], None] = lambda _done: None,
    leave: bool = False,
    patience_s: float = ANSWER_WITHIN_S,
    by: str | None = None,
) -> list[Answer]:
    def enter(journal: Journal) -> list[int]:
        return journal.inbox.submit_all(requests, by)

    with StateLock(config.state_dir) as lock:
        if not lock.acquire():
            return _ask_daemon(config, enter, progress, leave=leave, patience_s=patience_s)
        take_over(config.state_dir)
        return _carry_out(config, enter, progress)


Enter = Callable[[Journal], list[int]]
"""leaves the commands in the inbox; returns their numbers"""


def _carry_out(config: Config, enter: Enter, progress: Callable[[int], None]) -> list[Answer]:
    journal = Journal.open(config.journal_path)
    try:
        run_start = read_run_start(journal, synced=config.trust_clock or ClockSync()())
        now_s = run_start.start_s
        recorder = Recorder(config, journal, run_start=run_start)
        numbers = enter(journal)
        answers: dict[str, Answer] = {}
        while journal.inbox.has_more:
            for command in journal.inbox.submitted(now_s):
                for event in recorder.handle(command):
                    if isinstance(event, CommandResult):
                        said = Answer(event.ok, event.error, event.understood, event.answer)
                        answers[command.origin] = said
            progress(sum(f"inbox:{number}" in answers for number in numbers))
        recorder.save(now_s)
        if recorder.error is not None:
            raise JournalError(recorder.error)
        return [answers.get(f"inbox:{number}", Answer(ok=False)) for number in numbers]
    finally:
        journal.close()


def _ask_daemon(
    config: Config,
    enter: Enter,
    progress: Callable[[int], None],
    *,
    leave: bool,
    patience_s: float,
) -> list[Answer]:
    deadline = time.monotonic() + patience_s
    # While the daemon makes its first one it is empty, and to us would look like one torn by a cut.
    while not _is_begun(config.journal_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    journal = Journal.open(config.journal_path)
    try:
        numbers = enter(journal)
        answers: list[Answer] = []
        deadline = time.monotonic() + patience_s
        for number in numbers:
            while (answer := journal.inbox.answer(number)) is None:
                if time.monotonic() > deadline:
                    _give_up(journal, numbers, len(answers), patience_s, leave=leave)
                time.sleep(0.05)
            deadline = time.monotonic() + patience_s  # since the last answer
            answers.append(answer)
            progress(len(answers))
        return answers
    finally:
        journal.close()


def _give_up(
    journal: Journal, numbers: list[int], answered: int, patience_s: float, *, leave: bool
) -> NoReturn:
    rest = "the rest waits, and is carried out when it answers again; "
    if not leave:
        rest = ""
        for waiting in numbers[answered:]:
            journal.inbox.withdraw(waiting)
    raise JournalError(
        f"the daemon is running but has not answered for {patience_s:.0f} s: {answered} of "
        f'{len(numbers)} commands were carried out; {rest}look at "systemctl status nursery"'
    )


def _is_begun(path: Path) -> bool:
    return is_there(path) and path.stat().st_size > 0
