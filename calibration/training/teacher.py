"""YAMNet as an offline teacher and as the reference to compare with (never at run time).

The model file (TensorFlow models, Apache-2.0) takes 15,600 samples at 16 kHz and gives 521 class
scores; its 1,024 pooled features are read from inside the graph. Needs ``ai-edge-litert``.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

PATCH = 15_600
PATCH_HOP = 7_680

TAUGHT_CLASSES = (
    *("Cat", "Meow", "Caterwaul", "Purr", "Hiss", "Dog", "Bark", "Yip", "Howl", "Whimper (dog)"),
    *("Growling", "Crying, sobbing", "Baby cry, infant cry", "Whimper", "Baby laughter"),
    *("Screaming", "Child speech, kid speaking", "Speech", "Singing", "Laughter", "Sheep"),
    *("Goat", "Bird", "Chirp, tweet", "Squawk", "Crow", "Chicken, rooster", "Squeak", "Siren"),
    *("Music", "Whistling", "Alarm", "Door", "Silence", "Animal"),
)
"""classes whose scores are taught one by one, beside the pooled features"""

Floats = NDArray[np.float32]


class Answer(NamedTuple):
    """What the teacher says about each patch."""

    features: Floats
    """shape (patches, 1024)"""
    scores: Floats
    """shape (patches, 521)"""


class Teacher:
    """One loaded YAMNet, one thread."""

    def __init__(self, model: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # reading inner tensors is "for debugging": wanted
            self._interpreter: Any = Interpreter(
                str(model), num_threads=1, experimental_preserve_all_tensors=True
            )
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]
        self._pooled = next(
            d["index"]
            for d in self._interpreter.get_tensor_details()
            if "global_average_pooling2d" in d["name"] and d["shape"][-1] == 1024
        )

    def listen(self, samples: Floats) -> Answer:
        """Patches of 0.975 s, 0.48 s apart; a shorter sound is padded with silence to one."""
        if len(samples) < PATCH:
            samples = np.pad(samples, (0, PATCH - len(samples)))
        starts = range(0, len(samples) - PATCH + 1, PATCH_HOP)
        features = np.empty((len(starts), 1024), dtype=np.float32)
        scores = np.empty((len(starts), 521), dtype=np.float32)
        for row, start in enumerate(starts):
            self._interpreter.set_tensor(self._input, samples[start : start + PATCH])
            self._interpreter.invoke()
            scores[row] = self._interpreter.get_tensor(self._output).ravel()
            features[row] = self._interpreter.get_tensor(self._pooled).ravel()
        return Answer(features, scores)


def class_numbers(class_map: Path, names: tuple[str, ...]) -> list[int]:
    """Indices of classes by display name."""
    import csv

    with class_map.open(newline="", encoding="utf-8") as stream:
        by_name = {row["display_name"]: int(row["index"]) for row in csv.DictReader(stream)}
    return [by_name[name] for name in names]
