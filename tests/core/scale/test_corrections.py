"""What people say about weights, and what is refused in which words."""

from __future__ import annotations

import math

import pytest

from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.reference import GrowthReference
from monitor.core.scale.claims import Claims, ClaimsState
from monitor.core.scale.corrections import Corrections
from monitor.core.scale.doubts import doubt
from monitor.core.scale.hypothesis import Step, step_id
from monitor.core.scale.known_things import KnownThings
from monitor.core.scale.roster import Roster, first_estimate
from monitor.core.scale.thing_answers import ThingAnswers
from monitor.core.scale.tracker import OccupancyTracker
from monitor.data.shipped import shipped
from monitor.errors import CommandError
from monitor.events import (
    Baby,
    ObjectMoved,
    Retraction,
    RosterChanged,
    ThingChanged,
    WeighIn,
    Weighing,
)
from monitor.times import DAY_S, HOUR_S, midnight_utc_s, rfc3339
from tests.asking import asked

REFERENCE = GrowthReference.parse(shipped("growth.toml"))
T0 = midnight_utc_s("2026-03-10")


class Nursery:
    """Two kittens in the box, as the weigher holds them."""

    def __init__(self, *babies: Baby) -> None:
        known = babies or (kitten("Ash", weight_g=200.0), kitten("Bee", weight_g=150.0))
        records = [BabyRecord(baby=baby) for baby in known]
        weights = [first_estimate(record, REFERENCE, T0) for record in records]
        self.tracker = OccupancyTracker.start(weights, all_inside=True)
        self.things = KnownThings(self.tracker.state)
        self.claims = Claims(ClaimsState(records=records), REFERENCE, self.things.name)
        self.roster = Roster(self.claims, self.tracker, REFERENCE)
        answers = ThingAnswers(self.claims, self.tracker, self.things)
        self.subject = Corrections(self.claims, self.tracker, self.roster, REFERENCE, answers)

    def ask(self, verb: str, t_s: float = T0, origin: str = "mqtt", **args) -> list:
        return self.subject.carry_out(asked(t_s, verb, args, origin=origin))

    def refused(self, verb: str, t_s: float = T0, **args) -> str:
        with pytest.raises(CommandError) as error:
            self.ask(verb, t_s, **args)
        return str(error.value)

    def doubt(self, grams: float, t_s: float) -> str | None:
        return doubt(self.claims.records[0], REFERENCE, grams, t_s)

    def step(self, delta: float, after_s: float = 60.0) -> str:
        """A step that is published; its id."""
        t_s = T0 + after_s
        step = Step(
            step_id=step_id(t_s), t_s=t_s, from_g=1150.0, to_g=1150.0 + delta, sigma_g=0.3,
            settled=True, touched=False, elapsed_s=3.0,
        )  # fmt: skip
        self.claims.publish(self.tracker.observe(step))
        return step.step_id

    def weights(self, baby: int = 0) -> list[tuple[float, float]]:
        return [(w.t_s - T0, w.weight_g) for w in self.claims.records[baby].weighings]


def kitten(name: str, **how) -> Baby:
    known = {"id": name.lower(), "born": "2026-03-01", "registered_s": T0}
    return Baby(name=name, species="kitten", **(known | how))


# ------------------------------------------------------------------ typed weights


def test_a_typed_weight_is_a_weighing_of_now():
    nursery = Nursery()
    said = nursery.ask("weigh", T0 + 60, baby="Ash", grams=205.0)[0]
    assert isinstance(said, WeighIn)
    assert nursery.claims.records[0].weighings == [
        Weighing(
            step_id=f"{step_id(T0 + 60)}-ash", t_s=T0 + 60, baby="Ash", weight_g=205.0,
            sigma_g=1.0, origin="typed", stamp="clock",
        )
    ]  # fmt: skip
    assert nursery.tracker.best().weights[0].g == 205.0


def test_a_typed_weight_has_the_time_that_the_person_gives():
    nursery = Nursery()
    nursery.ask("weigh", T0, baby="ash", grams=205.0, at=rfc3339(T0 - 7200))
    (weighing,) = nursery.claims.records[0].weighings
    assert (weighing.t_s, weighing.stamp) == (T0 - 7200, "person")


