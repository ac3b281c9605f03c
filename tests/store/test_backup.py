"""A backup that is not what its manifest says is refused, and nothing of it is used."""

import io
import json
import random
import zipfile
from collections.abc import Callable

import pytest

from monitor.errors import InputError
from monitor.store.backup import MANIFEST, Backup, Packing

CONTENT = {
    "config/nursery.toml": b'box = "attic"\n',
    "state/journal.sqlite": random.Random(1).randbytes(20_000),
    "page/sessions.json": b'{"sessions":[]}',
}


def packed() -> bytes:
    file = io.BytesIO()
    packing = Packing(file)
    for name, content in CONTENT.items():
        packing.add(name, io.BytesIO(content), path=f"/somewhere/{name}")
    packing.finish(
        program="0.1.0", box="attic", made_at="2026-05-02T08:00:00Z", host="pi", config="/n.toml"
    )
    return file.getvalue()


def read(raw: bytes) -> dict[str, bytes]:
    with Backup(io.BytesIO(raw), "b.nursery") as backup:
        return {name: backup.content(name) for name in backup.parts}


def rewritten(change: Callable[[dict[str, bytes]], None]) -> bytes:
    """The same, after ``change`` of its entries; the ZIP itself is sound."""
    with zipfile.ZipFile(io.BytesIO(packed())) as opened:
        entries = {name: opened.read(name) for name in opened.namelist()}
    change(entries)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as fresh:
        for name, content in entries.items():
            fresh.writestr(name, content)
    return file.getvalue()


def manifest(**changes: object) -> Callable[[dict[str, bytes]], None]:
    def change(entries: dict[str, bytes]) -> None:
        entries[MANIFEST] = json.dumps(json.loads(entries[MANIFEST]) | changes).encode()

    return change


def test_what_was_packed_is_read() -> None:
    assert read(packed()) == CONTENT


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_off_is_refused(share: float) -> None:
    raw = packed()
    with pytest.raises(InputError):
        read(raw[: int(len(raw) * share)])


def test_no_changed_byte_changes_what_is_restored() -> None:
    """Either it is refused in a sentence, or the byte is of no meaning."""
    raw, chance, refused = packed(), random.Random(7), 0
    for at in [*range(60), *chance.sample(range(len(raw)), 400), *range(len(raw) - 60, len(raw))]:
        damaged = bytearray(raw)
        damaged[at] ^= 1 << chance.randrange(8)
        try:
            assert read(bytes(damaged)) == CONTENT
        except InputError:
            refused += 1
    assert refused > 300


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda e: e.pop(MANIFEST), "is no backup"),
        (manifest(format="holidays"), "is no backup"),
        (manifest(version=99, program="7.0"), "a newer monitor (7.0)"),
        (manifest(parts="none"), "is damaged (manifest.json)"),
        (lambda e: e.update({"state/more": b"x"}), "does not hold what its manifest says"),
        (lambda e: e.pop("page/sessions.json"), "does not hold what its manifest says"),
        (lambda e: e.update({"state/journal.sqlite": b"another"}), "(state/journal.sqlite)"),
    ],
)
def test_another_content_is_refused(change: Callable[[dict[str, bytes]], None], says: str) -> None:
    with pytest.raises(InputError) as refused:
        read(rewritten(change))
    assert says in str(refused.value)


@pytest.mark.parametrize("name", ["state/../../etc/passwd", "/etc/passwd", "state/.x", "etc/cron"])
def test_a_part_has_a_plain_name_in_a_room_that_is_known(name: str) -> None:
    def change(entries: dict[str, bytes]) -> None:
        content = json.loads(entries[MANIFEST])
        content["parts"][0]["name"] = name
        entries[name] = entries.pop("config/nursery.toml")
        entries[MANIFEST] = json.dumps(content).encode()

    with pytest.raises(InputError):
        read(rewritten(change))


def test_any_other_file_is_no_backup() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as other:
        other.writestr("letter.txt", "hello")
    for raw in (b"", b"hello", archive.getvalue()):
        with pytest.raises(InputError, match="is no backup of a nursery monitor"):
            read(raw)
