"""The scale half of the core, wired: counts in; weights with names, feeds, growth and worries out.

Windows, plateaus and stories do the work (``weighing``, ``litter``); this module keeps one book
per baby, turns decisions into events, withdraws what no longer holds, and states what a person
should know. Everything it remembers is one struct, so a snapshot is one encoding of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import numpy as np

from monitor.config import ScaleConfig
from monitor.core.concerns import ConcernWriter, phrase
from monitor.core.litter import (
    SMALLEST_MOVE_G,
    Answer,
    Decision,
    Estimate,
    LitterState,
    LitterTracker,
    Presence,
    Step,
    Typed,
)
from monitor.core.record import BabyBook
from monitor.core.reference import GrowthReference
from monitor.core.weighing import (
    TOUCH_G,
    Segmenter,
    SegmenterState,
    Transition,
    Window,
    Windower,
    WindowerState,
)
from monitor.errors import CommandError, InputError
from monitor.events import (
    AnyEvent,
    Baby,
    BoxOff,
    BoxOn,
    Candidate,
    Command,
    CommandResult,
    Condition,
    CryContext,
    Disturbed,
    Feed,
    Growth,
    JointWeighIn,
    Move,
    ObjectMoved,
    Retraction,
    RosterChanged,
    ScaleBlock,
    Tick,
    Unassigned,
    Voice,
    WeighIn,
    Weighing,
)
from monitor.states import BabyStatus, ScaleStatus

STUCK_S = 60.0
"""Longer than any converter repeats one code: the last bits always flicker with 50 nV of noise."""
DEAD_CODES = frozenset({-1.0, 0.0})
"""What a data line that is always high or always low reads as. A single one is a valid weight."""
BLIND_S = 20.0
"""Longer without samples, and more than one baby may have moved: nothing is claimed."""
STALE_S = 10.0
"""No window for this long: the live total is unknown."""
DISTURBED_S = 30.0
"""Not still for this long: said once, so that missing weights are explained."""
HANDLED_S = 60.0
"""Babies protest for about a minute after a hand."""
MIN_BOX_G = 60.0
"""Less than this and box and babies cannot be told apart by the empty platform."""
OBJECT_G = 10.0
"""Smaller changes of the tare (urine, a shifted cable) are not worth an event."""
ASK_S = 12 * 3600.0
"""After half a day nobody remembers which one it was."""


class _Out(msgspec.Struct, frozen=True):
    """What was published about one step."""

    kind: str
    baby: int | None


class ScalePathState(msgspec.Struct):
    """Everything the scale path remembers."""

    windower: WindowerState
    segmenter: SegmenterState
    litter: LitterState
    books: list[BabyBook]
    start_s: float
    published: dict[str, _Out] = {}
    pending: dict[str, Unassigned] = {}
    now_s: float = 0.0
    window_s: float | None = None
    level_g: float | None = None
    touched_s: float | None = None
    box_off: bool = False
    off_from_g: float | None = None
    said_disturbed: bool = False
    # converter faults
    saturated_since_s: float | None = None
    same_code_since_s: float | None = None
    same_code: float | None = None
    flickers: bool = False
    overload_since_s: float | None = None
    # activity
    motion_g: float = 0.0
    floor_g: float | None = None
    last_g: float | None = None


class ScalePath:
    """Feed it every observation; it answers with events. See the module's text."""

    def __init__(
        self,
        config: ScaleConfig,
        babies: Sequence[Baby],
        history: Sequence[Weighing] = (),
        *,
        start_s: float,
        reference: GrowthReference,
        occupancy_known: bool = True,
    ) -> None:
        self._config = config
        self._reference = reference
        books = [BabyBook(baby=baby) for baby in babies if baby.retired_s is None]
        names = {book.baby.name: book for book in books}
        for weighing in sorted(history, key=lambda w: w.t_s):
            if weighing.baby in names:
                names[weighing.baby].put(weighing)
        for book in books:
            book.refresh(reference)
        litter = LitterTracker.start(
            [_first_estimate(book, reference, start_s) for book in books],
            all_inside=occupancy_known,
        )
        self._attach(
            ScalePathState(
                windower=WindowerState(),
                segmenter=SegmenterState(),
                litter=litter.state,
                books=books,
                start_s=start_s,
                now_s=start_s,
            )
        )

    def _attach(self, state: ScalePathState) -> None:
        self._state = state
        self._segmenter = Segmenter(state.segmenter)
        self._litter = LitterTracker(state.litter)
        self._windower = Windower(
            self._config.counts_per_gram or 1.0, self._config.zero_counts or 0.0, state.windower
        )
        self._writer = ConcernWriter(self._reference)
        self._cache: tuple[float, list[Condition]] | None = None

    # ------------------------------------------------------------------ observations

    def update(self, observation: ScaleBlock | Tick | Command) -> list[AnyEvent]:
        """Take one observation, in time order; return what it made known.

        Events carry the time they happened; the size of the blocks makes no difference to them.
        """
        self._state.now_s = max(self._state.now_s, observation.t_s)
        if isinstance(observation, ScaleBlock):
            return self._block(observation)
        if isinstance(observation, Command):
            return self._command(observation)
        return []

    def _block(self, block: ScaleBlock) -> list[AnyEvent]:
        out: list[AnyEvent] = []
        for window in self._windower.push(block.times_s, block.counts):
            self._check_converter(window)
            if not self._config.calibrated or math.isnan(window.g):
                continue
            self._measure(window)
            for transition in self._segmenter.push(window.t_s, window.g):
                out.extend(self._transition(transition))
            if self._segmenter.moving_since_s is not None:
                self._unsettled(window, out)
            elif self._state.said_disturbed:
                self._state.said_disturbed = False
        return out

    def _measure(self, window: Window) -> None:
        state = self._state
        if state.last_g is not None:
            change = min(abs(window.g - state.last_g), 10.0)
            state.motion_g += 0.02 * (change - state.motion_g)
            floor = state.floor_g if state.floor_g is not None else state.motion_g
            # The quietest half-minute seen is the converter's own noise; it may creep up slowly.
            state.floor_g = min(floor * 1.00001, max(state.motion_g, 0.01))
        state.last_g = window.g
        state.window_s = window.t_s
        state.level_g = window.g
        overloaded = window.g > self._config.capacity_g
        if not overloaded:
            state.overload_since_s = None
        elif state.overload_since_s is None:
            state.overload_since_s = window.t_s

    def _unsettled(self, window: Window, out: list[AnyEvent]) -> None:
        state, segmenter = self._state, self._segmenter.state
        tail = segmenter.tail_g
        if tail is not None and abs(window.g - tail) > TOUCH_G:
            state.touched_s = window.t_s
        since = segmenter.left_s
        if since is not None and window.t_s - since > DISTURBED_S and not state.said_disturbed:
            state.said_disturbed = True
            out.append(Disturbed(t_s=since))

    def _check_converter(self, window: Window) -> None:
        state = self._state
        if not window.saturated:
            state.saturated_since_s = None
        elif state.saturated_since_s is None:
            state.saturated_since_s = window.t_s
        code = window.g if window.same_code else None
        if code is None or code != state.same_code:
            state.same_code_since_s = window.t_s if code is not None else None
            state.same_code = code
        if not window.same_code and window.n > 1:
            state.flickers = True

    # ------------------------------------------------------------------ steps

    def _transition(self, transition: Transition) -> list[AnyEvent]:
        state = self._state
        state.touched_s = max(state.touched_s or 0.0, transition.to_start_s)
        total = sum(
            book.weight_g or 0.0
            for i, book in enumerate(state.books)
            if self._litter.best().inside >> i & 1
        )
        if state.box_off:
            return self._box_on(transition)
        if transition.from_g is None:
            state.box_off = abs(transition.to_g) < 20.0 and total > 40.0
            return []
        drop = transition.from_g - transition.to_g
        box_g = transition.from_g - total
        if (
            drop > total + 0.5 * max(box_g, MIN_BOX_G)
            and box_g > MIN_BOX_G
            and abs(transition.to_g) < 0.25 * transition.from_g
        ):
            state.box_off, state.off_from_g = True, transition.from_g
            return [BoxOff(t_s=transition.t_s)]
        return self._step(transition, transition.from_g, was_off=False)

    def _box_on(self, transition: Transition) -> list[AnyEvent]:
        state = self._state
        known = state.off_from_g
        enough = max(MIN_BOX_G, 0.3 * known) if known is not None else MIN_BOX_G
        if transition.to_g < enough:
            return []
        state.box_off, state.off_from_g = False, None
        out: list[AnyEvent] = [BoxOn(t_s=transition.t_s)]
        if known is not None:
            out.extend(self._step(transition, known, was_off=True))
        return out

    def _step(self, transition: Transition, from_g: float, *, was_off: bool) -> list[AnyEvent]:
        delta = transition.to_g - from_g
        blind = was_off or transition.blind_s > BLIND_S
        touched = transition.excursion_g >= TOUCH_G
        if abs(delta) < SMALLEST_MOVE_G and not touched and not blind:
            if transition.settled and abs(delta) >= OBJECT_G:
                return [ObjectMoved(t_s=transition.t_s, delta_g=delta)]
            return []
        sigma = math.sqrt(transition.from_se_g**2 + transition.to_se_g**2 + 0.15**2)
        step = Step(
            step_id=step_id(transition.t_s),
            t_s=transition.t_s,
            from_g=from_g,
            to_g=transition.to_g,
            sigma_g=sigma,
            settled=transition.settled,
            touched=touched,
            blind=blind,
            box_was_off=was_off,
            elapsed_s=transition.to_start_s - transition.from_end_s,
        )
        out: list[AnyEvent] = []
        touched_books: set[int] = set()
        for decision in self._litter.step(step):
            self._publish(decision, out, touched_books)
        self._refresh(touched_books, out)
        return out

    # ------------------------------------------------------------------ what is said

    def _publish(self, decision: Decision, out: list[AnyEvent], touched: set[int]) -> None:
        """Turn a decision into events, withdrawing what was said before if it differs."""
        state, key = self._state, decision.step.step_id
        before = state.published.get(key)
        baby = _one(decision.lifted | decision.returned) if decision.kind == "claim" else None
        if before is not None and before.baby is not None and (baby is None or decision.void):
            state.books[before.baby].drop(key)
            touched.add(before.baby)
            why = "taken out by hand" if decision.void else "later weighings contradict it"
            out.append(Retraction(t_s=decision.step.t_s, step_id=key, why=why))
        elif before is not None and before.baby is not None and before.baby != baby:
            state.books[before.baby].drop(key)
            touched.add(before.baby)
        elif before is not None and before.kind == "joint" and decision.kind != "joint":
            why = "later weighings contradict it"
            out.append(Retraction(t_s=decision.step.t_s, step_id=key, why=why))
        state.pending.pop(key, None)
        if decision.void:
            state.published[key] = _Out("void", None)
            return
        state.published[key] = _Out(decision.kind, baby)
        if len(state.published) > 400:
            del state.published[next(iter(state.published))]
        if baby is not None:
            touched.add(baby)
            self._publish_claim(decision, baby, out)
        elif decision.kind == "joint":
            out.append(self._joint(decision))
        elif decision.kind == "unassigned":
            event = self._unassigned(decision)
            state.pending[key] = event
            out.append(event)
        elif decision.kind == "object" and abs(decision.g) >= OBJECT_G and before is None:
            out.append(ObjectMoved(t_s=decision.step.t_s, delta_g=decision.g))

    def _publish_claim(self, decision: Decision, baby: int, out: list[AnyEvent]) -> None:
        book = self._state.books[baby]
        weighing = Weighing(
            step_id=decision.step.step_id,
            t_s=decision.step.t_s,
            baby=book.baby.name,
            weight_g=decision.g,
            sigma_g=decision.sigma_g,
            move="lift" if decision.lifted else "return",
            confidence=1.0 if decision.assigned else decision.p,
            origin="assigned" if decision.assigned else "scale",
        )
        book.put(weighing)
        out.append(_weigh_in(weighing))

    def _joint(self, decision: Decision) -> JointWeighIn:
        mask = decision.lifted | decision.returned
        names = [b.baby.name for i, b in enumerate(self._state.books) if mask >> i & 1]
        return JointWeighIn(
            t_s=decision.step.t_s,
            babies=names,
            move="lift" if decision.lifted else "return",
            weight_g=decision.g,
            sigma_g=decision.sigma_g,
            step_id=decision.step.step_id,
        )

    def _unassigned(self, decision: Decision) -> Unassigned:
        step = decision.step
        move: Move = "lift" if step.to_g < step.from_g else "return"
        return Unassigned(
            t_s=step.t_s,
            move=move,
            weight_g=decision.g,
            sigma_g=decision.sigma_g,
            candidates=[
                Candidate(self._state.books[i].baby.name, round(p, 3))
                for i, p in decision.candidates
            ],
            step_id=step.step_id,
        )

    def _refresh(self, touched: set[int], out: list[AnyEvent]) -> None:
        """Feeds and growth of the babies whose weighings changed."""
        for i in sorted(touched):
            book = self._state.books[i]
            old = {f.step_id: f for f in book.feeds}
            report = book.report
            book.refresh(self._reference)
            new = {f.step_id: f for f in book.feeds}
            for key, feed in new.items():
                if old.get(key) != feed:
                    out.append(
                        Feed(
                            t_s=feed.t_s,
                            baby=book.baby.name,
                            net_g=feed.net_g,
                            sigma_g=feed.sigma_g,
                            out_s=feed.out_s,
                            step_id=key,
                        )
                    )
            first = book.weighings[0].t_s if book.weighings else math.inf
            for key, feed in old.items():
                weighing = next((w for w in book.weighings if w.step_id == key), None)
                if key not in new and weighing is not None and feed.t_s - feed.out_s >= first:
                    why = "its lift was another baby's"
                    out.append(Retraction(t_s=feed.t_s, step_id=key, why=why))
                    out.append(_weigh_in(weighing))
            if book.report is not None and book.report != report:
                out.append(_growth(book))
        if touched:
            self._cache = None

    # ------------------------------------------------------------------ commands

    def _command(self, command: Command) -> list[AnyEvent]:
        handler = {
            "assign": self._assign,
            "correct": self._correct,
            "weigh": self._weigh,
            "baby_add": self._baby_add,
            "baby_edit": self._baby_edit,
            "baby_retire": self._baby_retire,
            "tare": self._tare,
        }.get(command.verb)
        if handler is None:
            return []
        try:
            out = handler(command)
            error = None
        except CommandError as refused:
            out, error = [], str(refused)
        self._cache = None
        result = CommandResult(
            t_s=command.t_s,
            verb=command.verb,
            ok=error is None,
            error=error,
            request_id=command.request_id,
            origin=command.origin,
        )
        return [*out, result]

    def _assign(self, command: Command) -> list[AnyEvent]:
        key = _text(command.args, "step_id")
        name = command.args.get("baby")
        nobody = name is None or (isinstance(name, str) and name.lower() in {"", "object", "none"})
        baby = None if nobody else self._find(_text(command.args, "baby"))
        return self._answer(key, Answer(baby=baby, decides=True))

    def _correct(self, command: Command) -> list[AnyEvent]:
        args = command.args
        key = _text(args, "step_id")
        typed = self._typed_entry(key)
        if typed is not None:
            return self._correct_typed(typed, key, args)
        if args.get("void"):
            return self._answer(key, Answer(void=True))
        g = _grams(args, "grams") if "grams" in args else None
        if "baby" in args:
            return self._answer(
                key, Answer(baby=self._find(_text(args, "baby")), decides=True, g=g)
            )
        if g is None:
            raise CommandError('correct needs one of "grams", "baby" or "void"')
        before = self._state.published.get(key)
        baby = before.baby if before is not None else None
        return self._answer(key, Answer(baby=baby, decides=baby is not None, g=g))

    def _answer(self, key: str, answer: Answer) -> list[AnyEvent]:
        out: list[AnyEvent] = []
        touched: set[int] = set()
        try:
            decisions = self._litter.answer(key, answer)
        except KeyError as unknown:
            message = f"no weighing {key!r} in the last days: check the id"
            raise CommandError(message) from unknown
        for decision in decisions:
            self._publish(decision, out, touched)
        self._refresh(touched, out)
        return out

    def _typed_entry(self, key: str) -> tuple[int, Weighing] | None:
        for i, book in enumerate(self._state.books):
            for weighing in book.weighings:
                if weighing.step_id == key and weighing.move is None:
                    return i, weighing
        return None

    def _correct_typed(
        self, found: tuple[int, Weighing], key: str, args: dict[str, Any]
    ) -> list[AnyEvent]:
        i, weighing = found
        out: list[AnyEvent] = []
        touched = {i}
        if args.get("void"):
            self._state.books[i].drop(key)
            out.append(Retraction(t_s=weighing.t_s, step_id=key, why="taken out by hand"))
        else:
            target = self._find(_text(args, "baby")) if "baby" in args else i
            g = _grams(args, "grams") if "grams" in args else weighing.weight_g
            self._state.books[i].drop(key)
            name = self._state.books[target].baby.name
            changed = msgspec.structs.replace(weighing, weight_g=g, baby=name)
            self._state.books[target].put(changed)
            touched.add(target)
            out.append(_weigh_in(changed))
        self._refresh(touched, out)
        return out

    def _weigh(self, command: Command) -> list[AnyEvent]:
        args = command.args
        i = self._find(_text(args, "baby"))
        g = _grams(args, "grams")
        t_s = _moment(args.get("at"), command.t_s)
        if not args.get("confirm"):
            doubt = self._doubt(i, g, t_s)
            if doubt is not None:
                raise CommandError(doubt)
        return self._believe(i, g, t_s, "typed")

    def _believe(self, i: int, g: float, t_s: float, origin: Any) -> list[AnyEvent]:
        book = self._state.books[i]
        key = f"{step_id(t_s)}-{book.baby.slug}"
        weighing = Weighing(
            step_id=key, t_s=t_s, baby=book.baby.name, weight_g=g, sigma_g=1.0, origin=origin
        )
        book.put(weighing)
        if book.latest is weighing:
            self._litter.typed(Typed(t_s=t_s, baby=i, g=g))
        out: list[AnyEvent] = [_weigh_in(weighing)]
        self._refresh({i}, out)
        return out

    def _doubt(self, i: int, g: float, t_s: float) -> str | None:
        """A question when a typed weight cannot be meant, e.g. ounces or kilograms for grams."""
        book = self._state.books[i]
        near = min(book.weighings, key=lambda w: abs(w.t_s - t_s), default=None)
        known = near.weight_g if near is not None else book.baby.weight_g
        name = book.baby.name
        if known is None:
            band = book.expected(self._reference, t_s).weight_g
            low, high = 0.25 * band[0], 4.0 * band[2]
            if low <= g <= high:
                return None
            return f"{g:g} g is far from any {book.baby.species} of this age: confirm to keep it"
        days = abs(t_s - near.t_s) / 86400.0 if near is not None else 0.0
        allowed = 1.6 * math.exp(0.08 * min(days, 30.0))
        if 1.0 / allowed <= g / known <= allowed:
            return None
        for unit, factor in (("ounces", 28.35), ("kilograms", 1000.0), ("pounds", 453.6)):
            if 1.0 / 1.35 <= g * factor / known <= 1.35:
                return (
                    f"{g:g} g for {name}, who weighed {known:.0f} g: did you mean {g:g} {unit} "
                    f"({g * factor:.0f} g)? Send it in grams, or confirm"
                )
        return f"{g:g} g for {name}, who weighed {known:.0f} g: check the number, or confirm it"

    def _baby_add(self, command: Command) -> list[AnyEvent]:
        args = dict(command.args)
        args.setdefault("id", step_id(command.t_s))
        args.setdefault("registered_s", command.t_s)
        try:
            baby = msgspec.convert(args, Baby)
        except msgspec.ValidationError as error:
            raise CommandError(f"baby_add: {error}") from error
        if not baby.name.strip():
            raise CommandError("baby_add needs a name")
        if any(book.baby.slug == baby.slug for book in self._state.books if _here(book)):
            raise CommandError(f"{baby.name} is already here: choose another name")
        book = BabyBook(baby=baby)
        self._state.books.append(book)
        i = len(self._state.books) - 1
        estimate = _first_estimate(book, self._reference, command.t_s)
        self._litter.presence(Presence(t_s=command.t_s, baby=i, present=True, estimate=estimate))
        return [RosterChanged(t_s=command.t_s, baby=baby)]

    def _baby_edit(self, command: Command) -> list[AnyEvent]:
        args = dict(command.args)
        i = self._find(_text(args, "baby"))
        args.pop("baby")
        book = self._state.books[i]
        try:
            baby = msgspec.convert({**msgspec.to_builtins(book.baby), **args}, Baby)
        except msgspec.ValidationError as error:
            raise CommandError(f"baby_edit: {error}") from error
        others = [b for j, b in enumerate(self._state.books) if j != i and _here(b)]
        if any(b.baby.slug == baby.slug for b in others):
            raise CommandError(f"{baby.name} is already here: choose another name")
        book.baby = msgspec.structs.replace(baby, id=book.baby.id)
        book.weighings = [msgspec.structs.replace(w, baby=baby.name) for w in book.weighings]
        out: list[AnyEvent] = [RosterChanged(t_s=command.t_s, baby=book.baby)]
        self._refresh({i}, out)
        return out

    def _baby_retire(self, command: Command) -> list[AnyEvent]:
        i = self._find(_text(command.args, "baby"))
        book = self._state.books[i]
        book.baby = msgspec.structs.replace(book.baby, retired_s=command.t_s)
        estimate = self._litter.best().weights[i]
        self._litter.presence(Presence(t_s=command.t_s, baby=i, present=False, estimate=estimate))
        return [RosterChanged(t_s=command.t_s, baby=book.baby)]

    def _tare(self, command: Command) -> list[AnyEvent]:
        """Nothing to zero: weights are differences. Known objects are forgotten."""
        if not self._config.calibrated:
            raise CommandError('the scale is not calibrated: run "nursery calibrate scale"')
        if self._total_g(command.t_s) is None or not self._segmenter.still:
            raise CommandError("the scale is not still: take your hands off and try again")
        state = self._state.litter
        state.stories = [msgspec.structs.replace(s, objects=()) for s in state.stories]
        return []

    def _find(self, name: str) -> int:
        for i, book in enumerate(self._state.books):
            if _here(book) and name in {book.baby.name, book.baby.slug, book.baby.id}:
                return i
        known = ", ".join(b.baby.name for b in self._state.books if _here(b)) or "nobody yet"
        raise CommandError(f"no baby called {name!r} here (known: {known})")

    # ------------------------------------------------------------------ history

    def add_history(self, weighings: Sequence[Weighing]) -> list[AnyEvent]:
        """Take weighings from a spreadsheet or a form, in time order.

        One that cannot be meant is refused with a ``CommandResult`` and not believed.
        """
        out: list[AnyEvent] = []
        for weighing in sorted(weighings, key=lambda w: w.t_s):
            try:
                i = self._find(weighing.baby)
                doubt = self._doubt(i, weighing.weight_g, weighing.t_s)
                if doubt is not None:
                    raise CommandError(doubt)
            except CommandError as refused:
                out.append(
                    CommandResult(t_s=weighing.t_s, verb="weigh", ok=False, error=str(refused))
                )
                continue
            out.extend(self._believe(i, weighing.weight_g, weighing.t_s, "imported"))
        return out

    # ------------------------------------------------------------------ questions

    @property
    def babies(self) -> list[Baby]:
        """Who is in the nursery now, without the retired."""
        return [book.baby for book in self._state.books if _here(book)]

    @property
    def fault(self) -> str | None:
        """A converter fault seen in the data, in a sentence; ``None`` when there is none."""
        state = self._state
        last = state.window_s if state.window_s is not None else state.now_s
        now = max(last, state.same_code_since_s or 0.0, state.saturated_since_s or 0.0)
        now = max(now, state.now_s)
        if state.saturated_since_s is not None and now - state.saturated_since_s >= 3.0:
            return (
                "the converter is at the end of its range: check the load cell's wires and "
                "that nothing heavy stands on it"
            )
        if state.same_code_since_s is None or state.same_code is None:
            return None
        cpg, zero = self._config.counts_per_gram or 1.0, self._config.zero_counts or 0.0
        counts = round(state.same_code * cpg + zero, 3)
        since = now - state.same_code_since_s
        if (state.flickers and since >= STUCK_S) or (counts in DEAD_CODES and since >= 10.0):
            return (
                f"the converter has repeated the code {counts:.0f} for {since:.0f} s: check its "
                "data and clock wires, then its power"
            )
        return None

    def movement(self) -> float | None:
        """Recent activity in the box, 0 to 1; ``None`` when nothing can be seen."""
        state = self._state
        if not self._config.calibrated or state.floor_g is None or state.box_off:
            return None
        if state.window_s is None or state.now_s - state.window_s > STALE_S or self.fault:
            return None
        excess = math.sqrt(max(state.motion_g**2 - (1.3 * state.floor_g) ** 2, 0.0))
        return excess / (excess + 0.7)

    def handled(self, now_s: float) -> bool:
        """A hand is in the box now, or a baby has just been taken out or put back."""
        touched = self._state.touched_s
        return touched is not None and now_s - touched <= HANDLED_S

    def conditions(self, now_s: float) -> list[Condition]:
        """What a person should know now; cheap to ask every second."""
        if self._cache is not None and 0.0 <= now_s - self._cache[0] < 15.0:
            return self._cache[1]
        state = self._state
        out: list[Condition] = []
        for i, book in enumerate(state.books):
            if _here(book):
                out.extend(self._writer.baby(book, now_s, state.start_s, self._maybe_fed(i)))
        out.extend(self._writer.who_is_it(list(state.pending.values()), now_s, ASK_S))
        overload = self._writer.overload(state.overload_since_s, state.level_g, self._config)
        if overload is not None:
            out.append(overload)
        self._cache = (now_s, out)
        return out

    def _maybe_fed(self, i: int) -> float | None:
        """When a weighing nobody could name may have been this baby's bottle."""
        name = self._state.books[i].baby.name
        times = [
            event.t_s
            for event in self._state.pending.values()
            if event.move == "return" and any(c.baby == name for c in event.candidates)
        ]
        return max(times, default=None)

    def cry_context(self, t_s: float, species: Voice) -> tuple[CryContext, str]:
        """Why somebody may be crying at ``t_s``, and a phrase that says so."""
        if self.handled(t_s):
            return "handled", "hands were in the box"
        books = [b for b in self._state.books if _here(b)]
        same = [b for b in books if b.baby.species == species] or books
        return phrase(same, t_s, self._reference)

    def scale_status(self, now_s: float) -> ScaleStatus:
        """The live numbers of the platform; unknown is ``None``."""
        total = self._total_g(now_s)
        known = total is not None and not self._state.box_off
        return ScaleStatus(
            total_g=total,
            still=self._segmenter.still if total is not None else None,
            activity=self.movement(),
            in_box=self._in_box() if known else None,
        )

    def _total_g(self, now_s: float) -> float | None:
        state = self._state
        if state.window_s is None or now_s - state.window_s > STALE_S or self.fault:
            return None
        return state.level_g

    def _in_box(self) -> list[str]:
        return [
            book.baby.name
            for i, book in enumerate(self._state.books)
            if _here(book) and self._litter.p_inside(i) > 0.5
        ]

    def baby_statuses(self, now_s: float) -> list[BabyStatus]:
        """One document per baby."""
        out = []
        blind = not self._config.calibrated or self._state.window_s is None
        for i, book in enumerate(self._state.books):
            if _here(book):
                p = self._litter.p_inside(i)
                inside = None if blind or 0.05 < p < 0.95 else p >= 0.95
                out.append(_status(book, now_s, self._reference, inside))
        return out

    # ------------------------------------------------------------------ snapshot

    def snapshot(self) -> bytes:
        """Everything, so that a resumed stream gives the same events as the whole."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, snapshot: bytes) -> None:
        """Take up where ``snapshot`` was made.

        Raises:
            InputError: the snapshot is not from this version; start without it.
        """
        try:
            state = msgspec.msgpack.decode(snapshot, type=ScalePathState)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise InputError(f"the saved state of the scale cannot be read: {error}") from error
        self._attach(state)


# ---------------------------------------------------------------------- small helpers


def step_id(t_s: float) -> str:
    """A short id from the moment, typeable on a phone: base 32 without look-alikes."""
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    number = int(t_s * 2.0)
    text = ""
    while number:
        number, digit = divmod(number, 32)
        text = alphabet[digit] + text
    return text or "0"


def _first_estimate(book: BabyBook, reference: GrowthReference, start_s: float) -> Estimate:
    latest = book.latest
    if latest is not None:
        sd = math.hypot(latest.sigma_g, 0.01 * latest.weight_g)
        gut_g = 0.04 * latest.weight_g if latest.move == "return" else 0.0
        return Estimate(latest.weight_g, sd, latest.t_s, gut_g)
    if book.baby.weight_g is not None:
        return Estimate(book.baby.weight_g, 1.0 + 0.015 * book.baby.weight_g, start_s)
    low, median, high = book.expected(reference, start_s).weight_g
    return Estimate(median, 0.4 * (high - low), start_s)


def _weigh_in(weighing: Weighing) -> WeighIn:
    return WeighIn(
        t_s=weighing.t_s,
        baby=weighing.baby,
        move=weighing.move,
        weight_g=weighing.weight_g,
        sigma_g=weighing.sigma_g,
        confidence=weighing.confidence,
        step_id=weighing.step_id,
        origin=weighing.origin,
    )


def _growth(book: BabyBook) -> Growth:
    report = book.report
    assert report is not None  # asked only after a refresh that made one  # noqa: S101
    return Growth(
        t_s=report.t_s,
        baby=book.baby.name,
        gain_24h_g=report.gain_24h_g,
        gain_24h_pct=report.gain_24h_pct,
        p_losing=report.p_losing,
        verdict=report.verdict,
    )


def _status(
    book: BabyBook, now_s: float, reference: GrowthReference, inside: bool | None
) -> BabyStatus:
    latest, report = book.latest, book.report
    feed = book.feeds[-1] if book.feeds else None
    day = [f for f in book.feeds if f.t_s > now_s - 86400.0]
    return BabyStatus(
        name=book.baby.name,
        species=book.baby.species,
        weight_g=latest.weight_g if latest else None,
        weighed_at=latest.t_s if latest else None,
        gain_24h_g=report.gain_24h_g if report else None,
        gain_24h_pct=report.gain_24h_pct if report else None,
        verdict=report.verdict if report else "not_enough_data",
        last_feed_at=feed.t_s if feed else None,
        last_feed_g=feed.net_g if feed else None,
        intake_24h_g=sum(f.net_g for f in day) if day else None,
        bottle_due_at=book.due_s(reference),
        in_box=inside,
    )


def _here(book: BabyBook) -> bool:
    return book.baby.retired_s is None


def _one(mask: int) -> int | None:
    return mask.bit_length() - 1 if mask else None


def _text(args: dict[str, Any], key: str) -> str:
    value = args.get(key)
    if not isinstance(value, str) or not value.strip():
        raise CommandError(f'"{key}" is missing')
    return value.strip()


def _moment(value: object, now_s: float) -> float:
    """Timeline seconds of an ``at``: a number, or RFC 3339 text; now when it is left out."""
    if value is None:
        return now_s
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    try:
        moment = datetime.fromisoformat(str(value).strip())
    except ValueError as error:
        raise CommandError(f'"at" is no time: {value!r}, write 2026-01-31T02:14:05Z') from error
    if moment.tzinfo is None:
        raise CommandError(f'"at" has no time zone: {value!r}, write 2026-01-31T02:14:05Z')
    return moment.timestamp()


def _grams(args: dict[str, Any], key: str) -> float:
    value = args.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise CommandError(f'"{key}" must be a number of grams')
    if not 0 < value <= 100_000:
        raise CommandError(f'"{key}" is {value:g}: a weight in grams is above 0')
    return float(value)
