"""Whoever puts the messages into another language finds every one of them (``sentences.py``)."""

import re
from pathlib import Path

import numpy as np
import pytest

from monitor.core.health.codes import CodeWatch
from monitor.core.health.host import HostHealth
from monitor.core.health.identity import IdentityConflict
from monitor.core.health.link import LinkHealth
from monitor.events import Condition, HostReport, IdentityReport, LinkReport, ScaleBlock
from monitor.names import SOURCES
from tests.sentences import Sentence, sentences

T = 1_000_000.0
KEPT = sorted((Path(__file__).parent / "golden").glob("*.txt"))
NAMES = {"Castor", "Pollux", "Kangaroo", "Possum"}
UNITS = {"min", "MB"}
SINGLE = {"kitten", "puppy"} | {word.lower() for words in SOURCES.values() for word in words}
"""words that stand alone: of a species, and what a source is called and is when it is blind"""
FRAGMENTS_END = re.compile(r"\{[^{}]*\}|[:;.,?()]")

ALL = sentences()


def fragments(of: list[Sentence]) -> list[str]:
    """What stands between the placeholders and the marks of every sentence, longest first."""
    found = {part.strip() for each in of for part in FRAGMENTS_END.split(each.text)}
    return sorted((part for part in found if len(part) > 1), key=len, reverse=True)


def left_over(message: str, of: list[Sentence]) -> set[str]:
    """The words of a message that no sentence of the list accounts for."""
    for fragment in fragments(of):
        begins = r"(?<!\w)" if fragment[0].isalnum() else ""
        message = re.sub(rf"{begins}{re.escape(fragment)}(?!\w)", " ", message)
    left = {word for word in re.findall(r"\b[A-Za-z]{2,}\b", message) if word.lower() not in SINGLE}
    return left - NAMES - UNITS


def kept_alerts() -> list[str]:
    """What alerts say in the golden nights."""
    lines = [line for path in KEPT for line in path.read_text().splitlines()]
    return [line.partition("] ")[2] for line in lines if " ALERT " in line]


def words(conditions: list[Condition]) -> list[str]:
    return [f"{c.title}. {c.message} {c.all_clear}" for c in conditions]


def of_the_computer() -> list[str]:
    health = HostHealth()
    bad = {"under_voltage": True, "throttled": True, "temperature_c": 90.0, "disk_free_bytes": 10}
    for after_s in range(0, 7200, 60):
        health.observe(HostReport(T + after_s, clock_known=False, **bad))
    return words(health.conditions(T + 7200))


def of_the_link() -> list[str]:
    link = LinkHealth()
    link.observe(LinkReport(T, connected=True, takes_alerts=False, hears_commands=False))
    away = LinkHealth()
    away.observe(LinkReport(T, away_s=1e4, silent_s=1e4))
    return words(link.conditions()) + words(away.conditions())


def of_another_box() -> list[str]:
    conflict = IdentityConflict("attic")
    conflict.observe(IdentityReport(T, ["twin", "namesake", "taken_over", "copied", "found"]))
    return [text.replace("attic", "") for text in words(conflict.conditions())]


def of_the_converter() -> list[str]:
    return [CodeWatch().observe(ScaleBlock(T + np.arange(10.0), np.full(10, 2.0**23 - 1)))]


@pytest.mark.parametrize(
    "told", [kept_alerts, of_the_computer, of_the_link, of_another_box, of_the_converter]
)
def test_every_word_that_is_told_is_in_the_list(told) -> None:
    messages = told()
    assert messages
    for message in messages:
        assert left_over(message, ALL) == set(), message


def test_the_list_has_no_docstring_and_no_error_of_a_file() -> None:
    texts = {each.text for each in ALL}
    assert not any(text.startswith(("What the ", "this cry model")) for text in texts)


def test_without_the_file_that_words_it_a_message_is_not_accounted_for() -> None:
    rest = [each for each in ALL if each.path != "monitor/core/health/codes.py"]
    assert {left_over(text, rest) != set() for text in of_the_converter()} == {True}
