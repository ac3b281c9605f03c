"""Commands typed on the Pi: the running daemon carries them out, or we do when none runs.

Both ways go through the same pipeline, so a weighing typed here is judged like one tapped on a
phone.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TextIO

from monitor.codec import document, encode_line
from monitor.commands import Request, Weigh, verb_of
from monitor.config import Config
from monitor.daemon.recorder import Recorder
from monitor.daemon.run_start import read_run_start
from monitor.errors import CommandError, InputError, JournalError
from monitor.events import Command, CommandResult
from monitor.host.clock_sync import ClockSync
from monitor.host.ownership import is_there
from monitor.recordings.spreadsheet import TypedWeighing
from monitor.store.inbox import Answer
from monitor.store.journal import Journal
from monitor.store.lock import StateLock
from monitor.store.reading import JournalReader
from monitor.times import rfc3339
from monitor.written.days import LocalNow
from monitor.written.grams import spoken_grams
from monitor.written.moments import spoken_moment

ANSWER_WITHIN_S = 10.0
"""The daemon looks once a second."""


def local_now(config: Config) -> LocalNow:
    """When and where somebody types: now, on this machine."""
    return LocalNow(time.time(), clock_known=config.trust_clock or ClockSync()())


def submit(config: Config, request: Request) -> str | None:
    """Have a command carried out; returns what the answer says back, if anything.

    Raises:
        CommandError: it was refused; the sentence says why.
        JournalError: the state directory cannot be used, or the daemon does not answer.
    """
    (answer,) = _answers(config, [request])
    if not answer.ok:
        raise CommandError(_refusal(answer, request) or "")
    return answer.understood


def submit_all(config: Config, requests: list[Request]) -> list[str | None]:
    """Have several carried out in order; returns for each None, or why it was refused.

    Raises:
        JournalError: the state directory cannot be used, or the daemon does not answer.
    """
    answers = _answers(config, requests)
    return [_refusal(answer, asked) for answer, asked in zip(answers, requests, strict=True)]


def _refusal(answer: Answer, request: Request) -> str | None:
    return None if answer.ok else answer.error or f"{verb_of(request)} was refused"


def _answers(config: Config, requests: list[Request]) -> list[Answer]:
    with StateLock(config.state_dir) as lock:
        return (_carry_out if lock.acquire() else _ask_daemon)(config, requests)


def _carry_out(config: Config, requests: list[Request]) -> list[Answer]:
    journal = Journal.open(config.journal_path)
    try:
        run_start = read_run_start(journal, synced=config.trust_clock or ClockSync()())
        now_s = run_start.start_s
        recorder = Recorder(config, journal, run_start=run_start)
        answers: list[Answer] = []
        for request in requests:
            command = Command(t_s=now_s, request=request, origin="desk")
            results = [e for e in recorder.handle(command) if isinstance(e, CommandResult)]
            answers += [Answer(e.ok, e.error, e.understood) for e in results[:1]]
        recorder.save(now_s)
        if recorder.error is not None:
            raise JournalError(recorder.error)
        return answers
    finally:
        journal.close()


def _ask_daemon(config: Config, requests: list[Request]) -> list[Answer]:
    deadline = time.monotonic() + ANSWER_WITHIN_S
    # While the daemon makes its first one it is empty, and to us would look like one torn by a cut.
    while not _is_begun(config.journal_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    journal = Journal.open(config.journal_path)
    try:
        numbers = [journal.inbox.submit(request) for request in requests]
        answers: list[Answer] = []
        deadline = time.monotonic() + ANSWER_WITHIN_S
        for number in numbers:
            while (answer := journal.inbox.answer(number)) is None:
                if time.monotonic() > deadline:
                    for waiting in numbers[len(answers) :]:
                        journal.inbox.withdraw(waiting)
                    raise JournalError(
                        "the daemon is running but does not answer: "
                        f"{len(answers)} of {len(numbers)} commands were carried out; "
                        'look at "systemctl status nursery"'
                    )
                time.sleep(0.05)
            answers.append(answer)
        return answers
    finally:
        journal.close()


def _is_begun(path: Path) -> bool:
    return is_there(path) and path.stat().st_size > 0


def list_babies(config: Config, *, everyone: bool, as_json: bool, out: TextIO) -> int:
    """Print who is in the nursery with the last weight of each."""
    if not is_there(config.journal_path):
        babies, weighings = [], []
    else:
        journal = JournalReader.open_for_reading(config.journal_path)
        babies, weighings = journal.babies(retired=everyone), journal.weighings()
        journal.close()
    last = {weighing.baby: weighing for weighing in weighings}
    now = local_now(config)
    for baby in babies:
        found = last.get(baby.name)
        if as_json:
            fields = {key: value for key, value in document(baby).items() if key != "id"}
            fields.pop("registered_s", None)
            fields["retired_at"] = None if baby.retired_s is None else rfc3339(baby.retired_s)
            fields.pop("retired_s", None)
            fields["weight_g"] = baby.weight_g if found is None else round(found.weight_g, 1)
            fields["weighed_at"] = None if found is None else rfc3339(found.t_s)
            out.write(encode_line(fields) + "\n")
            continue
        weight = "not weighed yet"
        if baby.weight_g is not None:
            weight = f"{spoken_grams(baby.weight_g)} at first"
        if found is not None:
            weight = f"{spoken_grams(found.weight_g)}, {spoken_moment(found.t_s, now)}"
        born = f", born {baby.born}" if baby.born else ""
        gone = ", has left" if baby.retired_s is not None else ""
        out.write(f"{baby.name}: {baby.species}{born}, {weight}{gone}\n")
    if not babies and not as_json:
        out.write('Nobody yet: nursery baby add "Possum" --species puppy --weight 112\n')
    return 0


def import_weights(
    config: Config, path: str, weighings: list[TypedWeighing], *, confirm: bool, out: TextIO
) -> int:
    """Import a rescuer's list for good; 1 when a line was questioned and left out, else 0.

    ``path`` names the list that ``weighings`` were read from.

    Raises:
        InputError: names file and line; nothing was imported.
    """
    known: set[str] = set()
    if is_there(config.journal_path):
        journal = JournalReader.open_for_reading(config.journal_path)
        known = {baby.name for baby in journal.babies(retired=True)}
        journal.close()
    for weighing in weighings:
        if weighing.baby not in known:
            raise InputError(
                f"{path}, line {weighing.line}: nobody is called {weighing.baby!r}: "
                'register with "nursery baby add" first; nothing was imported'
            )
    requests: list[Request] = [
        Weigh(baby=w.baby, grams=w.weight_g, at=rfc3339(w.t_s), confirm=confirm) for w in weighings
    ]
    answers = submit_all(config, requests) if requests else []
    for weighing, error in zip(weighings, answers, strict=True):
        if error is not None:
            out.write(f"line {weighing.line} left out: {error}\n")
    out.write(f"{answers.count(None)} of {len(weighings)} weighings imported from {path}\n")
    return 0 if all(error is None for error in answers) else 1
