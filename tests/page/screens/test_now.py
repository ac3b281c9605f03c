"""The first screen: what is wrong, or that all is well, and by what that is known."""

import pytest

from monitor.page.screens import now
from tests.page.seeing import BOX, DE, NOW, alert, at, baby, box, health, html, seen, shown


def test_all_is_well_is_said_with_the_time() -> None:
    page = html(now.show, seen())
    assert "All is well" in page
    assert "Last heard from at 12:13" in page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"online": False, "heard_s": NOW - 600}, "The box is offline"),
        ({"online": None}, "Nobody knows whether the box is on"),
        ({"health": health(microphone="failed")}, "The microphone is deaf"),
        ({"health": health(scale="stalled")}, "The scale is blind"),
        ({"health": None}, "has not said whether it hears and weighs"),
        ({"alerts": [alert()]}, "Feed Possum."),
        (
            {"received_s": {"cry": NOW - 500, "alerts": NOW - 4}},
            "Nothing new from the box for 8 min",
        ),
    ],
)
def test_what_is_wrong_is_said_and_not_that_all_is_well(wrong, said) -> None:
    page = html(now.show, seen(box(**wrong)))
    assert said in page
    assert "All is well" not in page


@pytest.mark.parametrize("lang", ["en", "de"])
@pytest.mark.parametrize("online", [True, False, None])
def test_every_language_says_everything(lang, online) -> None:
    of = box(online=online, alerts=[alert(), alert("q", kind="who_is_it", step_id="s1")])
    assert "<main" in html(now.show, seen(of, lang=lang))


def test_one_sense_alone_is_named_as_such() -> None:
    well = shown(now.show, seen(box(health=health(microphone=None)))).model["well"]
    assert well == "It weighs; no microphone is set up. Last heard from at 12:13."


def test_numbers_of_a_box_that_is_off_are_marked_as_old() -> None:
    page = html(now.show, seen(box(online=False, heard_s=NOW - 600)))
    assert 'class="stack old" id="babies"' in page
    assert "as of 12:04" in page


def test_nothing_is_offered_that_cannot_arrive_or_may_not_be_done() -> None:
    of = {"alerts": [alert(kind="crying")]}
    assert "do/acknowledge" in html(now.show, seen(box(**of)))
    assert "<form" not in html(now.show, seen(box(**of), right="look"))
    assert "<form" not in html(now.show, seen(box(**of, online=False)))
    assert "<form" not in html(now.show, seen(box(**of), broker_why="refused"))


def test_not_a_cry_is_for_cries_alone_and_i_have_it_for_one_that_is_out() -> None:
    of = box(alerts=[alert("a"), alert("b", kind="crying"), alert("c", kind="out_of_box")])
    page = html(now.show, seen(of))
    assert page.count("do/not_a_cry") == 1
    assert page.count('value="away"') == 1


def test_what_is_unknown_is_said_to_be_and_is_not_nought() -> None:
    model = shown(now.show, seen(box(cry={"crying": None}, scale={"total_g": None}))).model
    assert model["sound"] == "unknown: nothing is heard"
    assert model["weight"] == "unknown: nothing is weighed"
    assert model["cry_minutes"] == ""


def test_the_nest_is_shown_where_a_probe_measures_it() -> None:
    nest = {"temperature_c": 31.5, "wanted_c": [29.0, 32.0], "probe": "healthy", "at": at(0)}
    said = shown(now.show, seen(box(nest=nest))).model["nest"].replace("\u00a0", " ")
    assert said == "31.5 °C, wanted 29 to 32 °C"
    assert (
        shown(now.show, seen(box(nest=nest | {"probe": "stalled"}))).model["nest"].startswith("unk")
    )
    assert shown(now.show, seen(box(nest={"probe": "none"}))).model["nest"] == ""
    assert shown(now.show, seen(box())).model["nest"] == ""


@pytest.mark.parametrize("value", [None, 5, "x", [], {"a": 1}, [None], [[]], True, 1e308])
def test_no_document_of_anybody_breaks_the_screen(value) -> None:
    """Each document and each field of one, of every type."""
    fields = ("health", "cry", "scale", "nest", "question", "summary")
    for field in fields:
        if value is None or isinstance(value, dict):
            html(now.show, seen(box(**{field: value})))
    for name in baby():
        html(now.show, seen(box(babies={"possum": baby(**{name: value})})))
    for name in alert():
        if name != "id":
            html(now.show, seen(box(alerts=[alert(**{name: value})])))


def test_names_and_sentences_are_text_and_no_markup() -> None:
    evil = "<script>alert(1)</script>"
    of = box(alerts=[alert(title=evil, message=evil, why=evil)], babies={"x": baby(name=evil)})
    page = html(now.show, seen(of))
    assert evil not in page
    assert "&lt;script&gt;" in page


def test_german_says_du_and_writes_a_comma() -> None:
    page = html(now.show, seen(lang="de"))
    assert "Alles ist gut" in page
    assert "198,4\u00a0g" in page
    assert DE("alert.mine") == "Ich kümmere mich"


def test_a_sense_that_is_gone_shows_no_number_as_if_it_were_there() -> None:
    deaf = html(now.show, seen(box(health=health(microphone="failed"))))
    assert "unknown: nothing is heard" in deaf
    blind = html(now.show, seen(box(health=health(scale="stalled"))))
    assert "unknown: nothing is weighed" in blind


def test_the_question_about_an_earlier_card_leads_to_its_answer() -> None:
    asks = alert("not_delivered-identity_found-20260101T120000Z", kind="not_delivered")
    page = html(now.show, seen(box(alerts=[asks])))
    assert f'href="/boxes/{BOX}/box#earlier-card"' in page
    assert "#earlier-card" not in html(now.show, seen(box(alerts=[alert()])))


def test_with_nobody_here_the_way_to_the_first_baby_is_a_button() -> None:
    assert 'id="add-first"' in html(now.show, seen(box(babies={})))
    assert 'id="add-first"' not in html(now.show, seen(box(babies={}), right="look"))
