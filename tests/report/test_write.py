"""Reports from a journal with known content."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from monitor.config import Config
from monitor.errors import ConfigError, InputError, JournalError
from monitor.events import Alert, Baby, Feed, RosterChanged, WeighIn
from monitor.report.chart_worker import ChartWorker
from monitor.report.page import page
from monitor.report.write import read_data, write_report
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.store.reading import MinuteRow

pytest.importorskip("matplotlib", reason='the "report" extra is not installed')

T = 1_767_600_000.0
DAY = 86_400.0


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Two days: Possum weighed thrice and fed once, crying twice as much alone as with Joey."""
    found = Config(box="box", state_dir=str(tmp_path_factory.mktemp("state")))
    journal = Journal.open(found.journal_path)
    possum = Baby(id="p", name="Possum", species="puppy", registered_s=T - 2 * DAY)
    joey = Baby(id="j", name="=Joey & <b>", species="kitten", born="2026-01-01")

    def weighed(step: str, t_s: float, weight_g: float, move: str | None) -> WeighIn:
        origin = "typed" if move is None else "scale"
        return WeighIn(
            t_s=t_s, baby="Possum", move=move, weight_g=weight_g, sigma_g=0.8, confidence=1.0,
            step_id=step, origin=origin,
        )  # fmt: skip

    journal.write(Batch(events=[
            RosterChanged(t_s=T - 2 * DAY, baby=possum),
            RosterChanged(t_s=T - 2 * DAY, baby=joey),
            weighed("1", T - 2 * DAY + 60, 205.0, None),
            weighed("2", T - 7200, 222.0, "lift"),
            weighed("3", T - 7000, 231.5, "return"),
            Feed(t_s=T - 7000, baby="Possum", net_g=9.5, sigma_g=1.1, out_s=200, step_id="3"),
            Alert(
                t_s=T - 3600, id="a", kind="losing_weight", state="raised", severity="info",
                own_severity="warning", baby="Possum", since=T - 3600, title="Possum <loses>",
                message="Weigh again.", why="", box="box",
            ),
        ]))  # fmt: skip
    minutes = [
        MinuteRow(
            t_s=T - DAY + 60 * i,
            cry_s=12.0 if (i // 240) % 2 else 6.0,
            activity=0.1,
            level_db=-50.0,
            in_box="possum" if (i // 240) % 2 else "joey_b possum",
        )
        for i in range(1440)
    ]
    journal.record_minutes(minutes)
    journal.close()
    return found


def test_company_is_added_up(config: Config):
    data = read_data(config, baby=None, days=14)
    rates = {company.who: round(company.cry_min_per_h, 2) for company in data.companies}
    assert rates == {"possum": 12.0, "joey_b possum": 6.0}
    assert [round(company.hours, 1) for company in data.companies] == [12.0, 12.0]
    assert sum(hour.cry_min for hour in data.hours) == pytest.approx(0.5 * (12 + 6) * 24)
    assert all(hour.watched_min <= 60 for hour in data.hours)


def test_the_band_needs_no_date_of_birth(config: Config):
    (possum,) = read_data(config, baby="possum", days=14).babies
    assert possum.age_guessed
    first = possum.band[0]
    assert first.low_g < 205 < first.high_g
    assert first.median_g == pytest.approx(205, rel=0.15)
    medians = [point.median_g for point in possum.band]
    assert medians == sorted(medians)  # one class of puppy all along: no jump


def test_html_is_one_file_that_loads_nothing(config: Config, tmp_path: Path):
    out = tmp_path / "report.html"
    assert write_report(config, baby=None, days=14, out=str(out), csv_path=None) == 0
    text = out.read_text()
    assert text.count("<svg") == 3
    for forbidden in ("<script", "<link", "<img", 'src="', "url(http", "@import"):
        assert forbidden not in text
    assert "=Joey &amp; &lt;b&gt;" in text
    assert "<b>" not in text
    assert "Possum &lt;loses&gt;" in text
    assert "231.5 g" in text
    assert "not a diagnosis" in text


def test_the_verdict_stands_first_and_open_alerts_next(config: Config, tmp_path: Path):
    out = tmp_path / "report.html"
    write_report(config, baby="Possum", days=14, out=str(out), csv_path=None)
    text = out.read_text()
    verdict = text.index("Possum is gaining: +8.9 g (+4.3 %) in 24 h.")
    opened = text.index("<h2>Open alerts</h2>")
    assert verdict < opened < text.index("Possum &lt;loses&gt;") < text.index("<svg")


def test_of_one_that_has_died_no_verdict_is_given(config: Config):
    data = read_data(config, baby=None, days=14)
    possum = next(report for report in data.babies if report.baby.name == "Possum")
    died = msgspec.structs.replace(possum.baby, retired_s=T, retired_reason="died")
    alone = msgspec.structs.replace(data, babies=[msgspec.structs.replace(possum, baby=died)])
    shown = page(alone, [""], "")
    assert "Possum has died. Its history is kept." in shown
    assert "is gaining" not in shown


def test_a_change_on_the_page_is_before_the_bottle_against_before_the_bottle(
    config: Config, tmp_path: Path
):
    out = tmp_path / "report.html"
    write_report(config, baby="Possum", days=14, out=str(out), csv_path=None)
    text = out.read_text()
    assert "+17.0 g in 1.9 days" in text  # 222 g before the bottle against 205 g typed
    assert "231.5 g on" in text
    assert ", after the bottle<" in text


def test_an_alert_told_as_information_by_night_is_the_warning_it_is(config: Config, tmp_path: Path):
    out = tmp_path / "report.html"
    write_report(config, baby="Possum", days=14, out=str(out), csv_path=None)
    assert "<td>warning</td><td>Possum &lt;loses&gt;" in out.read_text()


def test_the_share_of_alerts_acted_on_stands_on_the_page_and_is_printed(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "report.html"
    options: dict[str, Any] = {"baby": None, "days": 14, "out": str(out), "csv_path": None}
    write_report(config, **options)
    text = out.read_text()
    assert "<td>Losing weight</td><td class='n'>0 of 1</td><td class='n'>0 of 1</td>" in text
    assert (
        "acted on within ten minutes: 0 of 1 in 7 days, 0 of 1 since the" in capsys.readouterr().out
    )
    write_report(config, as_json=True, **options)
    said = json.loads(capsys.readouterr().out)
    assert said["written"] == [str(out)]
    share = {"alerts": 1, "acted_on": 0, "share": 0.0}
    assert said["acted_on"]["last_7_days"] == {"all": share, "losing_weight": share}


def test_png_and_table(config: Config, tmp_path: Path):
    out, table = tmp_path / "r.png", tmp_path / "r.csv"
    write_report(config, baby="Possum", days=14, out=str(out), csv_path=str(table))
    assert out.read_bytes().startswith(b"\x89PNG")
    rows = list(csv.DictReader(table.open()))
    weighings = [row for row in rows if row["what"] == "weighing"]
    assert [row["weight_g"] for row in weighings] == ["205.0", "222.0", "231.5"]
    assert [row["note"] for row in weighings] == ["typed", "scale", "scale"]
    assert [row["net_g"] for row in rows if row["what"] == "feed"] == ["9.5"]
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)


def test_a_baby_without_any_weighing_has_a_page(config: Config, tmp_path: Path):
    out = tmp_path / "r.html"
    code = (
        "import sys; from monitor.config import Config; from monitor.report.write import *; "
        "write_report(Config(box='box', state_dir=sys.argv[1]), baby='=Joey & <b>', days=1, "
        "out=sys.argv[2], csv_path=None)"
    )
    words = [sys.executable, "-c", code, config.state_dir, str(out)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    text = out.read_text()
    assert "none in this time" in text
    assert "=Joey &amp; &lt;b&gt; has not been weighed yet." in text


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"out": "r.pdf"}, ConfigError, "end it in .html or .png"),
        ({"baby": "Nobody"}, InputError, "nobody is called 'Nobody'"),
        ({"out": "/nowhere/r.html"}, InputError, "cannot write /nowhere/r.html"),
    ],
)
def test_what_cannot_be_done_is_said(config: Config, tmp_path: Path, settings, error, says):
    wanted = {"baby": None, "days": 1, "out": str(tmp_path / "r.html"), "csv_path": None}
    with pytest.raises(error, match=says):
        write_report(config, **(wanted | settings))