def test_without_a_clock_the_time_of_a_typed_weight_is_a_guess():
    nursery = Nursery()
    nursery.claims.state.clock_known = False
    nursery.ask("weigh", baby="Ash", grams=205.0)
    assert nursery.claims.records[0].weighings[0].stamp == "guess"


def test_an_older_weight_does_not_change_what_it_should_weigh_now():
    nursery = Nursery()
    nursery.ask("weigh", T0, baby="Ash", grams=210.0)
    nursery.ask("weigh", T0, baby="Ash", grams=205.0, at=rfc3339(T0 - 3600))
    assert nursery.weights() == [(-3600.0, 205.0), (0.0, 210.0)]
    assert nursery.tracker.best().weights[0].g == 210.0
    nursery.ask("weigh", T0, baby="Ash", grams=211.0, at=rfc3339(T0))
    assert nursery.tracker.best().weights[0].g == 211.0


def test_a_time_that_cannot_be_is_refused_where_the_clock_is_known():
    ahead, old = rfc3339(T0 + 3601), rfc3339(T0 - 400 * DAY_S - 1)
    nursery = Nursery()
    assert nursery.refused("weigh", baby="Ash", grams=200.0, at=ahead) == (
        '"at" has not come yet: check the date, and the clock of the Pi'
    )
    assert nursery.refused("weigh", baby="Ash", grams=200.0, at=old) == (
        '"at" is more than a year ago: check the date'
    )
    assert nursery.weights() == []
    nursery.ask("weigh", baby="Ash", grams=200.0, at=rfc3339(T0 + 3600))
    nursery.ask("weigh", baby="Ash", grams=200.0, at=rfc3339(T0 - 400 * DAY_S), confirm=True)
    nursery.claims.state.clock_known = False
    nursery.ask("weigh", baby="Ash", grams=200.0, at=ahead)
    nursery.ask("weigh", baby="Ash", grams=200.0, at=old, confirm=True)
    assert len(nursery.weights()) == 4


def test_an_imported_weight_has_any_time():
    nursery = Nursery()
    old = rfc3339(T0 - 500 * DAY_S)
    nursery.ask("weigh", origin="import", baby="Ash", grams=200.0, at=old, confirm=True)
    assert nursery.claims.records[0].weighings[0].origin == "imported"


def test_a_hundred_weights_a_day_may_be_typed_for_one_baby():
    nursery = Nursery()
    for k in range(100):
        at = rfc3339(T0 + k)
        nursery.ask("weigh", T0 + DAY_S, baby="Ash", grams=200.0, at=at)
    assert nursery.refused("weigh", T0 + DAY_S, baby="Ash", grams=200.0, at=rfc3339(T0 + 100)) == (
        "100 weighings are typed for that day already: correct those"
    )
    nursery.ask("weigh", T0 + DAY_S, baby="Bee", grams=150.0, at=rfc3339(T0 + 100))
    nursery.ask("weigh", T0 + DAY_S, baby="Ash", grams=200.0, at=rfc3339(T0 + DAY_S / 2 + 0.0))


def test_nobody_called_that_is_refused_with_who_is_known():
    assert Nursery().refused("weigh", baby="Cy", grams=200.0) == (
        "no baby called 'Cy' here (known: Ash, Bee)"
    )


# ------------------------------------------------------------------ a weight that cannot be meant


def test_a_weight_in_another_unit_is_questioned():
    nursery = Nursery()
    assert nursery.refused("weigh", baby="Ash", grams=7.0) == (
        "7 g for Ash, who weighed 200 g: did you mean 7 ounces (198 g)? "
        'Send it with its unit, or confirm it (--confirm, or "confirm": true)'
    )
    assert nursery.refused("weigh", baby="Ash", grams=0.2) == (
        "0.2 g for Ash, who weighed 200 g: did you mean 0.2 kilograms (200 g)? "
        'Send it with its unit, or confirm it (--confirm, or "confirm": true)'
    )
    assert "0.5 pounds (227 g)" in nursery.refused("weigh", baby="Ash", grams=0.5)
    assert nursery.weights() == []


