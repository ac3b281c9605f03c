"""What is new is what one CHANGELOG says and the other does not, in plain words."""

from monitor.verbs.news import as_list, news, own_changelog, points

BEFORE = """# Changes

* The page shows the night.
  In two languages.
"""
AFTER = """# Changes

What a rescuer notices.

## 0.2.0

* A new card goes on with `nursery restore FILE`: see
  [the service](docs/service.md#backup).

## 0.1.0

* The page shows the night.
  In two languages.
"""


def test_only_the_new_points_are_told_without_marks() -> None:
    assert news(BEFORE, AFTER) == ["A new card goes on with nursery restore FILE: see the service."]
    assert news(AFTER, AFTER) == []


def test_a_point_is_wrapped_for_a_terminal() -> None:
    told = as_list(["word " * 40, "short"])
    assert max(map(len, told.splitlines())) <= 80
    assert told.splitlines()[-1] == "  * short"


def test_the_program_s_own_changelog_is_found_and_read() -> None:
    assert len(points(own_changelog())) > 20
