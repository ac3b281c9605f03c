"""Twins: what is certain is said of both, and a question without an answer is no all-clear."""

from __future__ import annotations

from tests.days import Day, T, hours, kitten, minutes


def round_of(day: Day, after_s: float, ash_g: float | None, bee_g: float | None) -> None:
    """A bottle for each of the two who look alike, and one for Cas."""
    if ash_g is not None:
        day.box.feed(T + after_s, "Ash", ash_g, out_s=500.0)
    if bee_g is not None:
        day.box.feed(T + after_s + minutes(15), "Bee", bee_g, out_s=500.0)
    day.box.feed(T + after_s + minutes(30), "Cas", 11.0, out_s=500.0)


def twins(*rounds: tuple[float | None, float | None]) -> Day:
    """A round every two and a half hours."""
    day = Day([kitten("Ash", 151.4), kitten("Bee", 151.4), kitten("Cas", 260.0)])
    for k, (ash_g, bee_g) in enumerate(rounds):
        round_of(day, hours(0.2 + 2.5 * k), ash_g, bee_g)
    return day


def test_three_bottles_that_one_of_them_refused_are_told_of_the_two():
    """151.4 g out and 151.4 g back, three times; the other drinks."""
    day = twins((7.0, 0.0), (7.0, 0.0), (7.0, 0.0))
    day.live(hours(6.2))
    told = [a for a in day.told("low_intake") if a.state in {"raised", "reminded"}]
    assert {a.baby for a in told} == {None}
    assert {c.baby for c in told[-1].candidates} == {"Ash", "Bee"}
    assert told[0].severity == "info"
    assert told[-1].severity == "warning"
    sentences = [a.message.partition(" bottles")[0] for a in told if "took nothing" in a.message]
    assert sentences[0] == "One of Ash and Bee took nothing in two"
    assert sentences[-1] == "One of Ash and Bee took nothing in three"
    assert {name for move in ("lift", "return") for name in ("Ash", "Bee")
            if (move, 0) in day.weighed(name)} == set()  # fmt: skip


def test_also_when_only_that_one_is_ever_taken_out():
    day = twins((None, 0.0), (None, 0.0), (None, 0.0))
    day.live(hours(6.2))
    assert "One of Ash and Bee took nothing in three bottles" in day.told("low_intake")[-1].message


def test_twins_that_drink_raise_nothing():
    day = twins((7.0, 6.0), (6.5, 7.0), (7.0, 7.5))
    day.live(hours(6.5))
    assert not day.told("low_intake")
    assert not day.told("bottle_overdue")


def test_it_is_over_when_both_have_drunk_in_one_round():
    day = twins((7.0, 0.0), (7.0, 0.0), (7.0, 7.0))
    day.live(hours(6.2))
    last = day.told("low_intake")[-1]
    assert last.title == "All clear: One of Ash and Bee is drinking little"
    assert last.message == "Each of Ash and Bee has drunk since."


def test_it_is_closed_and_no_all_clear_when_one_may_have_drunk_both_bottles():
    """One drinks at every round, the other at none: two bottles, and perhaps one baby."""
    day = twins((7.0, 0.0), (7.0, None), (7.0, None))
    day.live(hours(6.2))
    last = day.told("low_intake")[-1]
    assert last.title == "Closed: One of Ash and Bee is drinking little"
    assert last.message == (
        "Enough bottles for Ash and Bee were drunk since, but nobody saw whose they were."
    )


def test_an_answer_moves_it_to_the_one_it_was_and_is_no_all_clear():
    day = twins((7.0, 0.0), (7.0, 0.0))
    day.live(hours(3.5))
    for event in list(day.pipeline.state.scale.claims.pending.values()):
        is_bee = round((event.t_s - T) / 60.0) % 150 > 20
        day.say(hours(3.5), "assign", step_id=event.step_id, baby="Bee" if is_bee else "Ash")
    day.live(hours(3.6))
    assert not day.refused()
    group = [a for a in day.told("low_intake") if a.baby is None][-1]
    assert (group.state, group.title) == (
        "cleared",
        "Closed: One of Ash and Bee is drinking little",
    )
    mine = [a for a in day.told("low_intake") if a.baby is not None][-1]
    assert (mine.baby, mine.severity) == ("Bee", "warning")
    assert "2 bottles in a row" in mine.message


def test_one_of_them_never_gets_a_bottle():
    """Each bottle may have been either's, but they are too few for two."""
    day = twins((7.0, None), (7.0, None), (7.0, None), (7.0, None))
    day.live(hours(8.5))
    told = day.told("bottle_overdue")
    assert told[0].title == "A bottle of Ash and Bee is overdue"
    assert told[0].message.startswith("One of Ash and Bee has had no bottle for ")


def test_a_question_that_nobody_answered_is_closed_and_no_all_clear():
    day = twins(*[(7.0, 6.5)] * 4)
    day.live(hours(20))
    cleared = [a for a in day.told("who_is_it") if a.state == "cleared"]
    assert len(cleared) >= 6
    assert {a.title for a in cleared} == {"Closed: Who was it?"}
    assert any(a.message.startswith("Newer weighings are asked about: 151 g") for a in cleared)
    assert any(a.message.startswith("Nobody has said who it was: ") for a in cleared)


def test_one_of_them_leaves_and_what_was_said_of_both_is_closed():
    day = twins((7.0, 0.0), (7.0, 0.0))
    day.say(hours(3.5), "baby_retire", name="Ash")
    day.live(hours(3.6))
    last = [a for a in day.told("low_intake") if a.baby is None][-1]
    assert last.title == "Closed: One of Ash and Bee is drinking little"
    assert last.message == "Ash has left the nursery."


def test_bottles_are_not_counted_where_babies_were_changed_under_the_hand():
    """One back and another out is one step of a few grams: who drank is beyond counting."""
    day = Day([kitten("Ash", 200.0), kitten("Bee", 201.0), kitten("Cas", 235.0)])
    for k in range(4):
        t_s = T + hours(0.3 + 2.5 * k)
        day.box.lift(t_s, "Ash")
        day.box.swap(t_s + 400.0, "Cas", "Ash", intake_g=8.0)
        day.box.swap(t_s + 800.0, "Bee", "Cas", intake_g=9.0)
        day.box.put(t_s + 1200.0, "Bee", intake_g=8.0)
    day.live(hours(9.5))
    assert not [a for a in day.told("bottle_overdue") if a.baby is None]
    assert not [a for a in day.told("low_intake") if a.baby is None]