@pytest.mark.parametrize("grams", [200.0 / 1.34 / 28.35, 200.0 * 1.34 / 28.35])
def test_a_unit_is_named_when_it_fits_by_a_third(grams):
    assert "ounces" in Nursery().refused("weigh", baby="Ash", grams=grams)


@pytest.mark.parametrize("grams", [200.0 / 1.36 / 28.35, 200.0 * 1.36 / 28.35, 2000.0])
def test_a_number_that_fits_no_unit_is_to_be_checked(grams):
    assert Nursery().refused("weigh", baby="Ash", grams=grams) == (
        f"{round(grams, 2):g} g for Ash, who was registered with 200 g: which is wrong? "
        'Check the number, or, if 200 g was, confirm this one (--confirm, or "confirm": true)'
    )


@pytest.mark.parametrize("days", [0, 5, 30, 60])
def test_the_longer_ago_the_further_a_weight_may_be(days):
    """A ratio of 1.6, growing by 8 % a day to thirty days."""
    allowed = 1.6 * math.exp({0: 0.0, 5: 0.4}.get(days, 2.4))
    nursery, now_s = Nursery(), T0 + days * DAY_S
    for grams in (200.0 * allowed * 0.999, 200.0 / allowed * 1.001):
        assert nursery.doubt(grams, now_s) is None
    for grams in (200.0 * allowed * 1.001, 200.0 / allowed * 0.999):
        assert nursery.doubt(grams, now_s) is not None


def test_a_weight_is_compared_with_the_nearest_in_time():
    nursery = Nursery()
    record = nursery.claims.records[0]
    for day, grams in ((0, 200.0), (20, 500.0)):
        record.put(
            Weighing(step_id=f"{day}", t_s=T0 + day * DAY_S, baby="Ash", weight_g=grams, sigma_g=1)
        )
    assert nursery.doubt(320.0, T0) is None
    assert nursery.doubt(321.0, T0) is not None
    assert nursery.doubt(320.0, T0 + 20 * DAY_S) is None
    assert nursery.doubt(312.0, T0 + 20 * DAY_S) is not None


def test_of_one_never_weighed_anything_a_baby_of_its_age_may_weigh_is_taken():
    nursery = Nursery(kitten("Ash"))
    record = nursery.claims.records[0]
    newborn_g, _ = REFERENCE.span_g(record.baby, 0.0)
    _, most_g = REFERENCE.span_g(record.baby, record.age_day(T0))
    for grams in (newborn_g / 2, 4 * most_g):
        assert nursery.doubt(grams, T0) is None
    for grams in (newborn_g / 2 - 0.1, 4 * most_g + 0.1):
        assert (nursery.doubt(grams, T0) or "").startswith(
            f"{grams:g} g is far from any kitten of this age: "
        )


def test_without_a_time_of_registration_no_time_has_passed():
    nursery = Nursery(kitten("Ash", weight_g=200.0, registered_s=None))
    assert nursery.doubt(320.0, T0 + 30 * DAY_S) is None
    assert nursery.doubt(321.0, T0 + 30 * DAY_S) is not None


def test_what_a_person_confirms_is_kept_unless_no_baby_weighs_that():
    nursery = Nursery()
    nursery.ask("weigh", baby="Ash", grams=2000.0, confirm=True)
    assert nursery.weights() == [(0.0, 2000.0)]
    for grams in (4.9, 20_001.0):
        assert nursery.refused("weigh", baby="Ash", grams=grams, confirm=True) == (
            f'"grams" is {grams:g}: a baby weighs 5 to 20000 g'
        )
    nursery.ask("weigh", T0 + 1, baby="Ash", grams=5.0, confirm=True)
    nursery.ask("weigh", T0 + 2, baby="Ash", grams=20_000.0, confirm=True)


# ------------------------------------------------------------------ one step


def test_a_step_is_given_to_a_baby_or_to_nobody():
    nursery = Nursery(kitten("Ash", weight_g=200.0), kitten("Bee", weight_g=200.5))
    key = nursery.step(-200.2)
    assert nursery.weights(0) == nursery.weights(1) == []
    nursery.ask("assign", step_id=key, baby="Bee")
    assert nursery.weights(1) == [(60.0, pytest.approx(200.2))]
    for word in ("nobody", "Object", "none", ""):
        nursery.ask("assign", step_id=key, baby=word)
        assert nursery.weights(1) == []
        nursery.ask("assign", step_id=key, baby="Bee")


