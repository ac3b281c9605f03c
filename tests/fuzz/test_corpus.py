"""Every input that ever broke a decoder, and seeded mutations of every good one.

The coverage-guided search itself is ``make fuzz``; this is its memory, in seconds.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS, attempt

CORPUS = Path(__file__).parent / "corpus"
KEPT = sorted(path for path in CORPUS.rglob("*") if path.is_file())
MUTATIONS = 150
TOKENS = [
    *(
        b"\x00",
        b"\xff",
        b"\n",
        b'"',
        b",",
        b"\r",
        b"-",
        b"0",
        b"-1",
        b"1e999",
        b"nan",
        b"inf",
        b"null",
    ),
    *(b"[" * 200, b"{" * 200, b"9" * 400, b"\xed\xa0\x80", b"\\u0000", b"\x1b[2J"),
]


def mutated(data: bytes, chance: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(out))
        match chance.randint(0, 4):
            case 0:
                out[at:at] = chance.choice(TOKENS)
            case 1:
                del out[at : at + chance.randint(1, 20)]
            case 2:
                out[at : at + 1] = bytes([chance.randint(0, 255)])
            case 3:
                out[at : at + chance.randint(1, 8)] = chance.choice(TOKENS)
            case _:
                begin = chance.randint(0, len(out))
                out[at:at] = out[begin : begin + chance.randint(1, 60)]
    return bytes(out)


def test_every_target_has_something_to_start_from() -> None:
    assert {path.parent.name for path in KEPT} == set(TARGETS)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_was_found_stays_fixed(path: Path) -> None:
    attempt(path.parent.name, path.read_bytes())


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_good_inputs_are_taken(name: str) -> None:
    good = [path for path in KEPT if path.parent.name == name and path.name.startswith("good")]
    assert good
    for path in good:
        assert attempt(name, path.read_bytes()) is None


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_good_inputs_gone_bad_are_refused_or_harmless(name: str) -> None:
    chance = random.Random(name)
    good = [path.read_bytes() for path in KEPT if path.parent.name == name]
    for _ in range(MUTATIONS):
        attempt(name, mutated(chance.choice(good), chance))
