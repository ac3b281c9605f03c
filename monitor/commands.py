"""What a person can ask for: one typed request a verb.

The union ``Request`` is the only list of verbs: fields, limits and defaults stand in the types, for
every way in (broker, inbox, command line, button). ``written.requests`` reads them; whether a
request makes sense now (who is here, what is open, which weight can be meant) is for the core to
say.
"""

from __future__ import annotations

from typing import Any, cast, get_args

import msgspec

from monitor.alert_kinds import AlertKind
from monitor.errors import CommandError
from monitor.names import THINGS, HistoryKind, NoteKind, Species, check_name
from monitor.written.degrees import parse_celsius
from monitor.written.fields import (
    AdultKg,
    At,
    BoxName,
    Day,
    Filled,
    Grams,
    MilkGrams,
    Minutes,
    PageItems,
    Since,
    SummaryHours,
    Text,
    Until,
    moment_s,
)
from monitor.written.setup_requests import BabyGive, BabyTake, SetupRequest
from monitor.written.verb import Verb, verb_of

SNOOZE_MIN = 30.0
SUMMARY_H = 12.0


class AtATime(Verb, frozen=True):
    """Base of those with a field ``at`` (left out: now); a time that is none is refused."""

    def __post_init__(self) -> None:
        """Look at the time."""
        _ = self.at_s

    @property
    def at_s(self) -> float | None:
        """``at`` in Unix seconds."""
        return moment_s(cast("Any", self).at)


class Acknowledge(Verb, frozen=True, kw_only=True, tag="acknowledge"):
    """An alert was seen; without ``id`` every open one."""

    id: Text | None = None
    token: Text | None = None
    """of the button on a push, instead of ``id``: it names its own alert, once"""
    kind: AlertKind | None = None
    """instead of ``id``, for a card that stands for a kind: every open one of it"""
    baby: Text | None = None
    """with ``kind``: only those about this baby"""

    def __post_init__(self) -> None:
        """It says one of them."""
        given = [self.id is not None, self.token is not None, self.kind is not None]
        if sum(given) > 1:
            raise CommandError('acknowledge takes one of "id", "token" and "kind", not two')
        if self.baby is not None and self.kind is None:
            raise CommandError('acknowledge takes "baby" with "kind" only')


class Snooze(Verb, frozen=True, kw_only=True, tag="snooze"):
    """Say it again later; without ``id`` every open alert."""

    id: Text | None = None
    minutes: Minutes = SNOOZE_MIN


class NotACry(Verb, frozen=True, kw_only=True, tag="not_a_cry"):
    """Somebody listened: the crying alert that is open was none."""

    id: Text | None = None


class SendTestAlert(Verb, frozen=True, kw_only=True, tag="test_alert"):
    """Raise an alert that says that it is a test."""


class Tare(Verb, frozen=True, kw_only=True, tag="tare"):
    """What lies in the empty box now belongs to the box."""


class ExpectWeighIn(Verb, frozen=True, kw_only=True, tag="weigh_in"):
    """The next baby lifted out or put back is weighed, not fed."""

    cancel: bool = False


class Assign(Verb, frozen=True, kw_only=True, tag="assign"):
    """The answer to "who was it?": a baby, one of ``names.NOBODY``, or a thing by its name."""

    step_id: Filled
    baby: Text | None = None
    """a thing that is known already may be named here as well: one list of names to choose from"""
    object: Filled | None = None
    """a thing; one that has not been named before is known from then on"""

    def __post_init__(self) -> None:
        """It says one of them."""
        if self.baby is None and self.object is None:
            raise CommandError('assign needs "baby", or "object" for a thing')
        if self.baby is not None and self.object is not None:
            raise CommandError('assign takes either "baby" or "object", not both')
        if self.object is not None and self.object.lower() not in THINGS:
            check_name(self.object)


class ThingForget(Verb, frozen=True, kw_only=True, tag="thing_forget"):
    """A thing is no longer used: nobody is taken for it any more."""

    name: Filled


class Weigh(AtATime, frozen=True, kw_only=True, tag="weigh"):
    """A weight typed by hand."""

    baby: Filled
    grams: Grams
    at: At | None = None
    """now when it is left out"""
    confirm: bool = False
    """yes, it really weighs that"""


class FeedByHand(AtATime, frozen=True, kw_only=True, tag="feed"):
    """A bottle that the scale did not see; without ``grams`` it counts for the rhythm only."""

    baby: Filled
    grams: MilkGrams | None = None
    at: At | None = None
    """now when it is left out"""
    how: Text | None = None
    """such as "tube"; kept as it was said"""
    usual: bool = False
    """as much as it usually takes, where that is known and ``grams`` is left out"""
    confirm: bool = False
    """yes, it really took that much"""


class WriteNote(AtATime, frozen=True, kw_only=True, tag="note"):
    """A line of the care log, about one baby or about all of them."""

    kind: NoteKind
    baby: Filled | None = None
    value: Text | float | None = None
    text: Text | None = None
    at: At | None = None
    """now when it is left out"""

    def __post_init__(self) -> None:
        """A time that is none is refused, and a temperature that nobody has."""
        super().__post_init__()
        _ = self.said

    @property
    def said(self) -> str | float | None:
        """``value``; a temperature in degrees Celsius."""
        if self.kind != "temperature_c":
            return self.value
        try:
            return parse_celsius("" if self.value is None else f"{self.value}")
        except ValueError as error:
            raise CommandError(f'"value" {error}') from error