def test_a_step_nobody_knows_is_refused():
    nursery = Nursery()
    expected = "no weighing 'zz' in the last days: check the id"
    assert nursery.refused("assign", step_id="zz", baby="Ash") == expected
    assert nursery.refused("correct", step_id="zz", void=True) == expected
    assert nursery.refused("correct", step_id="zz", grams=200.0) == (
        "nobody is named for 'zz' yet: give \"baby\" as well"
    )


def test_the_grams_of_a_named_step_are_corrected():
    nursery = Nursery()
    key = nursery.step(-199.0)
    assert nursery.weights() == [(60.0, 199.0)]
    nursery.ask("correct", step_id=key, grams=198.0)
    assert nursery.weights() == [(60.0, 198.0)]
    assert nursery.refused("correct", step_id=key, grams=4.0) == (
        '"grams" is 4: a baby weighs 5 to 20000 g'
    )
    nursery.ask("correct", step_id=key, void=True)
    assert nursery.weights() == []


def test_a_step_is_corrected_to_another_baby():
    nursery = Nursery(kitten("Ash", weight_g=200.0), kitten("Bee", weight_g=180.0))
    key = nursery.step(-199.0)
    nursery.ask("correct", step_id=key, baby="Bee", grams=197.0)
    assert (nursery.weights(0), nursery.weights(1)) == ([], [(60.0, 197.0)])
    nursery.ask("correct", step_id=key, baby="Ash")
    assert (nursery.weights(0), nursery.weights(1)) == ([(60.0, 199.0)], [])


def test_a_question_needs_a_baby_beside_the_grams():
    nursery = Nursery(kitten("Ash", weight_g=200.0), kitten("Bee", weight_g=200.5))
    key = nursery.step(-200.2)
    assert "nobody is named" in nursery.refused("correct", step_id=key, grams=200.0)
    nursery.ask("correct", step_id=key, grams=201.0, baby="Ash")
    assert nursery.weights(0) == [(60.0, 201.0)]


def test_nobody_is_asked_about_a_baby_that_left_and_a_rename_reaches_the_question():
    nursery = Nursery(kitten("Ash", weight_g=200.0), kitten("Bee", weight_g=200.5))
    key = nursery.step(-200.2)
    nursery.ask("baby_edit", name="Bee", rename="Ada")
    asked_about = nursery.claims.state.pending[key].candidates
    assert sorted(c.baby for c in asked_about) == ["Ada", "Ash"]
    nursery.ask("baby_retire", name="Ash")
    assert [c.baby for c in nursery.claims.state.pending[key].candidates] == ["Ada"]


# ------------------------------------------------------------------ one typed weight


def test_a_typed_weight_is_corrected_moved_and_taken_out():
    nursery = Nursery()
    nursery.ask("weigh", baby="Bee", grams=151.0)
    key = nursery.claims.records[1].weighings[0].step_id
    nursery.ask("correct", step_id=key, grams=152.0)
    assert nursery.weights(1) == [(0.0, 152.0)]
    nursery.ask("correct", step_id=key, baby="Ash")
    assert (nursery.weights(0), nursery.weights(1)) == ([(0.0, 152.0)], [])
    assert nursery.claims.records[0].weighings[0].baby == "Ash"
    assert nursery.claims.records[0].weighings[0].step_id == key
    assert nursery.refused("correct", step_id=key, grams=4.0).startswith('"grams" is 4')
    assert nursery.ask("correct", step_id=key, void=True) == [
        Retraction(t_s=T0, step_id=key, why="taken out by hand")
    ]
    assert nursery.weights(0) == []


def test_growth_of_both_is_told_when_a_typed_weight_moves_from_one_to_the_other():
    nursery = Nursery()
    nursery.ask("weigh", T0, baby="Ash", grams=200.0)
    nursery.ask("weigh", T0 + DAY_S, baby="Ash", grams=210.0)
    nursery.ask("weigh", T0 + 2 * DAY_S, baby="Ash", grams=150.0)
    key = nursery.claims.records[0].weighings[2].step_id
    events = nursery.ask("correct", T0 + 2 * DAY_S, step_id=key, baby="Bee")
    assert [type(e).__name__ for e in events] == ["WeighIn", "Growth", "Growth"]
    assert [e.baby for e in events] == ["Bee", "Bee", "Ash"]


