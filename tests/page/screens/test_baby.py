"""One baby: curve, bottles, cries, and every weighing with its ways to change it."""

from typing import Any

import pytest

from monitor.page.screens import baby as screen
from tests.page.seeing import at, baby, box, html, seen, shown


def week() -> list[dict[str, Any]]:
    """Three weighings a day, newest first."""
    each = {"what": "weighing", "baby": "Possum", "move": "lift", "origin": "scale"}
    return [
        each | {"id": f"w{i}", "at": at(-8 * i - 1), "weight_g": 198.0 - i} for i in range(7 * 3)
    ]


def test_every_weighing_of_the_time_is_on_the_curve_and_in_the_list() -> None:
    page = html(screen.show, seen(items=week()))
    assert page.count('class="point"') == len(week())
    assert page.count("correct=w") == len(week())
    assert "No bottle in this time." in page
    assert "No cry was heard in 24 h." in page


def test_days_of_the_query_say_which_time() -> None:
    assert html(screen.show, seen(items=week(), days="3")).count('class="point"') == 9
    assert html(screen.show, seen(items=week(), days="x")).count('class="point"') == len(week())


def test_a_long_time_goes_on_below_its_last_line() -> None:
    many = [dict(item, id=f"{item['id']}{n}", at=at(-i - n / 4 - 0.1))
            for i, item in enumerate(week()) for n in range(4)]  # fmt: skip
    many.sort(key=lambda item: item["at"], reverse=True)
    model = shown(screen.show, seen(items=many)).model
    assert len(model["weighings"]) == screen.MOST_ROWS
    end = model["older"].partition("end=")[2]
    older = shown(screen.show, seen(items=many, end=end)).model
    assert older["weighings"][0].id == many[screen.MOST_ROWS]["id"]
    assert not older["is_newest"]


@pytest.mark.parametrize("end", ["", "soon", "nan", "-5", "1e999", "99999999999"])
def test_an_end_that_makes_no_sense_is_now(end) -> None:
    assert shown(screen.show, seen(items=week(), end=end)).model["is_newest"]


def test_the_form_of_a_correction_names_what_it_is_about() -> None:
    of = box(babies={"possum": baby(), "ash": baby(name="Ash")})
    page = html(screen.show, seen(of, items=week(), correct="w3"))
    assert 'name="step_id" value="w3"' in page
    assert "<option>Ash</option>" in page
    assert 'name="void" value="1"' in page


def test_nobody_corrects_what_is_not_there_or_may_only_look() -> None:
    assert 'name="step_id"' not in html(screen.show, seen(items=week(), correct="w99"))
    page = html(screen.show, seen(items=week(), correct="w3", right="look"))
    assert "<form" not in page
    assert "correct=w" not in page


def test_minutes_of_crying_are_added_up_by_hour() -> None:
    cry = {"what": "cry", "id": None, "species": "kitten", "context": "unexplained"}
    spans = ((-2.1, -1.9), (-1.6, -1.5))
    items = [dict(cry, at=at(ended), started_at=at(began)) for began, ended in spans]
    svg = shown(screen.show, seen(items=items)).model["cries_svg"]
    assert svg.count(">6 min, ") == 2, "one hour, as title and as value"
    assert svg.count(">12 min, ") == 2
    human = [dict(item, species="human") for item in items]
    assert shown(screen.show, seen(items=human)).model["cries_svg"] == ""


def test_a_baby_that_is_not_there_is_said_not_to_be() -> None:
    answer = shown(screen.show, seen(box(babies={})))
    assert answer.status == 404
    assert "Nobody of that name here" in html(screen.show, seen(box(babies={})))


def test_a_baby_whose_age_and_species_nobody_knows_has_a_curve_without_a_band() -> None:
    of = box(babies={"possum": baby(species="ferret", born=None)})
    svg = shown(screen.show, seen(of, items=week())).model["growth_svg"]
    assert 'class="point"' in svg
    assert 'class="band"' not in svg
    of = box(babies={"possum": baby(born=None)})
    assert 'class="band"' in shown(screen.show, seen(of, items=week())).model["growth_svg"]
