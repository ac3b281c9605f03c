"""Lists as people keep them: everything in the corpus says the same four weighings, or why not."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.errors import InputError
from monitor.events import Baby
from monitor.recordings.weight_list import Choices, DayOrderError, WeightList, read_list
from monitor.written.days import LocalNow
from tests.recordings.workbooks import ods, xlsx

BERLIN = ZoneInfo("Europe/Berlin")
NOW = LocalNow(datetime(2026, 11, 28, 8, 0, tzinfo=BERLIN).timestamp(), BERLIN)
OZ = 28.349523125


def baby(name: str, **more: object) -> Baby:
    return Baby(id=name, name=name, species="kitten", **more)  # type: ignore[arg-type]


LITTER = [baby("Bee"), baby("Cas"), baby("Zoë")]


def read(data: str | bytes, *, babies=LITTER, **choices) -> WeightList:
    raw = data.encode() if isinstance(data, str) else data
    return read_list(raw, babies, NOW, Choices(**choices))


def told(found: WeightList) -> list[tuple[str, str, float]]:
    return [
        (
            one.baby,
            datetime.fromtimestamp(one.t_s, BERLIN).strftime("%m-%d %H:%M"),
            round(one.weight_g, 1),
        )
        for one in sorted(found.found, key=lambda one: (one.t_s, one.baby))
    ]


FOUR = [
    ("Bee", "11-26 07:30", 112.5),
    ("Cas", "11-26 07:30", 98.0),
    ("Bee", "11-27 19:15", 121.0),
    ("Cas", "11-27 19:15", 104.0),
]
LONG = [
    ("2026-11-26 07:30", "Bee", "112.5"),
    ("2026-11-26 07:30", "Cas", "98"),
    ("2026-11-27 19:15", "Bee", "121"),
    ("2026-11-27 19:15", "Cas", "104"),
]


def lines(header: str, row: str, *, comma: bool = False) -> str:
    body = [
        row.format(at=at, d=at[8:10], m=at[5:7], clock=at[11:], name=name,
                   g=g.replace(".", ",") if comma else g)
        for at, name, g in LONG
    ]  # fmt: skip
    return "\n".join([header, *body, ""])


def wide(*rows: str) -> str:
    return "\n".join([*rows, ""])


AMERICAN = wide(
    "Date,Time,Bee (g),Cas (g)", "11/26/2026,7:30 AM,112.5,98", "11/27/2026,7:15 PM,121,104"
)

CORPUS: dict[str, str | bytes] = {
    "the product's own header": lines(
        "time,baby,weight_g", "{at}:00+01:00,{name},{g}"
    ).replace(" 07", "T07").replace(" 19", "T19"),
    "local times": lines("time,baby,weight_g", "{at},{name},{g}"),
    "names in another case": lines("time,baby,weight_g", "{at},{name},{g}").replace(
        "Bee", "BEE").replace("Cas", " cas "),
    "semicolons and decimal commas": lines(
        "Datum;Uhrzeit;Name;Gewicht", "{d}.{m}.2026;{clock};{name};{g}", comma=True),
    "tabs": lines("Date\tTime\tKitten\tWeight (g)", "{at:.10}\t{clock}\t{name}\t{g}"),
    "pipes": lines("date|time|who|grams", "{at:.10}|{clock}|{name}|{g}"),
    "a BOM": b"\xef\xbb\xbf" + lines("time,baby,weight_g", "{at},{name},{g}").encode(),
    "UTF-16 from Excel": lines("time\tbaby\tweight_g", "{at}\t{name}\t{g}").encode("utf-16"),
    "UTF-16 without a mark": lines("time,baby,weight_g", "{at},{name},{g}").encode("utf-16-le"),
    "Excel's sep line": "sep=;\n" + lines("when;name;weight", "{at};{name};{g}"),
    "Windows line ends": lines("time,baby,weight_g", "{at},{name},{g}").replace("\n", "\r\n"),
    "title lines": "Foster log 2026\n\nKeep warm!\n" + lines(
        "Date and time,Kitten,Weight", "{at},{name},{g} g"),
    "units in the cells": lines("when,who,weight", "{at},{name},{g} grams"),
    "a column of units": lines("when,who,weight,unit", "{at},{name},{g},g"),
    "kilograms": lines("when,who,weight (kg)", "{at},{name},{g}").replace(
        "112.5", "0.1125").replace(",98", ",0.098").replace("121", "0.121").replace("104", "0.104"),
    "extra columns and blank cells": lines(
        "id,when,who,weight (g),fed (ml),notes", '7,{at},{name},{g},,"sleepy, warm"'
    ) + "8,2026-11-27 20:00,Bee,,8,\n9,2026-11-27 21:00,Cas,-,,\n",
    "quoted": lines('"Date","Time","Name","Weight in g"', '"{at:.10}","{clock}","{name}","{g}"'),
    "one column a baby": wide(
        "Date,Time,Bee,Cas", "26.11.2026,07:30,112.5,98", "27.11.2026,19:15,121,104"),
    "one column a baby, American": AMERICAN,
    "one column a baby, no heading for the dates": wide(
        ";Bee;Cas", "26.11. 07:30;112,5;98", "27.11. 19:15;121;104"),
    "a blank date below a date": wide(
        "date,time,name,weight", "26 Nov 2026,07:30,Bee,112.5", ",07:30,Cas,98",
        "27 Nov 2026,19:15,Bee,121", ",19:15,Cas,104"),
    "weekdays": wide(
        "Day,Bee,Cas", '"Thursday, November 26, 2026 7:30 AM",112.5,98',
        '"Fri, Nov 27, 2026 7:15 PM",121,104'),
    "before and after the bottle": lines(
        "time,name,weight before (g),weight after (g),gain", "{at},{name},{g},999,9"),
    "grams and ounces": lines("time,name,oz,g", "{at},{name},4.0,{g}"),
    "no headings": lines("", "{at},{name},{g}").lstrip(),
    "columns of spaces": lines("when               name   grams", "{at}   {name}   {g}"),
    "the day first, as one line shows": wide(
        "when,Bee,Cas", "26/11/26 07:30,112.5,98", "27/11/26 19:15,121,104"),
    "military times": lines("date,time,name,weight", "{at:.10},{clock},{name},{g}").replace(
        ":", ""),
    "units below the headings": wide(
        "Date;Time;Bee;Cas", ";;(kg);g", "26.11.2026;07:30;0,1125;98", "27.11.2026;19:15;.121;104"),
    "the heading again in the middle": lines("time,baby,weight_g", "{at},{name},{g}").replace(
        "2026-11-27 19:15,Bee", "time,baby,weight_g\n2026-11-27 19:15,Bee"),
    "a workbook": xlsx({"Weights": [
        ["Our litter", None, None], ["When", "Who", "Weight (g)"],
        *([datetime.fromisoformat(at), name, float(g)] for at, name, g in LONG)]}),
    "a workbook with a sheet a baby": xlsx({"Notes": [["they are well"]], **{
        name: [["Date", "Time", "Weight"],
               *([date.fromisoformat(at[:10]), at[11:], float(g)]
                 for at, who, g in LONG if who == name)]
        for name in ("Bee", "Cas")}}),
    "an OpenDocument table": ods({"Tabelle1": [
        ["Datum", "Bee", "Cas"], [datetime(2026, 11, 26, 7, 30), 112.5, 98.0],
        [datetime(2026, 11, 27, 19, 15), 121.0, 104.0]]}),
    "the product's own report": "time,what,baby,weight_g,sigma_g,net_g,note\n" + "".join(
        f"{utc},weighing,{name},{g},0.5,,scale\n{utc},feed,{name},,0.5,4.0,\n"
        for utc, name, g in (
            ("2026-11-26T06:30:00Z", "Bee", 112.5), ("2026-11-26T06:30:00Z", "Cas", 98.0),
            ("2026-11-27T18:15:00Z", "Bee", 121.0), ("2026-11-27T18:15:00Z", "Cas", 104.0))
    ) + "2026-11-27T19:00:00Z,alert,Bee,,,,Bee took little\n",
}  # fmt: skip


WORKBOOKS = [name for name, data in CORPUS.items() if data[:2] == b"PK"]


@pytest.mark.parametrize("name", CORPUS)
def test_a_list_is_read_whatever_it_looks_like(name):
    if name in WORKBOOKS:
        pytest.importorskip("python_calamine", reason='needs the extra "lists"')
    found = read(CORPUS[name])
    assert told(found) == FOUR
    assert found.left_out == []


MORE: dict[str, tuple[str, list[tuple[str, str, float]]]] = {
    "an American date without its year": (
        "Kitten,Date,Weight\nBee,11/26,4 oz\n", [("Bee", "11-26 12:00", 113.4)]),
    "one row a baby, American days": (
        "Kitten,11/26,11/27\nBee,112,118\n",
        [("Bee", "11-26 12:00", 112.0), ("Bee", "11-27 12:00", 118.0)]),
    "o'clock": ("Name;Datum;Uhrzeit;Gewicht in g\nBee;26.11.26;7:30 Uhr;112 g\n",
                [("Bee", "11-26 07:30", 112.0)]),
    "weighed on": ("Weighed on,Puppy name,Wgt (oz)\n2026-11-26 07:30,Bee,4\n",
                   [("Bee", "11-26 07:30", 113.4)]),
    "short times of day": (
        "date,time,name,weight\n11/26/2026,7:30a,Bee,112\n11/26/2026,730pm,Bee,113\n",
        [("Bee", "11-26 07:30", 112.0), ("Bee", "11-26 19:30", 113.0)]),
    "months by name": (
        "date,name,weight\n26-Nov,Bee,112\n26-Nov-26,Cas,98\n27/Nov/2026,Bee,113\n",
        [("Bee", "11-26 12:00", 112.0), ("Cas", "11-26 12:00", 98.0),
         ("Bee", "11-27 12:00", 113.0)]),
    "American dots": ("date,name,weight\n11.26.2026,Bee,112\n", [("Bee", "11-26 12:00", 112.0)]),
    "blank ends and ruled lines": (
        "date;name;weight;;;\n26.11.2026;Bee;112;;;\n;;;;;\n----;---;---;;;\n# done\n",
        [("Bee", "11-26 12:00", 112.0)]),
    "old Macintosh line ends": ("date,name,weight\r26.11.2026,Bee,112\r",
                                [("Bee", "11-26 12:00", 112.0)]),
    "the day in a title": ("Weigh-in 26 Nov 2026 07:30\nName,Weight\nBee,112\nCas,98\n",
                           [("Bee", "11-26 07:30", 112.0), ("Cas", "11-26 07:30", 98.0)]),
    "answers to a form": (
        "Timestamp,Kitten,Weight in grams,Notes\n2026/11/26 7:30:00 AM GMT+1,Bee,112,\n",
        [("Bee", "11-26 07:30", 112.0)]),
    "one part a baby": (
        "Bee\n26 Nov 07:30,112\n\nBob\n26 Nov 07:30,80\n\nCas\n26 Nov 07:30,98\n",
        [("Bee", "11-26 07:30", 112.0), ("Cas", "11-26 07:30", 98.0)]),
    "names above morning and evening": (
        ",Bee,,Cas,\nDate,AM,PM,AM,PM\n26 Nov,112,118,98,99\n",
        [("Bee", "11-26 08:00", 112.0), ("Cas", "11-26 08:00", 98.0),
         ("Bee", "11-26 20:00", 118.0), ("Cas", "11-26 20:00", 99.0)]),
    "the number of the day": ("Day,Date,Bee\n1,26 Nov,112\n2,27 Nov,113\n",
                              [("Bee", "11-26 12:00", 112.0), ("Bee", "11-27 12:00", 113.0)]),
    "pounds": ("date,name,weight (lb)\n26.11.2026,Bee,.25\n", [("Bee", "11-26 12:00", 113.4)]),
    "narrow spaces between thousands": (
        "date;name;weight\n26.11.2026;Bee;1\u00a0012,5\n", [("Bee", "11-26 12:00", 1012.5)]),
}  # fmt: skip


@pytest.mark.parametrize("name", MORE)
def test_a_list_of_another_kind_is_read_too(name):
    text, weighings = MORE[name]
    assert told(read(text)) == weighings


def test_the_corpus_is_large():
    assert len(CORPUS) >= 25


def test_ounces_and_pounds_and_ounces():
    found = read("date,Bee\n26 Nov 07:30,4 oz\n27 Nov 07:30,1 lb 2 oz\n27 Nov 19:30,18.5oz\n")
    assert [one.weight_g for one in found.found] == pytest.approx([4 * OZ, 18 * OZ, 18.5 * OZ])
    found = read("time,name,lbs,oz\n26 Nov 07:30,Bee,1,2\n27 Nov 07:30,Bee,,15.5\n")
    assert [one.weight_g for one in found.found] == pytest.approx([18 * OZ, 15.5 * OZ])
    found = read("Date,Weight (oz)\n26 Nov 07:30,4\n", babies=LITTER[:1])
    assert [one.weight_g for one in found.found] == pytest.approx([4 * OZ])
    found = read("Date,Name,Weight\n26 Nov 07:30,Bee,4\n", unit="oz")
    assert [one.weight_g for one in found.found] == pytest.approx([4 * OZ])


def test_a_name_in_a_code_page_is_found():
    text = "when;name;weight\n26.11.2026 07:30;Zoë;112\n"
    assert told(read(text.encode("cp1252"))) == [("Zoë", "11-26 07:30", 112.0)]
    text = "when;name;weight\n26.11.2026 07:30;Łatka;112\n"
    assert told(read(text.encode("cp1250"), babies=[baby("Łatka")])) == [
        ("Łatka", "11-26 07:30", 112.0)
    ]


def test_three_slash_four_is_asked_about_once():
    text = "when,Bee\n3/4/2026 07:30,112\n4/4/2026 07:30,118\n5/4/2026 07:30,125\n"
    with pytest.raises(DayOrderError, match="3/4/2026 07:30 can be 4 Mar or 3 Apr"):
        read(text)
    assert told(read(text, day_first=True))[0] == ("Bee", "04-03 07:30", 112.0)
    assert told(read(text, day_first=False))[0] == ("Bee", "03-04 07:30", 112.0)


def test_what_lies_ahead_or_before_birth_is_not_meant():
    text = "when,Bee\n11/12/2026 07:30,112\n"  # in December it has not come yet
    assert told(read(text)) == [("Bee", "11-12 07:30", 112.0)]
    text = "when,Bee\n3/4/2026 07:30,112\n"
    assert told(read(text, babies=[baby("Bee", born="2026-03-20")])) == [
        ("Bee", "04-03 07:30", 112.0)
    ]


def test_both_orders_in_one_list_are_refused():
    with pytest.raises(InputError, match="day first and others with the month first"):
        read("when,Bee\n27/11/2026 07:30,112\n11/26/2026 07:30,118\n")


def test_morning_and_evening_are_said():
    found = read("date,Bee AM,Bee PM\n26 Nov,112,118\n")
    assert told(found) == [("Bee", "11-26 08:00", 112.0), ("Bee", "11-26 20:00", 118.0)]
    assert "morning is taken as 08:00" in found.notes
    found = read("date,Bee\n26 Nov,112\n")
    assert told(found) == [("Bee", "11-26 12:00", 112.0)]
    assert "days without a time are taken as 12:00" in found.notes


def test_one_row_a_baby():
    found = read("Name,26 Nov 2026,27 Nov 2026\nBee,112,118\nCas,98,\n")
    assert [(one.baby, one.weight_g) for one in found.found] == [
        ("Bee", 112.0),
        ("Cas", 98.0),
        ("Bee", 118.0),
    ]


def test_decimals_are_those_of_the_list():
    assert [
        f.weight_g for f in read("when;Bee\n26.11. 07:30;98,5\n27.11. 07:30;1,250\n").found
    ] == [98.5]  # 1.25 g is nothing a baby can weigh
    found = read('when,Bee\n26 Nov 07:30,998.5\n27 Nov 07:30,"1,250"\n')
    assert [one.weight_g for one in found.found] == [998.5, 1250.0]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("26 Nov 07:30,Bob,112", 'nobody is called "Bob": nursery baby add "Bob"'),
        ("26 Nov 07:30,Old,112", "Old has left the nursery"),
        ("26 Nov 07:30,,112", "has no name"),
        ("soon,Bee,112", "'soon' is no date"),
        ("26 Nov 07:30,Bee,112?", "'112?' is no weight"),
        ('26 Nov 07:30,Bee,"12,450"', "the weight can be 12.45 or 12450"),
        ("26 Nov 07:30,Bee,3", "3 g is nothing a baby can weigh"),
        ("26 Nov 09:00,Cas,99", "Cas has 98 g then, in line 2"),
    ],
)
def test_what_is_left_out_has_a_reason(row, why):
    babies = [*LITTER, baby("Old", retired_s=1.0)]
    found = read(f"when,name,weight\n26 Nov 09:00,Cas,98\n{row}\n", babies=babies)
    assert [one.baby for one in found.found] == ["Cas"]
    (left_out,) = found.left_out
    assert left_out.place == "line 3"
    assert why in left_out.why


def test_a_line_that_stands_twice_counts_once():
    found = read("when,Bee\n26 Nov 07:30,112\n26 Nov 07:30,112\n")
    assert (len(found.found), found.left_out) == (1, [])


def test_an_unknown_column_is_nobody_elses():
    found = read("when,Bob\n26 Nov 07:30,112\n", babies=LITTER[:1])
    assert found.found == []
    assert "nobody is called" in found.left_out[0].why


def test_whose_list_it_is_must_be_said():
    text = "when,weight\n26 Nov 07:30,112\n"
    with pytest.raises(InputError, match="whose weighings they are"):
        read(text)
    assert told(read(text, baby="Bee"))[0][0] == "Bee"
    assert told(read("Weights of Bee\n" + text))[0][0] == "Bee"
    assert told(read(text, babies=LITTER[:1]))[0][0] == "Bee"
    with pytest.raises(InputError, match="whose"):
        read("Weights of Bob\n" + text, babies=LITTER[:1])


def test_who_says_whose_list_it_is_is_not_contradicted_by_a_remark():
    text = "26 Nov 07:30,112\nAt the vet's\n27 Nov 07:30,118\n"
    assert [one.baby for one in read(text, baby="Bee").found] == ["Bee", "Bee"]
    below = read("Bee\n" + text)
    assert [one.weight_g for one in below.found] == [112.0]
    assert "nobody is called" in below.left_out[0].why


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"hello\nworld\n", "has no weighings that can be understood; it begins with: hello"),
        (b"time_s,counts\n0,84213\n", "has no weighings"),
        (b"\x00\x01\x02\x03" * 3, "utf-16|no text"),
        (b"PK\x03\x04 no book", "is a workbook"),
        (b"x" * 11_000_000, "is larger"),
        (b"\xff\xfe\x00", "is no whole utf-16 text"),
    ],
)
def test_what_is_no_list_is_refused_in_a_sentence(data, says):
    with pytest.raises(InputError, match=says):
        read(data)


def test_without_the_reader_a_workbook_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(InputError, match=r"save it as CSV, or: .*nursery-monitor\[lists\]"):
        read(CORPUS["a workbook"])


def test_it_says_how_it_was_read():
    found = read("Log\nDatum;Gewicht (g);Bemerkung;Name\n26.11.2026;112;müde;Bee\n")
    how, assumed = found.notes
    assert how.startswith('";" between cells, utf-8: line 2 has the headings: "Datum" date')
    assert how.endswith('"Gewicht (g)" weight, "Name" name; not used: "Bemerkung"')
    assert assumed == "days without a time are taken as 12:00"


def test_the_list_of_the_documentation_is_read():
    page = (Path(__file__).parents[2] / "docs" / "weights.md").read_text()
    example = page.split("## Lists")[1].split("```csv\n")[1].split("```")[0]
    found = read(example, babies=[baby("Possum"), baby("Kangaroo")])
    assert (len(found.found), found.left_out) == (4, [])


@pytest.mark.parametrize(
    "heading", ["Total", "Total (g)", "Gesamtgewicht", "Durchschnitt", "Portée", "Média", "średnia"]
)
def test_a_column_that_adds_up_is_left_out_without_advice(heading):
    found = read(f"when,Bee,Cas,{heading}\n26.11. 07:30,112,98,210\n27.11. 19:15,121,104,225\n")
    assert len(found.found) == 4
    assert found.left_out == []
    assert any(f'"{heading}"' in note for note in found.notes)  # as no baby, or as not used


def test_a_row_that_adds_up_is_left_out_without_advice():
    found = read("when,name,weight\n26 Nov 07:30,Bee,112\n26 Nov 07:30,Litter,210\n")
    assert [one.baby for one in found.found] == ["Bee"]
    assert found.left_out == []
    assert '"Litter" is no baby: left out' in found.notes


def test_a_baby_may_be_called_like_a_sum():
    found = read("when,name,weight\n26 Nov 07:30,Nest,112\n", babies=[*LITTER, baby("Nest")])
    assert [one.baby for one in found.found] == ["Nest"]


def test_a_name_with_more_in_it_is_no_sum():
    found = read("when,name,weight\n26 Nov 07:30,Bee,112\n26 Nov 07:30,Litter runt,61\n")
    assert "nobody is called" in found.left_out[0].why


def test_max_is_a_name():
    found = read("when,name,weight\n26 Nov 07:30,Bee,112\n26 Nov 07:30,Max,61\n")
    assert 'nobody is called "Max"' in found.left_out[0].why
