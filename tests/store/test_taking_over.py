"""A state directory takes another content over as a whole, whenever the power fails."""

from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.errors import InputError
from monitor.store.taking_over import lay_beside, settle, take_over, waits

OLD = {"journal.sqlite": "old", "journal.sqlite-wal": "old log", "settings.toml": "old settings"}
NEW = {"journal.sqlite": "new", "secret-push-urls": "ntfys://new"}


class PowerCut(BaseException):
    """Nothing runs after it: no handler, no way back."""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    for name, text in OLD.items():
        (folder / name).write_text(text)
    return folder


def writers(texts: dict[str, str]) -> dict[str, Callable[[Path], None]]:
    def writer(text: str) -> Callable[[Path], None]:
        return lambda path: path.write_text(text) and None

    return {name: writer(text) for name, text in texts.items()}


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def test_the_new_is_in_place_and_the_old_is_kept(state: Path) -> None:
    lay_beside(state, writers(NEW))
    assert files(state) == OLD
    settle(state)
    kept = take_over(state)
    assert files(state) == NEW
    assert kept is not None
    assert files(kept) == OLD
    assert take_over(state) is None
    assert [path for path in state.iterdir() if path.is_dir()] == [kept]


def test_what_cannot_be_written_leaves_no_trace(state: Path) -> None:
    def refuse(path: Path) -> None:
        path.write_text("half")
        raise InputError("it is damaged")

    with pytest.raises(InputError):
        lay_beside(state, writers(NEW) | {"settings.toml": refuse})
    assert files(state) == OLD
    assert not waits(state)
    assert not [path for path in state.iterdir() if path.is_dir()]


@pytest.mark.parametrize("moves", range(9))
def test_a_power_cut_at_any_step_is_made_good_by_the_next_start(
    state: Path, moves: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_beside(state, writers(NEW))
    settle(state)
    left = [moves]

    def counted(name: str) -> Callable[[Path, Path], Path]:
        move: Callable[[Path, Path], Path] = getattr(Path, name)

        def moved(path: Path, target: Path) -> Path:
            left[0] -= 1
            if left[0] < 0:
                raise PowerCut
            return move(path, target)

        return moved

    with monkeypatch.context() as failing:
        failing.setattr(Path, "rename", counted("rename"))
        failing.setattr(Path, "replace", counted("replace"))
        try:
            take_over(state)
            cut = False
        except PowerCut:
            cut = True
    assert cut is (moves < 7)
    take_over(state)
    assert files(state) == NEW
    (kept,) = [path for path in state.iterdir() if path.is_dir()]
    assert files(kept) == OLD
    assert not waits(state)