# ------------------------------------------------------------------ who is here


def test_a_baby_comes():
    nursery = Nursery()
    (event,) = nursery.ask(
        "baby_add", T0 + 60, name="Cy", species="puppy", born="2026-03-09", weight_g=300.0,
        adult_weight_kg=8.0,
    )  # fmt: skip
    baby = Baby(
        id=step_id(T0 + 60), name="Cy", species="puppy", born="2026-03-09", weight_g=300.0,
        adult_weight_kg=8.0, registered_s=T0 + 60,
    )  # fmt: skip
    assert event == RosterChanged(t_s=T0 + 60, baby=baby)
    assert [b.name for b in nursery.roster.here] == ["Ash", "Bee", "Cy"]
    assert nursery.tracker.p_inside(2) == pytest.approx(0.5)
    assert nursery.tracker.best().weights[2].g == 300.0


def test_two_that_come_in_one_second_have_two_ids():
    nursery = Nursery()
    ids = [
        nursery.ask("baby_add", T0, name=name, species="kitten")[0].baby.id
        for name in ("Cy", "Dot", "Eve")
    ]
    first = step_id(T0)
    assert ids == [first, f"{first}-2", f"{first}-3"]


@pytest.mark.parametrize("name", ["Ash", "ASH", "ash"])
def test_a_name_is_had_once(name):
    assert Nursery().refused("baby_add", name=name, species="kitten") == (
        "Ash is already here: choose another name"
    )


def test_twelve_babies_are_the_most():
    nursery = Nursery()
    for k in range(10):
        nursery.ask("baby_add", T0 + k, name=f"Kit {k}", species="kitten")
    assert nursery.refused("baby_add", name="One more", species="kitten") == (
        "12 babies are here, which is the most: retire who has left"
    )
    nursery.ask("baby_retire", name="Ash")
    nursery.ask("baby_add", T0 + 99, name="One more", species="kitten")


def test_forty_babies_may_have_come_and_gone():
    gone = [kitten(f"Old {k}", retired_s=T0) for k in range(39)]
    nursery = Nursery(*gone)
    nursery.ask("baby_add", name="Last", species="kitten")
    assert nursery.refused("baby_add", name="More", species="kitten") == (
        "40 babies have come and gone since the start: restart the monitor"
    )


@pytest.mark.parametrize(
    ("born", "refusal"),
    [
        ("2026-03-11", None),
        ("2026-03-12", '"born" is 2026-03-12, which has not come yet: check the date'),
        ("2016-03-12", None),
        ("2016-03-11", '"born" is 2016-03-11, which is more than ten years ago: check the date'),
    ],
)
def test_a_day_of_birth_is_one_that_can_be(born, refusal):
    nursery = Nursery()
    for verb, args in (
        ("baby_add", {"name": "Cy", "species": "kitten"}),
        ("baby_edit", {"name": "Ash"}),
    ):
        if refusal is None:
            nursery.ask(verb, born=born, **args)
        else:
            assert nursery.refused(verb, born=born, **args) == refusal


@pytest.mark.parametrize(
    ("species", "grams", "says"),
    [
        ("kitten", 8.6, "did you mean 8.6 ounces (244 g)?"),
        ("kitten", 4.0, "did you mean 4 ounces (113 g)?"),
        ("kitten", 0.244, "did you mean 0.244 kilograms (244 g)?"),
        ("kitten", 19_500.0, "check the number"),
        ("puppy", 9.0, "did you mean 9 ounces (255 g)?"),
        ("puppy", 19_500.0, "check the number"),
    ],
)
def test_a_weight_at_registration_is_doubted_like_any_other(species, grams, says):
    nursery = Nursery()
    for more in ({}, {"born": "2026-03-02"}):
        args = {"name": "Cy", "species": species, "weight_g": grams, **more}
        refusal = nursery.refused("baby_add", **args)
        assert f"{grams:g} g is far from any {species}" in refusal
        if not more:
            assert says in refusal
    assert len(nursery.roster.here) == 2
    if 5.0 <= grams <= 20_000.0:
        nursery.ask("baby_add", name="Cy", species=species, weight_g=grams, confirm=True)
        assert nursery.claims.records[2].weight_g == grams


