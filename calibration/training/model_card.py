"""The machine-readable part of a model's card: what it heard, and the metrics measured with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from calibration.training.clips import Clip
from monitor.core.cry.model import CryModel


def data_of(clips: Sequence[Clip]) -> dict[str, Any]:
    """Clips and recordings per kind, and clips per licence."""
    kinds = sorted({c.kind for c in clips})
    return {
        "clips": {kind: sum(c.kind == kind for c in clips) for kind in kinds},
        "recordings": {kind: len({c.group for c in clips if c.kind == kind}) for kind in kinds},
        "licences": dict(Counter(c.licence for c in clips).most_common()),
    }


def protocol(left_out: Sequence[Path] | None) -> str:
    """How the metrics came about, in words."""
    if not left_out:
        return "this model itself, on clips it may have heard: flatters"
    return (
        "models trained like this one, each on the folds (by recording) it was trained without; "
        "intervals: 90 %, bootstrap over recordings; where it fails: docs/accuracy.md"
    )


def add_to_card(path: Path, name: str, metrics: dict[str, Any]) -> None:
    """Write ``metrics`` under ``name`` into the card of the model at ``path``; weights stay.

    Raises:
        InputError: when the file is no model.
        OSError: when it cannot be read or written.
    """
    model = CryModel.from_bytes(path.read_bytes())
    notes = model.card.notes | {name: msgspec.to_builtins(metrics)}
    card = msgspec.structs.replace(model.card, notes=notes)
    path.write_bytes(CryModel(card, model.arrays).to_bytes())
