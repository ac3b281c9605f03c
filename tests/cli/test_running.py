from pathlib import Path

import pytest

from tests.cli.calling import fails


def test_a_configuration_mistake_names_the_key(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "n.toml"
    path.write_text('box = "a"\nmicrofone = 1\n')
    code, sentence = fails(capsys, "run", "--config", str(path))
    assert code == 2
    assert '"microfone"' in sentence


def test_nothing_to_watch(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "n.toml"
    path.write_text(f'box = "a"\nstate_dir = "{tmp_path}"\n')
    code, sentence = fails(capsys, "run", "--config", str(path))
    assert code == 2
    assert "nothing to watch" in sentence
