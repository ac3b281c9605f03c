"""Names that are markup, formulas or commands, in everything a report is made of."""

from __future__ import annotations

import csv
import xml.etree.ElementTree as ET
from pathlib import Path

import html5lib
import pytest

from monitor.config import Config
from monitor.events import Alert, Baby, Feed, RosterChanged, WeighIn, slug
from monitor.report.write import read_data, table, write_report
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.store.reading import MinuteRow

pytest.importorskip("matplotlib", reason='the "report" extra is not installed')

T = 1_767_600_000.0
MAY_BE_THERE = {
    *("html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "section", "footer"),
    *("table", "tbody", "tr", "th", "td"),
}
DANGEROUS = {
    *("script", "iframe", "img", "object", "embed", "link", "base", "form", "a", "foreignObject"),
}
WORST = [
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;b&gt;", "]]>"),
    *(
        "--><svg/onload=1>",
        '"><iframe src="http://x">',
        "=cmd|'/c calc'!A1",
        "$\\frac{$",
        "{{ 7*7 }}",
    ),
]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    found = Config(box="box", state_dir=str(tmp_path_factory.mktemp("state")))
    journal = Journal.open(found.journal_path)
    for number, name in enumerate(WORST):
        baby = Baby(id=f"b{number}", name=name, species="puppy", registered_s=T - 86_400)
        journal.write(Batch(events=[
                RosterChanged(t_s=T, baby=baby),
                WeighIn(t_s=T - 7200, baby=name, move="lift", weight_g=200.0, sigma_g=1.0,
                        confidence=1.0, step_id=f"s{number}"),
                WeighIn(t_s=T - 7000, baby=name, move="return", weight_g=205.0, sigma_g=1.0,
                        confidence=1.0, step_id=f"r{number}"),
                Feed(t_s=T - 7000, baby=name, net_g=5.0, sigma_g=1.0, out_s=200,
                     step_id=f"r{number}"),
                Alert(t_s=T - 60, id=f"a{number}", kind="losing_weight", state="raised",
                      severity="warning", baby=name, since=T - 60, title=name, message=name,
                      why=name, box="box"),
            ]))  # fmt: skip
    who = " ".join(slug(name) for name in WORST[:6])
    journal.record_minutes(
        [MinuteRow(t_s=T - 60 * i, cry_s=9.0, activity=None, level_db=None, in_box=who)
         for i in range(300)]
    )  # fmt: skip
    journal.close()
    return found


@pytest.fixture(scope="module")
def page(config: Config, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("report") / "r.html"
    assert write_report(config, baby=None, days=3, out=str(out), csv_path=None) == 0
    return out.read_text()


def test_a_browser_sees_text_where_a_name_is_markup(config: Config, page: str) -> None:
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    shown = {"".join(heading.itertext()) for heading in tree.iter("h2")}
    assert set(WORST) <= shown
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue  # a comment
        tag = element.tag.rpartition("}")[2]
        assert tag not in DANGEROUS
        svg = "svg" in element.tag
        assert svg or tag in MAY_BE_THERE, tag
        for key, value in element.attrib.items():
            attribute = str(key).rpartition("}")[2].lower()
            assert not attribute.startswith("on"), (tag, key)
            assert "javascript:" not in value.lower()
            assert attribute not in {"src", "srcset", "action"}
            assert attribute != "href" or value.startswith("#"), (tag, value)


def test_nothing_is_loaded_from_anywhere(page: str) -> None:
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    styles = "".join("".join(style.itertext()) for style in tree.iter("style"))
    assert "@import" not in styles
    assert "url(" not in styles


def test_the_pictures_are_well_formed(page: str) -> None:
    parts = page.split("<svg")[1:]
    assert parts
    for part in parts:
        ET.fromstring("<svg" + part.split("</svg>")[0] + "</svg>")  # noqa: S314 - our own output


def test_a_spreadsheet_sees_no_formula(config: Config, tmp_path: Path) -> None:
    out = tmp_path / "r.csv"
    out.write_bytes(table(read_data(config, baby=None, days=3)))
    with out.open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert any("calc" in cell for cell in cells)
    for cell in cells:
        try:
            float(cell)
        except ValueError:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), cell


def test_a_name_with_dollars_is_drawn_as_it_is(config: Config, page: str) -> None:
    out = Path(config.state_dir) / "one.png"
    assert write_report(config, baby="$\\frac{$", days=3, out=str(out), csv_path=None) == 0
    assert out.read_bytes().startswith(b"\x89PNG")
