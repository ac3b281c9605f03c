"""What is believed of a model file: numbers, as many as it says, that fit together.

A model comes from a folder, a forum or a friend, so it is data and never code: arrays of plain
numbers in a ZIP. Objects (which numpy would unpickle, that is, run) are refused; so are files that
unpack to more than they should, and shapes that do not fit, because the detector lays windows over
its buffers by these shapes without looking again.
"""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from monitor.core.cry.features import BANDS, STEP_FRAMES
from monitor.errors import InputError

MOST_PACKED, MOST_UNPACKED = 4_000_000, 16_000_000
"""bytes; the model that ships has 0.5 MB, packed or not"""
MOST_ARRAYS = 64

Arrays = Mapping[str, NDArray[np.generic]]

_UNREADABLE = (
    *(ValueError, TypeError, SyntaxError, KeyError, OSError, EOFError, OverflowError),
    *(RuntimeError, NotImplementedError, MemoryError, zipfile.BadZipFile, zlib.error),
)
"""what reading something that is no archive of arrays can raise (an encrypted entry is a
RuntimeError, an unknown compression NotImplementedError, nested brackets MemoryError)"""

Size = Annotated[int, Meta(ge=1, le=16)]


class ConvShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One convolution: kernel and stride over (time, pitch)."""

    kernel: tuple[Size, Size]
    stride: tuple[Size, Size]


def read_arrays(data: bytes) -> dict[str, NDArray[np.generic]]:
    """The arrays of an ``.npz`` by name.

    Raises:
        InputError: no such file, too large packed or unpacked, or one that holds objects.
    """
    if len(data) > MOST_PACKED:
        raise InputError(f"this model file has {len(data)} bytes: more than any model")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            size = sum(entry.file_size for entry in entries)
            if len(entries) > MOST_ARRAYS or size > MOST_UNPACKED:
                raise InputError(
                    f"this model file unpacks to {len(entries)} arrays of {size} bytes together: "
                    "more than any model"
                )
            return {
                entry.filename.removesuffix(".npy"): _array(_unpacked(archive, entry))
                for entry in entries
            }
    except InputError:
        raise
    except _UNREADABLE as error:
        why = "".join(c if c.isprintable() else "?" for c in str(error)[:120])
        raise InputError(f"this is not a cry model: {why}") from error


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise ValueError("an array is packed in an unusual way")
    with archive.open(entry) as stream:  # read(n) unpacks n bytes and no more, whatever it claims
        return stream.read(entry.file_size)


def _array(raw: bytes) -> NDArray[np.generic]:
    stream = io.BytesIO(raw)
    version = np.lib.format.read_magic(stream)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read is None:
        raise ValueError(f"arrays of format {version} are not known")
    shape, fortran, dtype = read(stream)
    if dtype.kind not in "fu" or dtype.hasobject:
        raise ValueError(f"an array holds {dtype}, not numbers: it could be code, it is not read")
    size = len(raw) - stream.tell()
    if min(shape, default=1) < 0 or math.prod(shape) * dtype.itemsize != size:
        raise ValueError(f"an array says its shape is {shape}, but it has {size} bytes")
    values = np.frombuffer(raw, dtype, offset=stream.tell())
    if not np.isfinite(values).all():
        raise ValueError("an array holds values that are no numbers")
    return values.reshape(shape, order="F" if fortran else "C")


def check_fit(shapes: Sequence[ConvShape], arrays: Arrays, classes: int) -> None:
    """Follow a picture of one step through the network.

    Raises:
        InputError: two parts do not fit, or one is missing.
    """
    frames, bands, channels = STEP_FRAMES, BANDS, 2
    try:
        for k, shape in enumerate(shapes):
            (kernel_t, kernel_f), (stride_t, stride_f) = shape.kernel, shape.stride
            span = bands - kernel_f
            inputs = kernel_t * kernel_f * channels
            fits = kernel_t >= stride_t and frames % stride_t == 0 and span >= 0
            frames, bands = frames // stride_t, span // stride_f + 1
            channels = _layer(arrays, f"conv{k}", inputs if fits else -1)
        hidden = _layer(arrays, "head0", 2 * channels)
        if _layer(arrays, "head1", hidden) != classes:
            raise InputError(f"this cry model has {classes} classes, but its last layer has not")
    except KeyError as error:
        raise InputError(f"this cry model lacks the array {error}: train it again") from error


def _layer(arrays: Arrays, name: str, inputs: int) -> int:
    """Outputs of a layer that takes ``inputs``."""
    weights, bias = arrays[name], arrays[f"{name}_bias"]
    if weights.ndim != 2 or weights.shape[0] != inputs or bias.shape != weights.shape[1:]:
        raise InputError(f"this cry model does not fit together at {name}: train it again")
    if not weights.shape[1]:
        raise InputError(f"this cry model has nothing in {name}: train it again")
    return int(weights.shape[1])
