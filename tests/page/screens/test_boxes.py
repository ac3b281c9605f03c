from __future__ import annotations

import msgspec

from monitor.page.screens import boxes
from tests.page.seeing import alert, baby, box, health, html, seen, shown


def listed(*several, **more):
    asked = msgspec.structs.replace(seen(), box=None, boxes=list(several), **more)
    return shown(boxes.show, asked).model["lines"]


def test_who_needs_a_person_first_stands_first():
    lines = listed(
        box(name="a-well"),
        box(name="b-practice", online=False, health=health() | {"practice": True}),
        box(name="c-warned", alerts=[alert()]),
        box(name="d-offline", online=False),
        box(name="e-deaf", health=health(microphone="failed")),
        box(name="f-critical", alerts=[alert(severity="critical", own_severity="critical")]),
        box(
            name="g-seen",
            alerts=[alert(severity="critical", own_severity="critical", state="acknowledged")],
        ),
    )
    assert [line.name for line in lines] == [
        "f-critical", "d-offline", "e-deaf", "c-warned", "g-seen", "a-well", "b-practice",
    ]  # fmt: skip
    assert lines[-1].practice
    assert [line.level for line in lines[:4]] == ["critical", "critical", "critical", "warning"]


def test_a_box_that_watches_nobody_is_never_said_to_be_well():
    (offline,) = listed(box(online=False, alerts=[]))
    assert offline.title == "The box is offline"
    assert offline.level == "critical"
    (unknown,) = listed(box(online=None))
    assert unknown.level == "critical"


def test_the_only_box_is_shown_itself_and_several_as_a_list():
    assert shown(boxes.first, seen()).template == "now.html"
    several = msgspec.structs.replace(seen(), box=None, boxes=[box(), box(name="other")])
    page = html(boxes.first, several)
    assert 'href="/boxes/other"' in page
    none = msgspec.structs.replace(seen(), box=None, boxes=[])
    assert shown(boxes.first, none).template == "no_box.html"


def test_a_box_says_how_many_alerts_it_has_beyond_those_listed():
    (line,) = listed(box(alerts=[alert(str(n), title=f"Alert {n}") for n in range(6)]))
    assert (line.title, line.alerts, line.more) == (
        "Alert 0", ["Alert 1", "Alert 2", "Alert 3"], 2,
    )  # fmt: skip


def test_how_many_boxes_are_in_each_state_is_counted():
    asked = msgspec.structs.replace(
        seen(),
        box=None,
        boxes=[
            box(name="a"),
            box(name="b", online=False),
            box(name="c", alerts=[alert()]),
            box(name="d", alerts=[alert(state="acknowledged")]),
            box(name="e", health=health() | {"practice": True}, online=False),
            box(name="f", received_s={}),
        ],
    )
    counted = shown(boxes.show, asked).model["counts"]
    assert dict(counted) == {"now": 1, "soon": 1, "open": 1, "watch": 1, "well": 1, "practice": 1}


def test_a_box_with_a_baby_to_keep_an_eye_on_does_not_stand_among_those_that_are_well():
    def watched(level):
        watch = {"level": level, "signs": ["drinks less"]}
        (line,) = listed(box(babies={"possum": baby(watch=watch), "ash": baby(name="Ash")}))
        return line.state, line.title, line.text

    assert watched("well") == ("well", "All is well", "")
    assert watched("watch") == ("watch", "Keep an eye on it", "Possum")
    assert watched("act") == ("soon", "Needs you now", "Possum")