def test_no_journal_is_said(tmp_path: Path):
    with pytest.raises(JournalError, match="no journal"):
        read_data(Config(box="b", state_dir=str(tmp_path)), baby=None, days=1)


def test_the_daemon_gets_charts_from_a_child_and_never_imports_matplotlib(config: Config):
    worker = ChartWorker(config)
    worker.ask("possum", "Possum")
    end, chart = time.monotonic() + 60, None
    while chart is None and time.monotonic() < end:
        chart = worker.poll()
        time.sleep(0.02)
    assert chart is not None
    assert chart[0] == "possum"
    assert chart[1].startswith(b"\x89PNG")
    worker.ask("possum", "Possum")
    assert worker.poll() is None  # not again within half an hour
    worker.ask("joey", "=Joey & <b>")
    worker.poll()
    worker.forget("joey")  # renamed while it was being drawn
    assert worker.poll() is None
    worker.close()
    children: list[subprocess.Popen[bytes]] = []

    def popen(*words: Any, **settings: Any) -> subprocess.Popen[bytes]:
        children.append(subprocess.Popen(*words, **settings))
        return children[-1]

    worker = ChartWorker(config, popen)
    worker.ask("possum", "Possum")
    worker.poll()
    worker.pause()  # the processor is short: the child is ended, the chart still wanted
    assert children[0].returncode is not None
    worker.poll()
    assert len(children) == 2
    worker.close()
    code = "import sys, monitor.report.chart_worker; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