@pytest.mark.parametrize(
    ("species", "grams"), [("kitten", 45.0), ("kitten", 1900.0), ("puppy", 70.0), ("puppy", 9000.0)]
)
def test_a_small_and_a_large_one_are_registered_without_a_question(species, grams):
    Nursery().ask("baby_add", name="Cy", species=species, weight_g=grams)


def test_what_no_baby_weighs_is_refused_whatever_anybody_confirms():
    expected = '"weight_g" is {}: a baby weighs 5 to 20000 g'
    for grams in (4.0, 20_001.0):
        how = {"weight_g": grams, "confirm": True}
        assert Nursery().refused("baby_add", name="Cy", species="kitten", **how) == (
            expected.format(f"{grams:g}")
        )
        assert Nursery().refused("baby_edit", name="Ash", **how) == expected.format(f"{grams:g}")


def test_a_later_weight_asks_which_of_the_two_is_wrong():
    nursery = Nursery()
    nursery.ask("baby_add", name="Ginger", species="kitten", weight_g=9.0, confirm=True)
    assert nursery.refused("weigh", baby="Ginger", grams=244.0) == (
        "244 g for Ginger, who was registered with 9 g (meant as 9 ounces (255 g)?): which is "
        "wrong? Check the number, or, if 9 g was, confirm this one "
        '(--confirm, or "confirm": true)'
    )
    nursery.ask("weigh", baby="Ginger", grams=244.0, confirm=True)
    nursery.ask("weigh", T0 + DAY_S, baby="Ginger", grams=252.0)
    assert nursery.weights(2) == [(0.0, 244.0), (DAY_S, 252.0)]
    assert "who weighed 252 g: did you mean 9 ounces" in nursery.refused(
        "weigh", T0 + DAY_S, baby="Ginger", grams=9.0
    )


def test_a_typed_slip_that_was_confirmed_is_named_by_its_id():
    nursery = Nursery()
    nursery.ask("weigh", baby="Ash", grams=7.0, confirm=True)
    (slip,) = nursery.claims.records[0].weighings
    assert f"(meant as 7 ounces (198 g)?): which is wrong? Correct {slip.step_id}" in (
        nursery.refused("weigh", T0 + 60, baby="Ash", grams=201.0)
    )


def test_a_registered_weight_is_put_right_and_looked_for_on_the_scale():
    nursery = Nursery(kitten("Ash", weight_g=9.0), kitten("Bee", weight_g=150.0))
    nursery.ask("baby_edit", name="Ash", weight_g=244.0)
    assert nursery.claims.records[0].baby.weight_g == 244.0
    key = nursery.step(-244.0)
    assert nursery.claims.state.published[key].baby == 0


def test_a_baby_is_renamed_in_everything_that_is_known_of_it():
    nursery = Nursery()
    nursery.ask("weigh", baby="Ash", grams=200.0)
    (event, *_) = nursery.ask("baby_edit", T0 + 9, name="Ash", rename="Ada", born="2026-03-05")
    assert isinstance(event, RosterChanged)
    assert (event.t_s, event.baby.name, event.baby.born) == (T0 + 9, "Ada", "2026-03-05")
    assert (event.baby.id, event.baby.weight_g) == ("ash", 200.0)
    assert nursery.claims.records[0].weighings[0].baby == "Ada"
    assert (
        nursery.roster.find("Ada") == nursery.roster.find("ada") == nursery.roster.find("ash") == 0
    )
    assert nursery.refused("baby_edit", name="Bee", rename="Ada").startswith("Ada is already here")
    nursery.ask("baby_edit", name="Ada", rename="ADA")


def test_what_is_left_out_of_an_edit_stays():
    nursery = Nursery()
    (event, *_) = nursery.ask("baby_edit", name="Ash", adult_weight_kg=4.0)
    assert (event.baby.name, event.baby.born, event.baby.adult_weight_kg) == (
        "Ash", "2026-03-01", 4.0,
    )  # fmt: skip


