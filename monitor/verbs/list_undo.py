"""``weigh --csv --undo``: the weighings of a list are taken out again."""

from __future__ import annotations

from typing import TextIO

from monitor.commands import Request, Undo
from monitor.config import Config
from monitor.events import Weighing
from monitor.recordings.weight_list import Choices, Found
from monitor.verbs.list_import import SAME_G, progress_to
from monitor.verbs.list_source import Consent, ListFile, nursery_of, read_file
from monitor.verbs.local import local_now, submit_all


def take_back(
    config: Config,
    file: ListFile,
    choices: Choices,
    consent: Consent,
    *,
    out: TextIO,
    err: TextIO,
) -> int:
    """Take out what was typed or imported and stands in the list; 0 when all of it is gone.

    What the scale itself has weighed stays. The file is read as it was when it was imported, so
    ``choices`` must be the same.

    Raises:
        InputError: the file is no list; nothing was changed.
        JournalError: the daemon does not answer.
    """
    now, nursery = local_now(config), nursery_of(config)
    read = read_file(file, nursery.babies, now, choices, consent)
    typed = {(w.baby, round(w.t_s)): w for w in nursery.weighings if w.move is None}
    there = [(one, w) for one in read.found if (w := _same(one, typed)) is not None]
    total = len(read.found)
    if not there:
        out.write(f"{file.path}: none of its {total} weighings is in the nursery\n")
        return 1
    if not consent.agree(f"Take {len(there)} of {total} weighings out again?"):
        out.write("nothing was changed\n")
        return 1
    requests: list[Request] = [Undo(id=weighing.step_id) for _, weighing in reversed(there)]
    progress = progress_to(err, len(there), "taken back")
    answers = submit_all(config, requests, progress=progress, leave=True)
    for (one, _), error in zip(reversed(there), answers, strict=True):
        if error is not None:
            out.write(f"{one.place} stays: {error}\n")
    out.write(f"{answers.count(None)} of {len(there)} weighings taken back\n")
    return 0 if all(error is None for error in answers) else 1


def _same(one: Found, typed: dict[tuple[str, int], Weighing]) -> Weighing | None:
    weighing = typed.get((one.baby, round(one.t_s)))
    if weighing is None or abs(weighing.weight_g - one.weight_g) > SAME_G:
        return None
    return weighing
