import pytest

from monitor.codec import converted, document, encode_line, event_document
from monitor.documents import BabyStatus
from monitor.events import Alert, Retraction, WeighIn, Weighing, slug
from monitor.times import parse_rfc3339, rfc3339

T = 1_767_225_600.0


def test_an_event_leads_with_what_and_when() -> None:
    event = WeighIn(
        t_s=T + 90.5, baby="Possum", move="lift", weight_g=112.0449, sigma_g=0.41,
        confidence=0.9871,
        step_id="a1",
    )  # fmt: skip
    line = encode_line(event_document(event, start_s=T))
    assert line.startswith('{"event":"weigh_in","at":"2026-01-01T00:01:30.500Z","t_s":90.5,')
    assert '"weight_g":112.04' in line
    assert '"confidence":0.9871' in line


def test_the_alert_of_the_contract() -> None:
    alert = Alert(
        t_s=T + 60, id="i", kind="crying", state="raised", severity="warning", baby=None, since=T,
        title="t", message="m", why="w", box="b",
    )  # fmt: skip
    fields = event_document(alert, start_s=T)
    assert fields["since"] == "2026-01-01T00:00:00Z"
    assert fields["at"] == "2026-01-01T00:01:00Z"
    assert {"event", "id", "kind", "state", "severity", "baby", "since", "at", "title", "message",
            "why", "box"} <= set(fields)  # fmt: skip


def test_unknown_is_null() -> None:
    fields = document(BabyStatus(name="Possum", species="puppy", weighed_at=T))
    assert fields["weight_g"] is None
    assert fields["weighed_at"] == "2026-01-01T00:00:00Z"
    assert "null" in encode_line(fields)


def test_not_a_number_never_leaves() -> None:
    fields = document(BabyStatus(name="P", species="puppy", weight_g=float("nan")))
    assert fields["weight_g"] is None


def test_times_round_trip() -> None:
    assert parse_rfc3339(rfc3339(T + 0.25)) == T + 0.25
    with pytest.raises(ValueError, match="zone"):
        parse_rfc3339("2026-01-01T00:00:00")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Possum", "possum"),
        ("Kangaroo Jr.", "kangaroo_jr"),
        ("Zoë/#+", "zoe"),
        ("  a--b ", "a_b"),
        ("🐱", "baby_1f431"),
    ],
)
def test_slugs(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_a_struct_takes_over_what_another_has_under_the_same_name() -> None:
    """Of several the later ones win; what the new one does not know is left out."""
    weighing = Weighing(
        step_id="s", t_s=T, baby="Possum", weight_g=112.0, sigma_g=0.4, move="lift", stamp="guess"
    )
    made = converted(WeighIn, weighing, confidence=0.5)
    assert made == WeighIn(
        t_s=T, baby="Possum", move="lift", weight_g=112.0, sigma_g=0.4, confidence=0.5,
        step_id="s", stamp="guess",
    )  # fmt: skip
    retracted = converted(Retraction, weighing, made, why="another's")
    assert retracted == Retraction(t_s=T, step_id="s", why="another's")
    assert converted(WeighIn, made, converted(WeighIn, made, baby="Mia")).baby == "Mia"
    with pytest.raises(TypeError, match="why"):
        converted(Retraction, weighing)
