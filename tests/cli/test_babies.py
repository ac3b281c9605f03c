from pathlib import Path

import msgspec
import pytest

from monitor.cli import main
from monitor.config_file import load_config
from monitor.core.scale.hypothesis import Step
from monitor.core.scale.tracker import OccupancyTracker
from monitor.daemon.recorder import Recorder
from monitor.store.journal import Journal
from tests.asking import asked
from tests.cli.calling import fails


def test_babies_come_weigh_and_go(
    capsys: pytest.CaptureFixture[str], config: str, tmp_path: Path
) -> None:
    add = ["baby", "add", "Possum", "--species", "puppy", "--weight", "112", "--config", config]
    assert main(add) == 0
    assert main(["baby", "list", "--config", config]) == 0
    assert "Possum: puppy, 112 g" in capsys.readouterr().out
    assert main(["weigh", "Possum", "4oz", "--config", config]) == 0
    assert "113.4 g" in capsys.readouterr().out
    assert main(["baby", "list", "--json", "--config", config]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert msgspec.json.decode(line)["weight_g"] == 113.4
    assert main(["baby", "edit", "Possum", "--rename", "Opossum", "--config", config]) == 0
    assert main(["baby", "retire", "Opossum", "--config", config]) == 0
    capsys.readouterr()
    assert main(["baby", "list", "--config", config]) == 0
    assert "Nobody yet" in capsys.readouterr().out
    assert main(["baby", "list", "--all", "--config", config]) == 0
    assert "Opossum" in capsys.readouterr().out


def test_the_list_says_the_next_bottle_and_what_was_said_of_its_feeding(
    capsys: pytest.CaptureFixture[str], config: str
) -> None:
    path = Path(config)
    path.write_text(f"trust_clock = true\n{path.read_text()}")
    add = ["baby", "add", "Ann", "--species", "kitten", "--born", "yesterday", "--weight", "100"]
    assert main([*add, "--also-nurses", "--config", config]) == 0
    assert main(["baby", "add", "Ben", "--species", "kitten", "--born", "yesterday",
                 "--weight", "100", "--config", config]) == 0  # fmt: skip
    capsys.readouterr()
    assert main(["baby", "list", "--json", "--config", config]) == 0
    ann, ben = (msgspec.json.decode(line) for line in capsys.readouterr().out.splitlines())
    assert (ann["also_nurses"], ann["next_feed_ml"]) == (True, None)
    assert 2.0 < ben["next_feed_ml"] <= 4.0
    assert main(["baby", "edit", "Ann", "--no-also-nurses", "--weaning", "--config", config]) == 0
    capsys.readouterr()
    assert main(["baby", "list", "--config", config]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert ", weaning; next bottle: about 2.5 ml" in first
    assert second.endswith("; next bottle: about 2.5 ml")
    assert main(["undo", "--config", config]) == 0
    capsys.readouterr()
    assert main(["baby", "list", "--config", config]) == 0
    assert ", also nurses" in capsys.readouterr().out


def test_two_babies_may_not_share_a_topic(capsys: pytest.CaptureFixture[str], config: str) -> None:
    assert main(["baby", "add", "Ann", "--species", "kitten", "--config", config]) == 0
    capsys.readouterr()
    code, sentence = fails(capsys, "baby", "add", "ann!", "--species", "kitten", "--config", config)
    assert code == 2
    assert "ann" in sentence.lower()


def test_a_weigh_in_needs_a_scale_that_sees(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["baby", "add", "Ann", "--species", "kitten", "--config", config])
    capsys.readouterr()
    code, sentence = fails(capsys, "weigh", "--next", "--config", config)
    assert code == 2
    assert "the scale sees nothing now" in sentence


def test_a_weight_ten_times_too_big_is_questioned(
    capsys: pytest.CaptureFixture[str], config: str
) -> None:
    main(["baby", "add", "Ann", "--species", "kitten", "--weight", "110", "--config", config])
    capsys.readouterr()
    code, sentence = fails(capsys, "weigh", "Ann", "1100", "--config", config)
    assert code == 2
    assert "1100" in sentence.replace(" ", "").replace(",", "")
    assert main(["weigh", "Ann", "1100", "--confirm", "--config", config]) == 0


def test_an_unknown_baby_is_named(capsys: pytest.CaptureFixture[str], config: str) -> None:
    code, sentence = fails(capsys, "weigh", "Nobody", "100", "--config", config)
    assert code == 2
    assert "Nobody" in sentence


def test_weights_and_times_are_typed_as_people_write_them(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["baby", "add", "Ann", "--species", "kitten", "--weight", "4 oz", "--config", config])
    assert "Ann is in the nursery: 113.4 g" in capsys.readouterr().out
    assert main(["weigh", "Ann", "4", "1/4", "oz", "--at", "2 h ago", "--config", config]) == 0
    assert "Ann weighed: 120.5 g, " in capsys.readouterr().out
    assert main(["weigh", "Ann", "12,450", "--config", config]) == 2
    assert "can be 12.45 or 12450 ('12,450'): write one of them" in capsys.readouterr().err
    assert main(["weigh", "Ann", "121", "--at", "yesterday", "--config", config]) == 2
    assert "write 07:30, yesterday 23:10" in capsys.readouterr().err
    assert main(["baby", "list", "--config", config]) == 0
    listed = capsys.readouterr().out
    assert listed.startswith("Ann: kitten, 120.5 g, ")
    assert "Z" not in listed


def test_an_answer_names_a_baby_or_a_thing_and_not_both(
    capsys: pytest.CaptureFixture[str], config: str
) -> None:
    for wrong in (["assign", "a1"], ["assign", "a1", "Ann", "--object", "sock"]):
        code, sentence = fails(capsys, *wrong, "--config", config)
        assert code == 2
        assert "--object THING if it was no baby" in sentence
    code, sentence = fails(capsys, "assign", "a1", "--object", "sock", "--config", config)
    assert code == 2
    assert "no weighing 'a1'" in sentence


def test_things_are_listed_and_forgotten(
    capsys: pytest.CaptureFixture[str], config: str, tmp_path: Path
) -> None:
    assert main(["thing", "list", "--config", config]) == 0
    assert "None yet" in capsys.readouterr().out
    main(["baby", "add", "Ann", "--species", "kitten", "--weight", "262", "--config", config])
    with_a_sock(config)
    capsys.readouterr()
    assert main(["thing", "list", "--config", config]) == 0
    assert capsys.readouterr().out == "Rice sock: 250 g, out\n"
    assert main(["thing", "list", "--json", "--config", config]) == 0
    line = msgspec.json.decode(capsys.readouterr().out)
    assert line == {"name": "Rice sock", "grams": 250.0, "in_box": False}
    assert main(["thing", "forget", "rice sock", "--config", config]) == 0
    assert main(["thing", "list", "--json", "--config", config]) == 0
    assert "Rice sock" not in capsys.readouterr().out.splitlines()[-1]
    code, sentence = fails(capsys, "thing", "forget", "rice sock", "--config", config)
    assert code == 2
    assert "(known: none yet)" in sentence


def with_a_sock(config: str) -> None:
    """The journal of a box in which a thing of 250 g was lifted out and named."""
    settings = load_config(config)
    journal = Journal.open(settings.journal_path)
    recorder = Recorder(settings, journal)
    scale = recorder.pipeline.state.scale
    step = Step(
        step_id="a1", t_s=recorder.now_s, from_g=1500.0, to_g=1250.0, sigma_g=0.3, settled=True,
        touched=False, elapsed_s=3.0,
    )  # fmt: skip
    OccupancyTracker(scale.occupancy).observe(step)
    recorder.handle(asked(recorder.now_s, "assign", {"step_id": "a1", "object": "Rice sock"}))
    recorder.save(recorder.now_s)
    journal.close()