def test_that_it_nurses_or_eats_solids_is_kept_until_somebody_says_otherwise():
    nursery = Nursery()
    (event, *_) = nursery.ask("baby_add", name="Cas", species="kitten", also_nurses=True)
    assert (event.baby.also_nurses, event.baby.weaning) == (True, None)
    (event, *_) = nursery.ask("baby_edit", name="Cas", weaning=True)
    assert (event.baby.also_nurses, event.baby.weaning) == (True, True)
    (event, *_) = nursery.ask("baby_edit", name="Cas", also_nurses=False)
    assert (event.baby.also_nurses, event.baby.weaning) == (False, True)


def test_one_that_left_is_not_here_and_its_name_is_free():
    nursery = Nursery()
    (event,) = nursery.ask("baby_retire", T0 + 60, name="Ash")
    assert (event.t_s, event.baby.name, event.baby.retired_s) == (T0 + 60, "Ash", T0 + 60)
    assert [b.name for b in nursery.roster.here] == ["Bee"]
    assert nursery.tracker.p_inside(0) == 0.0
    assert nursery.refused("baby_retire", name="Ash") == "no baby called 'Ash' here (known: Bee)"
    nursery.ask("baby_add", T0 + 70, name="Ash", species="kitten")
    nursery.ask("baby_retire", name="Ash")
    nursery.ask("baby_retire", name="Bee")
    assert nursery.refused("weigh", baby="Bee", grams=1.0).endswith("(known: nobody yet)")


def test_another_verb_is_none_about_weights():
    assert Nursery().refused("tare") == "tare is not about weights or babies"


# ------------------------------------------------------------------ what is known at first


def test_at_first_a_baby_weighs_what_it_last_did():
    record = BabyRecord(baby=kitten("Ash", weight_g=150.0))
    record.put(
        Weighing(step_id="a", t_s=T0 - 60, baby="Ash", weight_g=200.0, sigma_g=1.5, move="lift")
    )
    found = first_estimate(record, REFERENCE, T0)
    assert (found.g, found.t_s, found.gut_g) == (200.0, T0 - 60, 0.0)
    assert found.sd_g == pytest.approx(2.5)
    record.put(
        Weighing(step_id="b", t_s=T0 - 30, baby="Ash", weight_g=210.0, sigma_g=1.5, move="return")
    )
    assert first_estimate(record, REFERENCE, T0).gut_g == pytest.approx(8.4)


def test_else_what_it_was_registered_with_else_what_its_age_weighs():
    registered = BabyRecord(baby=kitten("Ash", weight_g=150.0, registered_s=T0 - HOUR_S))
    found = first_estimate(registered, REFERENCE, T0)
    assert (found.g, found.sd_g, found.t_s, found.gut_g) == (150.0, 4.0, T0 - HOUR_S, 0.0)
    assert first_estimate(registered, REFERENCE, T0 - 2 * HOUR_S).t_s == T0 - 2 * HOUR_S
    untimed = BabyRecord(baby=kitten("Ash", weight_g=150.0, registered_s=None))
    assert first_estimate(untimed, REFERENCE, T0).t_s == T0
    unknown = BabyRecord(baby=kitten("Ash"))
    low, median, high = unknown.expected(REFERENCE, T0).weight_g
    found = first_estimate(unknown, REFERENCE, T0)
    assert (found.g, found.t_s, found.gut_g) == (median, T0, 0.0)
    assert found.sd_g == pytest.approx(max(0.4 * (high - low), 0.3 * median))


# ------------------------------------------------------------------ things


def changes(events: list) -> list[tuple[str, bool]]:
    return [(e.name, e.known) for e in events if isinstance(e, ThingChanged)]


def test_a_step_is_given_to_a_thing_and_the_sentence_says_who_said_so():
    nursery = Nursery()
    key = nursery.step(-200.2)
    events = nursery.ask("assign", step_id=key, object="hot-water bottle")
    assert changes(events) == [("hot-water bottle", True)]
    (gone,) = [e for e in events if isinstance(e, Retraction)]
    assert gone.why == "somebody said that it was the hot-water bottle, no baby"
    (moved,) = [e for e in events if isinstance(e, ObjectMoved)]
    assert (moved.name, moved.delta_g, moved.step_id) == (
        "hot-water bottle",
        pytest.approx(-200.2),
        key,
    )
    assert nursery.weights() == []


