"""Who is in the box and who is out: several hypotheses at once; a name only when they agree.

Multiple-hypothesis tracking (Reid 1979) over the steps of the platform. A hypothesis holds who is
inside, what each baby weighs and when that was read, whether a hand leans on the box, which objects
were put in. Every step lets each hypothesis branch (one baby, two at once, a swap under the hand,
an object, a hand, a baby in a blanket), and the branches compete by how well each baby's predicted
weight explains the grams. A name is claimed when the hypotheses that agree on it hold nearly all of
the probability. What a person says later is a constraint, under which the kept log of steps is
worked out again, so that everything that followed is repaired as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from monitor.core.scale.answered_steps import constrained
from monitor.core.scale.branching import branches
from monitor.core.scale.decision import (
    Decision,
    answered,
    decision_after_gap,
    decision_of,
    must_revise,
)
from monitor.core.scale.hypothesis import (
    REMEMBERED,
    Answer,
    Estimate,
    Explanation,
    Hypothesis,
    Key,
    Presence,
    Step,
    Typed,
    normalised,
    pruned,
    subsets,
    with_weight,
)
from monitor.core.scale.joining import join_before, joined, left, put_in
from monitor.core.scale.lasting_levels import EPISODE_S, by_lasting_levels
from monitor.core.scale.occupancy import OccupancyState

_PATIENCE_S = 45.0
"""A box that is never still long enough to settle is judged all the same after this."""
_LOG_STEPS = 160
"""Steps that can be told again after an answer: more than a day of a busy box."""


class OccupancyTracker:
    """Steps in, decisions out; ``answer`` repairs the past."""

    def __init__(self, state: OccupancyState) -> None:
        self.state = state
        self._believed: tuple[list[Hypothesis], dict[int, float]] = ([], {})
        """hypotheses, which are always replaced as a whole, and who is inside by them"""

    @classmethod
    def start(cls, weights: Sequence[Estimate], *, all_inside: bool) -> OccupancyTracker:
        """Begin with these babies; all inside, or nobody knows."""
        n = len(weights)
        everyone = (1 << n) - 1
        hypotheses = [Hypothesis(0.0, everyone, tuple(weights))]
        if not all_inside:
            share = math.log(0.5 / max(2**n - 1, 1)) - math.log(0.5)
            hypotheses += [
                Hypothesis(share, inside, tuple(weights))
                for inside in subsets(everyone, 0)
                if inside != everyone
            ]
        state = OccupancyState(hypotheses=normalised(hypotheses), present=everyone)
        state.checkpoint, state.checkpoint_present = list(state.hypotheses), everyone
        return cls(state)

    # ------------------------------------------------------------------ what is believed

    def p_inside(self, baby: int) -> float:
        """Probability that the baby is in the box."""
        if self._believed[0] is not self.state.hypotheses:
            self._believed = self.state.hypotheses, {}
        hypotheses, known = self._believed
        if baby not in known:
            bit = 1 << baby
            known[baby] = sum(math.exp(s.log_p) for s in hypotheses if s.inside & bit)
        return known[baby]

    def best(self) -> Hypothesis:
        """The likeliest hypothesis."""
        return self.state.hypotheses[0]

    # ------------------------------------------------------------------ what happens

    def observe(self, entry: Step | Typed | Presence) -> list[Decision]:
        """Take a step, a typed weight, or a baby that joins (in the box or not) or leaves.

        Returns the decisions that are new or changed; only a step has any.
        """
        self._record(entry)
        self._apply(entry)
        recent = _steps(self.state.log[-2 * REMEMBERED :])
        return self._decide(entry, recent) if isinstance(entry, Step) else []

    def answer(self, step_id: str, answer: Answer | None) -> list[Decision]:
        """Tell the kept log again with this answer; return the decisions that changed.

        ``None``: nobody has said anything about this step.

        Raises:
            KeyError: the step is not in the log any more.
        """
        state = self.state
        if self.step(step_id) is None:
            raise KeyError(step_id)
        if answer is None:
            state.answers.pop(step_id, None)
        else:
            state.answers[step_id] = answer
            if answer.baby is not None:
                join_before(state.log, step_id, answer.baby)
        return self._tell_again()

    def meet(self, baby: Presence) -> list[Decision]:
        """A baby joins: as ``observe``, and by the step that was it being put in, if one was.

        Returns the decisions that changed.
        """
        state = self.state
        step = put_in(state.log, state.decisions, self.best(), baby)
        self.observe(baby)
        if step is None:
            return []
        join_before(state.log, step.step_id, baby.baby)
        return self._tell_again()

    def amend(self, entry: Typed | Presence, now: Typed | Presence | None) -> list[Decision] | None:
        """Put ``now`` in the place of the kept entry of this kind, baby and time, or nothing.

        Returns the decisions that changed; ``None`` when there is no such entry any more.
        """
        log = self.state.log
        for place, kept in enumerate(log):
            if type(kept) is type(entry) and (kept.t_s, kept.baby) == (entry.t_s, entry.baby):
                log[place : place + 1] = [] if now is None else [now]
                return self._tell_again()
        return None

    def insert(self, entry: Typed) -> list[Decision]:
        """As ``observe``, but where it belongs by its time; what is older than the log is left."""
        log = self.state.log
        place = len(log)
        while place and log[place - 1].t_s > entry.t_s:
            place -= 1
        if place == len(log):
            return self.observe(entry)
        if place == 0 and entry.t_s < log[0].t_s and len(log) >= _LOG_STEPS // 2:
            return []
        log.insert(place, entry)
        return self._tell_again()

    def step(self, step_id: str) -> Step | None:
        """The step with this id, as long as it is in the log."""
        return next((e for e in _steps(self.state.log) if e.step_id == step_id), None)

    def _tell_again(self) -> list[Decision]:
        state = self.state
        before = dict(state.decisions)
        state.hypotheses, state.present = list(state.checkpoint), state.checkpoint_present
        for entry in state.log:
            if isinstance(entry, Step):
                state.decisions.pop(entry.step_id, None)
        for place, entry in enumerate(state.log, 1):
            self._apply(entry)
            if isinstance(entry, Step):
                self._decide(entry, _steps(state.log[max(place - 2 * REMEMBERED, 0) : place]))
        return [d for key, d in state.decisions.items() if before.get(key) != d]

    def _record(self, entry: Step | Typed | Presence) -> None:
        state = self.state
        if len(state.log) >= _LOG_STEPS:
            gone, state.log = state.log[: _LOG_STEPS // 2], state.log[_LOG_STEPS // 2 :]
            self._advance_checkpoint(gone)
        state.log.append(entry)

    def _advance_checkpoint(self, gone: list[Step | Typed | Presence]) -> None:
        state = self.state
        now, present = state.hypotheses, state.present
        state.hypotheses, state.present = state.checkpoint, state.checkpoint_present
        for entry in gone:
            self._apply(entry)
        state.checkpoint, state.checkpoint_present = state.hypotheses, state.present
        state.hypotheses, state.present = now, present
        kept = {e.step_id for e in state.log if isinstance(e, Step)}
        state.answers = {k: v for k, v in state.answers.items() if k in kept}
        state.decisions = {k: v for k, v in state.decisions.items() if k in kept}

    def _apply(self, entry: Step | Typed | Presence) -> None:
        state = self.state
        if isinstance(entry, Typed):
            estimate = Estimate(entry.g, entry.sigma_g + 0.01 * entry.g, entry.t_s)
            state.hypotheses = [with_weight(s, entry.baby, estimate) for s in state.hypotheses]
        elif isinstance(entry, Presence):
            self._apply_presence(entry)
        else:
            answer = state.answers.get(entry.step_id)
            children: list[Hypothesis] = []
            for hypothesis in state.hypotheses:
                paths = list(branches(hypothesis, entry, state.present))
                if answer is not None and answer.decides:
                    paths = constrained(hypothesis, paths, entry, answer)
                children.extend(paths)
            state.hypotheses = pruned(children)

    def _apply_presence(self, entry: Presence) -> None:
        state, bit = self.state, 1 << entry.baby
        if entry.present:
            state.present |= bit
            state.hypotheses = pruned([h for s in state.hypotheses for h in joined(s, entry)])
        else:
            state.present &= ~bit
            state.hypotheses = pruned([left(s, entry) for s in state.hypotheses])

    # ------------------------------------------------------------------ what is decided

    def _decide(self, step: Step, recent: Sequence[Step]) -> list[Decision]:
        """Judge what ``step`` may have settled; ``recent``: the steps up to it, and it."""
        state = self.state
        changed = []
        for entry in recent[-REMEMBERED:]:
            if not (step.settled or step.blind or step.t_s - entry.t_s > _PATIENCE_S):
                continue
            old = state.decisions.get(entry.step_id)
            new = self._judge(entry, old, _episode(entry, recent))
            if new is not None and new != old:
                state.decisions[entry.step_id] = new
                changed.append(new)
        return changed

    def _judge(self, step: Step, old: Decision | None, close: set[str]) -> Decision | None:
        shares: dict[Key, float] = {}
        nearby: dict[Key, float] = {}
        best: dict[Key, tuple[float, Explanation, Hypothesis]] = {}
        for hypothesis in self.state.hypotheses:
            explanation = next(
                (x for x in hypothesis.explanations if x.step_id == step.step_id), None
            )
            if explanation is None:
                return None
            p = math.exp(hypothesis.log_p)
            key = (explanation.kind, explanation.lifted, explanation.returned)
            shares[key] = shares.get(key, 0.0) + p
            if key not in best or p > best[key][0]:
                best[key] = (p, explanation, hypothesis)
            for other in hypothesis.explanations:
                if other.kind in {"move", "thing"} and other.step_id in close:
                    near = (other.kind, other.lifted, other.returned)
                    nearby[near] = nearby.get(near, 0.0) + p
        top = max(shares, key=lambda key: shares[key])
        if old is not None and not must_revise(old, shares, top):
            return old
        if step.blind:
            told = old is not None or step.step_id in self.state.answers
            decision = decision_after_gap(step, shares, told=told)
        else:
            _, explanation, hypothesis = best[top]
            decision = decision_of(step, shares, nearby, explanation)
            if decision.kind == "claim":
                decision = by_lasting_levels(decision, hypothesis, _steps(self.state.log))
        return answered(decision, self.state.answers.get(step.step_id))


def _steps(log: Sequence[Step | Typed | Presence]) -> list[Step]:
    return [entry for entry in log if isinstance(entry, Step)]


def _episode(step: Step, recent: Sequence[Step]) -> set[str]:
    """Ids of the steps so close that they may be one move: a hand leaning before or after."""
    return {
        e.step_id
        for e in recent
        if e.step_id != step.step_id and abs(e.t_s - step.t_s) <= EPISODE_S
    }
