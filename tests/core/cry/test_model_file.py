"""A model file from a stranger: numbers or nothing, and no more memory than a model takes."""

from __future__ import annotations

import io
import os
import pickle
import resource
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import msgspec
import numpy as np
import pytest

from monitor.core.cry.model import CryModel
from monitor.core.cry.model_file import MOST_PACKED, read_arrays
from monitor.data.shipped import shipped
from monitor.errors import InputError

ROOT = Path(__file__).parents[3]


class Bomb:
    """Runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self._mark}",)


def good() -> dict[str, np.ndarray]:
    return dict(read_arrays(shipped("cry.npz")))


def packed(entries: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", how) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return stream.getvalue()


def npy(values: np.ndarray, *, allow_pickle: bool = False) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, values, allow_pickle=allow_pickle)
    return stream.getvalue()


def claimed(shape: str, descr: str = "'<f4'", body: bytes = b"") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (64 - (len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body


def npz(**arrays: np.ndarray) -> bytes:
    return packed({f"{name}.npy": npy(values) for name, values in arrays.items()})


def test_the_model_that_ships_passes() -> None:
    CryModel.from_bytes(shipped("cry.npz"))


def test_a_pickle_inside_is_refused_and_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    bomb = np.array([Bomb(mark)], dtype=object)
    as_object = npy(bomb, allow_pickle=True)
    raw = pickle.dumps(Bomb(mark))
    hidden = claimed("(1,)", "[('a', '|O')]", raw)
    others = {f"{name}.npy": npy(values) for name, values in good().items() if name != "conv0"}
    for content in (as_object, raw, hidden):
        for entries in ({"card.npy": content}, {"conv0.npy": content, **others}):
            with pytest.raises(InputError, match="not a cry model"):
                CryModel.from_bytes(packed(entries))
    with pytest.raises(InputError):
        CryModel.from_bytes(raw)
    assert not mark.exists()
    pickle.loads(raw)  # noqa: S301 - the bomb is live: it was the reading that did not run it
    assert mark.exists()


@pytest.mark.parametrize(
    "content",
    [
        claimed("(1000000000000,)"),
        claimed("(-1,)", body=b"1234"),
        claimed("(2,)", body=b"1234"),
        claimed("(" * 3000 + ")" * 3000),
        claimed("(1,)", "'<U4'", b"1234"),
        claimed("(1,)", "'<c8'", b"12345678"),
        claimed("(1,)", "'<M8[s]'", b"12345678"),
        claimed("(1,)", "__import__('os').system('id')", b"1234"),
        claimed("(1,)", body=struct.pack("<f", float("nan"))),
        claimed("(1,)", body=struct.pack("<f", float("inf"))),
        b"\x93NUMPY\x09\x00",
        b"",
    ],
)
def test_an_array_that_is_not_what_it_says_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="not a cry model"):
        read_arrays(packed({"card.npy": content}))


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_packing_is_refused(how: int) -> None:
    with pytest.raises(InputError, match="unusual"):
        read_arrays(packed({"a.npy": npy(np.zeros(3))}, how))


def test_zip_bombs_are_refused() -> None:
    with pytest.raises(InputError, match="more than any model"):
        read_arrays(packed({"a.npy": bytes(100_000_000)}))
    with pytest.raises(InputError, match="more than any model"):
        read_arrays(packed({f"{number}.npy": b"" for number in range(100)}))
    with pytest.raises(InputError, match="more than any model"):
        read_arrays(bytes(MOST_PACKED + 1))


def lying_bomb() -> bytes:
    """A hundred megabytes that claim to be a hundred bytes."""
    data = bytearray(packed({"a.npy": bytes(100_000_000)}))
    true, lie = struct.pack("<I", 100_000_000), struct.pack("<I", 100)
    return bytes(data.replace(true, lie))


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    with pytest.raises(InputError):
        read_arrays(lying_bomb())


def test_a_bomb_takes_no_memory_in_a_process_of_its_own() -> None:
    code = (
        "import resource, sys\nfrom tests.core.cry.test_model_file import lying_bomb\n"
        "from monitor.core.cry.model_file import read_arrays\nbomb = lying_bomb()\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 30_000_000,) * 2)\n"
        "try: read_arrays(bomb)\nexcept Exception as e: print(type(e).__name__, e)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert "InputError" in done.stdout
    assert "Memory" not in done.stdout
    assert resource.getpagesize()


@pytest.mark.parametrize(
    "change",
    [
        {"stride": (0, 2)}, {"stride": (-1, 2)}, {"kernel": (0, 5)}, {"kernel": (5, 200)},
        {"stride": (5, 2)}, {"stride": (8, 2)}, {"pad": 1}, {"kernel": (16, 16)},
    ],
)  # fmt: skip
def test_shapes_that_would_read_beyond_the_buffers_are_refused(change: dict[str, object]) -> None:
    arrays = good()
    card = msgspec.json.decode(arrays["card"].tobytes())
    card["convs"][0] |= change
    arrays["card"] = np.frombuffer(msgspec.json.encode(card), np.uint8)
    with pytest.raises(InputError):
        CryModel.from_bytes(npz(**arrays))


@pytest.mark.parametrize("name", ["conv0", "conv3", "conv4_bias", "head0", "head1", "head1_bias"])
@pytest.mark.parametrize("how", ["missing", "shorter", "flat"])
def test_arrays_that_do_not_fit_are_refused(name: str, how: str) -> None:
    arrays = good()
    whole = arrays.pop(name)
    if how == "shorter":
        arrays[name] = whole[:-1]
    elif how == "flat":
        arrays[name] = whole.reshape(1, -1, 1)
    with pytest.raises(InputError):
        CryModel.from_bytes(npz(**arrays))


@pytest.mark.parametrize(
    "change", [{"temperature": 0}, {"temperature": -1}, {"classes": []}, {"convs": []},
               {"rule": {}}, {"fingerprint": "x"}, {"classes": ["kitten"] * 4}],
)  # fmt: skip
def test_a_card_that_makes_no_sense_is_refused(change: dict[str, object]) -> None:
    arrays = good()
    card = msgspec.json.decode(arrays["card"].tobytes()) | change
    arrays["card"] = np.frombuffer(msgspec.json.encode(card), np.uint8)
    with pytest.raises(InputError):
        CryModel.from_bytes(npz(**arrays))


def test_nothing_in_the_program_loads_objects() -> None:
    """``allow_pickle`` is never True, and pickle, marshal, eval and exec are not used at all."""
    import ast

    for path in [*(ROOT / "monitor").rglob("*.py"), *(ROOT / "calibration").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", None)}
                assert not names & {"pickle", "marshal", "shelve", "dill", "joblib", "yaml"}, path
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in {"eval", "exec", "os.system"}, path
                for keyword in node.keywords:
                    assert keyword.arg != "shell", path
                    if keyword.arg == "allow_pickle":
                        assert ast.unparse(keyword.value) == "False", path
                if called == "torch.load":  # the training's own checkpoints
                    assert ast.unparse(node).endswith("weights_only=True)"), path
                if called == "np.load":
                    assert any(k.arg == "allow_pickle" for k in node.keywords), path