def test_what_follows_from_an_answer_says_so():
    nursery = Nursery()
    first = nursery.step(-200.2)
    second = nursery.step(+207.0, 900.0)
    events = nursery.ask("assign", step_id=first, object="sock")
    assert {e.step_id: e.why for e in events if isinstance(e, Retraction)} == {
        first: "somebody said that it was the sock, no baby",
        second: f"it follows from what somebody said of {first}",
    }
    assert nursery.claims.records[0].feeds == []


def test_the_same_thing_is_meant_by_its_name_in_any_way_of_answering():
    nursery = Nursery()
    first, second = nursery.step(-200.2), nursery.step(+207.0, 900.0)
    nursery.ask("assign", step_id=first, object="Rice sock")
    assert changes(nursery.ask("assign", step_id=second, object="RICE SOCK")) == []
    assert changes(nursery.ask("assign", step_id=second, baby="rice sock")) == []
    assert [thing.name for thing in nursery.things.known()] == ["Rice sock"]


@pytest.mark.parametrize(
    "said", [{"baby": "object"}, {"baby": "A thing"}, {"object": "thing"}, {"baby": "Not a baby"}]
)
def test_a_thing_that_nobody_names_is_called_by_its_grams_and_known_all_the_same(said):
    nursery = Nursery()
    first, second = nursery.step(-200.2), nursery.step(+207.0, 900.0)
    assert changes(nursery.ask("assign", step_id=first, **said)) == [("thing of 200 g", True)]
    assert changes(nursery.ask("assign", step_id=second, **said)) == []
    assert changes(nursery.ask("assign", step_id=first, object="sock")) == [
        ("thing of 200 g", False),
        ("sock", True),
    ]
    assert [thing.name for thing in nursery.things.known()] == ["sock"]


def test_two_things_that_nobody_names_have_two_names():
    nursery = Nursery()
    heavy, light = nursery.step(-200.2), nursery.step(-150.1, 900.0)
    nursery.ask("assign", step_id=heavy, baby="object")
    assert changes(nursery.ask("assign", step_id=light, baby="object")) == [
        ("thing of 150 g", True)
    ]


def test_nobody_is_no_thing():
    nursery = Nursery()
    assert changes(nursery.ask("assign", step_id=nursery.step(-200.2), baby="nobody")) == []
    assert nursery.things.known() == []


def test_a_thing_is_not_called_like_a_baby_nor_a_baby_like_a_thing():
    nursery = Nursery()
    key = nursery.step(-200.2)
    assert "Ash is a baby here" in nursery.refused("assign", step_id=key, object="ash")
    nursery.ask("assign", step_id=key, object="Sock")
    refusal = "is a thing here: choose another name, or forget the thing first"
    assert refusal in nursery.refused("baby_add", name="sock", species="kitten")
    assert refusal in nursery.refused("baby_edit", name="Bee", rename="SOCK")


def test_eight_things_are_the_most_and_a_forgotten_one_makes_room():
    nursery = Nursery()
    keys = [nursery.step(-200.2 - 60 * k, 60.0 + 900.0 * k) for k in range(9)]
    for number, key in enumerate(keys[:8]):
        nursery.ask("assign", step_id=key, object=f"thing number {number}")
    refusal = "8 things are known, which is the most: forget one that is not used"
    assert nursery.refused("assign", step_id=keys[8], object="one more") == refusal
    assert changes(nursery.ask("thing_forget", name="Thing number 3")) == [
        ("thing number 3", False)
    ]
    assert changes(nursery.ask("assign", step_id=keys[8], object="one more"))


def test_a_thing_nobody_knows_is_refused_with_those_known():
    nursery = Nursery()
    assert nursery.refused("thing_forget", name="sock") == (
        "no thing called 'sock' is known (known: none yet)"
    )
    nursery.ask("assign", step_id=nursery.step(-200.2), object="bottle")
    assert "(known: bottle)" in nursery.refused("thing_forget", name="sock")
    assert "no weighing 'zz'" in nursery.refused("assign", step_id="zz", object="sock")