class Correct(Verb, frozen=True, kw_only=True, tag="correct"):
    """What was wrong with one weighing: who, how much, or that it ever was."""

    step_id: Filled
    baby: Filled | None = None
    grams: Grams | None = None
    void: bool = False
    confirm: bool = False
    """yes, it really took that much"""

    def __post_init__(self) -> None:
        """It says at least one of them."""
        if self.baby is None and self.grams is None and not self.void:
            raise CommandError('correct needs one of "grams", "baby" or "void"')


class BabyAdd(Verb, frozen=True, kw_only=True, tag="baby_add"):
    """A baby comes to the nursery."""

    name: Filled
    species: Species
    born: Day | None = None
    weight_g: Grams | None = None
    adult_weight_kg: AdultKg | None = None
    also_nurses: bool | None = None
    """a queen or dam feeds it, too: nobody knows how much it drinks"""
    weaning: bool | None = None
    """eats solids; false: lives on milk alone; left out: as its age says"""
    confirm: bool = False
    """yes, it really weighs that"""

    def __post_init__(self) -> None:
        """The name is one that a baby may have."""
        check_name(self.name)


class BabyEdit(Verb, frozen=True, kw_only=True, tag="baby_edit"):
    """What is known about a baby changes; what is left out stays."""

    name: Filled
    rename: Filled | None = None
    species: Species | None = None
    born: Day | None = None
    weight_g: Grams | None = None
    adult_weight_kg: AdultKg | None = None
    also_nurses: bool | None = None
    """a queen or dam feeds it, too: nobody knows how much it drinks"""
    weaning: bool | None = None
    """eats solids; false: lives on milk alone; left out: as its age says"""
    confirm: bool = False
    """yes, it really weighs that"""

    def __post_init__(self) -> None:
        """It says at least one of them; the new name is one that a baby may have."""
        if self.rename is not None:
            check_name(self.rename)
        said = (self.rename, self.species, self.born, self.weight_g, self.adult_weight_kg,
                self.also_nurses, self.weaning)  # fmt: skip
        if all(each is None for each in said):
            raise CommandError(
                'baby_edit needs what changes: one of "rename", "species", "born", "weight_g", '
                '"adult_weight_kg", "also_nurses" or "weaning"'
            )


class BabyRetire(Verb, frozen=True, kw_only=True, tag="baby_retire"):
    """A baby has left; its history is kept."""

    name: Filled
    reason: Text | None = None
    """such as "adopted" or "died"; kept as it was said"""


class BabyMove(Verb, frozen=True, kw_only=True, tag="baby_move"):
    """A baby goes to another box with its record; without ``to``: how far that is."""

    name: Filled
    to: BoxName | None = None
    cancel: bool = False
    """it stays after all"""

    def __post_init__(self) -> None:
        """It says one of them."""
        if self.to is not None and self.cancel:
            raise CommandError('baby_move takes either "to" or "cancel", not both')


class BabyDelete(Verb, frozen=True, kw_only=True, tag="baby_delete"):
    """A baby was registered by mistake; refused once it has a history."""

    name: Filled


class Undo(Verb, frozen=True, kw_only=True, tag="undo"):
    """Take back the last thing that a person entered, or the one with this ``id``."""

    id: Filled | None = None


class History(Verb, frozen=True, kw_only=True, tag="history"):
    """What happened, newest first; a page at a time."""

    what: HistoryKind = "all"
    baby: Filled | None = None
    since: Since | None = None
    until: Until | None = None
    """before that"""
    limit: PageItems | None = None
    next: Text | None = None
    """as the page before gave it: go on there"""

    def __post_init__(self) -> None:
        """A time that is none is refused."""
        _ = self.since_s, self.until_s

    @property
    def since_s(self) -> float | None:
        """``since`` in Unix seconds."""
        return moment_s(self.since)

    @property
    def until_s(self) -> float | None:
        """``until`` in Unix seconds."""
        return moment_s(self.until)


class Summarize(Verb, frozen=True, kw_only=True, tag="summary"):
    """What happened, in words, for the next carer."""

    hours: SummaryHours = SUMMARY_H
    """back from now"""


AlertRequest = Acknowledge | Snooze | NotACry | SendTestAlert
"""carried out by ``core.alerts``"""
ScaleRequest = (
    Tare
    | ExpectWeighIn
    | Assign
    | ThingForget
    | Weigh
    | FeedByHand
    | WriteNote
    | Correct
    | BabyAdd
    | BabyEdit
    | BabyRetire
    | BabyMove
    | BabyGive
    | BabyTake
    | BabyDelete
    | Undo
)
"""carried out by ``core.scale``"""
JournalRequest = History | Summarize
"""answered from what is stored"""
Request = AlertRequest | ScaleRequest | JournalRequest | SetupRequest


VERBS: dict[str, type[Request]] = {verb_of(kind): kind for kind in get_args(Request)}
SETUP_VERBS = frozenset(verb_of(kind) for kind in get_args(SetupRequest))
"""they come on ``setup/<verb>``, the others on ``cmd/<verb>``"""


def arguments(asked: Request) -> dict[str, Any]:
    """What ``request`` makes ``asked`` of again: plain values, without those left out."""
    fields = cast("dict[str, Any]", msgspec.to_builtins(asked))
    del fields["verb"]
    return fields
