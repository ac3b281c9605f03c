"""Who is in the box and who is out: several stories at once, and the honesty to say "not sure".

Multiple-hypothesis tracking (Reid 1979) over the steps of the platform. A hypothesis is one story:
who is inside, what each baby weighs and when that was read, whether a hand leans on the box, which
objects were put in. Every step lets each story branch (one baby, two at once, a swap under the
hand, an object, a hand, a baby in a blanket), and the branches compete by how well each baby's
predicted weight explains the grams. A name is claimed when the stories that agree on it hold
nearly all of the probability; what a person says later is a constraint, and the kept log of steps
is told again under it, so that everything that followed is repaired as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Literal

import msgspec

CLAIM_P = 0.95
"""Posterior below which a step is not named."""
REVISE_P = 0.98
"""A later change of mind needs more: each costs trust."""
KEEP_P = 0.5
"""A claim is withdrawn when its probability falls below this."""

SMALLEST_MOVE_G = 25.0
"""No living kitten weighs less (stillborn runts do)."""
_EPISODE_S = 20.0
_REMEMBERED = 14
"""Steps whose explanation each story still carries: about one feeding round of five babies."""
_PATIENCE_S = 45.0
"""A box that is never still long enough to settle is judged all the same after this."""
_BEAM = 64
_BEAM_NATS = 14.0
"""Stories less likely than the best by e^-14 are dropped."""
_LOG_STEPS = 160
"""Steps that can be told again after an answer: more than a day of a busy box."""

# How often each kind of handling happens, given that the level changed. Judgement, not data: all
# are mild next to the evidence of the grams (a factor of ten is 2 SD of weight).
_P_SINGLE = 0.5
_P_JOINT = 0.02
_P_TRIPLE = 0.004
_P_BACK_TOGETHER = 0.15
"""those lifted together often come back together"""
_P_SWAP = 0.015
_P_OBJECT = 0.03
_P_KNOWN_OBJECT = 0.10
_P_MIXED = 0.004
_P_TOUCH = 0.3
_P_HAND = 0.15
_P_HAND_STAYS = 0.01
"""a hand that leans through SETTLE_S without moving more than a gram"""

_HAND_SPAN_G = 600.0
_MIN_OBJECT_G = 5.0

Kind = Literal["move", "swap", "object", "touch", "hand", "mixed", "blind"]
Key = tuple[Kind, int, int]
"""kind, babies lifted, babies returned"""


class Estimate(msgspec.Struct, frozen=True, array_like=True):
    """What one baby weighed when it was last read."""

    g: float
    sd_g: float
    t_s: float
    gut_g: float = 0.0
    """of which taken in just before, so that much of it will be gone by the next"""


class Step(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A change of level, as the tracker sees it."""

    step_id: str
    t_s: float
    from_g: float
    to_g: float
    sigma_g: float
    settled: bool
    touched: bool
    """the signal went far beyond both levels in between"""
    blind: bool = False
    """nobody watched: a gap in the data, or the box was off the platform"""
    box_was_off: bool = False
    elapsed_s: float = 0.0
    """from the last level to this one"""


class Typed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A weight typed by hand."""

    t_s: float
    baby: int
    g: float


class Presence(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A baby joins or leaves the nursery."""

    t_s: float
    baby: int
    present: bool
    estimate: Estimate


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said about one step."""

    baby: int | None = None
    """``None`` with ``decides`` set: it was no baby"""
    decides: bool = False
    g: float | None = None
    void: bool = False


class Label(msgspec.Struct, frozen=True, array_like=True):
    """One story's explanation of one step."""

    step_id: str
    kind: Kind
    lifted: int
    returned: int
    g: float
    sigma_g: float


class Story(msgspec.Struct, frozen=True, array_like=True):
    """One hypothesis."""

    log_p: float
    inside: int
    """bit i: baby i is in the box"""
    weights: tuple[Estimate, ...]
    labels: tuple[Label, ...] = ()
    objects: tuple[float, ...] = ()
    """what was put in and not yet taken out, in grams"""
    base_g: float | None = None
    """level without the leaning hand; ``None``: no hand"""
    base_sigma_g: float = 0.0


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What is said about a step."""

    step: Step
    kind: Literal["claim", "joint", "object", "unassigned", "nothing"]
    lifted: int = 0
    returned: int = 0
    g: float = 0.0
    sigma_g: float = 0.0
    p: float = 0.0
    candidates: tuple[tuple[int, float], ...] = ()
    assigned: bool = False
    void: bool = False


class LitterState(msgspec.Struct):
    """Everything the tracker remembers; bounded."""

    stories: list[Story]
    present: int
    log: list[Step | Typed | Presence] = []
    checkpoint: list[Story] = []
    checkpoint_present: int = 0
    answers: dict[str, Answer] = {}
    decisions: dict[str, Decision] = {}


class LitterTracker:
    """Steps in, decisions out; ``answer`` repairs the past."""

    def __init__(self, state: LitterState) -> None:
        self.state = state

    @classmethod
    def start(cls, weights: Sequence[Estimate], *, all_inside: bool) -> LitterTracker:
        """Begin with these babies; all inside, or nobody knows."""
        n = len(weights)
        everyone = (1 << n) - 1
        stories = [Story(0.0, everyone, tuple(weights))]
        if not all_inside:
            share = math.log(0.5 / max(2**n - 1, 1)) - math.log(0.5)
            stories += [
                Story(share, inside, tuple(weights))
                for inside in _subsets(everyone, 0)
                if inside != everyone
            ]
        state = LitterState(stories=_normalised(stories), present=everyone)
        state.checkpoint, state.checkpoint_present = list(state.stories), everyone
        return cls(state)

    # ------------------------------------------------------------------ what is believed

    def p_inside(self, baby: int) -> float:
        """Probability that the baby is in the box."""
        bit = 1 << baby
        return sum(math.exp(s.log_p) for s in self.state.stories if s.inside & bit)

    def best(self) -> Story:
        """The likeliest story."""
        return self.state.stories[0]

    # ------------------------------------------------------------------ what happens

    def step(self, step: Step) -> list[Decision]:
        """Take one step; return the decisions that are new or changed."""
        self._record(step)
        self._apply(step)
        return self._decide(step)

    def typed(self, entry: Typed) -> None:
        """Believe a typed weight."""
        self._record(entry)
        self._apply(entry)

    def presence(self, entry: Presence) -> None:
        """A baby joins (in the box or not, nobody knows) or leaves the nursery."""
        self._record(entry)
        self._apply(entry)

    def answer(self, step_id: str, answer: Answer) -> list[Decision]:
        """Tell the kept log again with this answer; return the decisions that changed.

        Raises:
            KeyError: the step is not in the log any more.
        """
        state = self.state
        if not any(isinstance(e, Step) and e.step_id == step_id for e in state.log):
            raise KeyError(step_id)
        state.answers[step_id] = answer
        before = dict(state.decisions)
        state.stories, state.present = list(state.checkpoint), state.checkpoint_present
        for entry in state.log:
            if isinstance(entry, Step):
                state.decisions.pop(entry.step_id, None)
        for entry in state.log:
            self._apply(entry)
            if isinstance(entry, Step):
                self._decide(entry)
        return [d for key, d in state.decisions.items() if before.get(key) != d]

    def _record(self, entry: Step | Typed | Presence) -> None:
        state = self.state
        if len(state.log) >= _LOG_STEPS:
            gone, state.log = state.log[: _LOG_STEPS // 2], state.log[_LOG_STEPS // 2 :]
            self._advance_checkpoint(gone)
        state.log.append(entry)

    def _advance_checkpoint(self, gone: list[Step | Typed | Presence]) -> None:
        state = self.state
        now, present = state.stories, state.present
        state.stories, state.present = state.checkpoint, state.checkpoint_present
        for entry in gone:
            self._apply(entry)
        state.checkpoint, state.checkpoint_present = state.stories, state.present
        state.stories, state.present = now, present
        kept = {e.step_id for e in state.log if isinstance(e, Step)}
        state.answers = {k: v for k, v in state.answers.items() if k in kept}
        state.decisions = {k: v for k, v in state.decisions.items() if k in kept}

    def _apply(self, entry: Step | Typed | Presence) -> None:
        state = self.state
        if isinstance(entry, Typed):
            estimate = Estimate(entry.g, 1.0 + 0.01 * entry.g, entry.t_s)
            state.stories = [_with_weight(s, entry.baby, estimate) for s in state.stories]
        elif isinstance(entry, Presence):
            self._apply_presence(entry)
        else:
            answer = state.answers.get(entry.step_id)
            children: list[Story] = []
            for story in state.stories:
                branches = list(_branches(story, entry, state.present))
                if answer is not None and answer.decides:
                    branches = _constrained(story, branches, entry, answer)
                children.extend(branches)
            state.stories = _pruned(children)

    def _apply_presence(self, entry: Presence) -> None:
        state = self.state
        bit = 1 << entry.baby
        if not entry.present:
            state.present &= ~bit
            state.stories = _pruned(
                [
                    msgspec.structs.replace(
                        s,
                        inside=s.inside & ~bit,
                        # its body may still be taken out: that is then no other baby
                        objects=(*s.objects, s.weights[entry.baby].g)[-6:]
                        if s.inside & bit
                        else s.objects,
                    )
                    for s in state.stories
                ]
            )
            return
        state.present |= bit
        stories = []
        for story in state.stories:
            weights = (*story.weights[: entry.baby], entry.estimate)
            weights += story.weights[entry.baby + 1 :]
            half = msgspec.structs.replace(
                story, log_p=story.log_p + math.log(0.5), weights=weights
            )
            stories.append(msgspec.structs.replace(half, inside=story.inside | bit))
            stories.append(msgspec.structs.replace(half, inside=story.inside & ~bit))
        state.stories = _pruned(stories)

    # ------------------------------------------------------------------ what is said

    def _decide(self, step: Step) -> list[Decision]:
        state = self.state
        changed = []
        steps = [e for e in state.log[-2 * _REMEMBERED :] if isinstance(e, Step)]
        for entry in steps[-_REMEMBERED:]:
            if not (step.settled or step.blind or step.t_s - entry.t_s > _PATIENCE_S):
                continue
            if entry.t_s > step.t_s:
                continue
            old = state.decisions.get(entry.step_id)
            new = self._judge(entry, old)
            if new is not None and new != old:
                state.decisions[entry.step_id] = new
                changed.append(new)
        return changed

    def _judge(self, step: Step, old: Decision | None) -> Decision | None:
        shares: dict[Key, float] = {}
        nearby: dict[Key, float] = {}
        best: dict[Key, tuple[float, Label]] = {}
        close = self._episode(step)
        for story in self.state.stories:
            label = next((x for x in story.labels if x.step_id == step.step_id), None)
            if label is None:
                return None
            p = math.exp(story.log_p)
            key = (label.kind, label.lifted, label.returned)
            shares[key] = shares.get(key, 0.0) + p
            if key not in best or p > best[key][0]:
                best[key] = (p, label)
            for other in story.labels:
                if other.kind == "move" and other.step_id in close:
                    near = (other.kind, other.lifted, other.returned)
                    nearby[near] = nearby.get(near, 0.0) + p
        top = max(shares, key=lambda key: shares[key])
        if old is not None and not self._must_revise(old, shares, top):
            return old
        decision = _decision(step, shares, nearby, best[top][1])
        return _answered(decision, self.state.answers.get(step.step_id))

    def _episode(self, step: Step) -> set[str]:
        """Ids of the steps so close that they may be one move: a hand leaning before or after."""
        return {
            e.step_id
            for e in self.state.log[-2 * _REMEMBERED :]
            if isinstance(e, Step)
            and e.step_id != step.step_id
            and abs(e.t_s - step.t_s) <= _EPISODE_S
        }

    @staticmethod
    def _must_revise(old: Decision, shares: dict[Key, float], top: Key) -> bool:
        if old.assigned:
            return False
        if old.kind in {"claim", "joint"}:
            return shares.get(("move", old.lifted, old.returned), 0.0) < KEEP_P
        is_move = top[0] == "move"
        return shares[top] >= REVISE_P and (is_move or old.kind == "unassigned")


def _decision(
    step: Step, shares: dict[Key, float], nearby: dict[Key, float], label: Label
) -> Decision:
    top = max(shares, key=lambda key: shares[key])
    kind, lifted, returned = top
    p = shares[top]
    delta = step.to_g - step.from_g
    candidates = _candidates(shares)
    together = p + nearby.get(top, 0.0)
    if kind == "move" and together >= CLAIM_P and p >= nearby.get(top, 0.0):
        single = (lifted | returned).bit_count() == 1
        return Decision(
            step=step,
            kind="claim" if single else "joint",
            lifted=lifted,
            returned=returned,
            g=label.g,
            sigma_g=label.sigma_g,
            p=min(together, 1.0),
            candidates=candidates,
        )
    if any(nearby[k] > shares.get(k, 0.0) and nearby[k] + shares.get(k, 0.0) >= CLAIM_P
           for k in nearby):  # fmt: skip
        return Decision(step=step, kind="nothing", p=p)
    moved = sum(v for k, v in shares.items() if k[0] in {"move", "mixed", "swap"})
    quiet = kind in {"touch", "hand"} and p > 0.5
    if moved >= 1.0 - CLAIM_P and abs(delta) >= SMALLEST_MOVE_G and not step.blind and not quiet:
        return Decision(
            step=step, kind="unassigned", g=abs(delta), sigma_g=step.sigma_g, candidates=candidates
        )
    if kind == "object":
        return Decision(step=step, kind="object", g=delta, sigma_g=step.sigma_g, p=p)
    return Decision(step=step, kind="nothing", p=p)


def _answered(decision: Decision, answer: Answer | None) -> Decision:
    if answer is None:
        return decision
    changes: dict[str, object] = {
        "void": answer.void,
        "assigned": answer.decides or decision.assigned,
    }
    if answer.g is not None:
        changes["g"] = answer.g
    return msgspec.structs.replace(decision, **changes)


def _candidates(shares: dict[Key, float]) -> tuple[tuple[int, float], ...]:
    each: dict[int, float] = {}
    for (kind, lifted, returned), p in shares.items():
        if kind in {"move", "mixed", "swap"}:
            for baby in _bits(lifted | returned):
                each[baby] = each.get(baby, 0.0) + p
    ranked = sorted(each.items(), key=lambda item: (-item[1], item[0]))
    return tuple((baby, p) for baby, p in ranked if p >= 0.02)


# ---------------------------------------------------------------------- branching


def _branches(story: Story, step: Step, present: int) -> Iterator[Story]:
    if step.blind:
        yield from _blind(story, step, present)
        return
    delta = step.to_g - (story.base_g if story.base_g is not None else step.from_g)
    sigma = math.hypot(step.sigma_g, story.base_sigma_g)
    leaning = story.base_g is not None
    stays = _P_HAND_STAYS if step.settled else 1.0
    upright = msgspec.structs.replace(story, base_g=None, base_sigma_g=0.0) if leaning else story
    yield from _without_hand(upright, step, delta, sigma, present)
    # A hand comes, shifts or goes on leaning while babies move under it.
    p_hand = _P_HAND * stays / _HAND_SPAN_G
    base = story.base_g if story.base_g is not None else step.from_g
    if abs(delta) > 4.0:
        label = Label(step.step_id, "hand", 0, 0, 0.0, 0.0)
        yield _child(upright, label, p_hand, base_g=base, base_sigma_g=sigma)
    if leaning:
        shift = step.to_g - step.from_g
        for child in _single_moves(upright, step, shift, step.sigma_g, present):
            moved = child.labels[-1]
            signed = moved.g if moved.returned else -moved.g
            yield msgspec.structs.replace(
                child,
                log_p=child.log_p + math.log(0.3 * stays),
                base_g=base + signed,
                base_sigma_g=math.hypot(story.base_sigma_g, moved.sigma_g),
            )


def _without_hand(
    story: Story, step: Step, delta: float, sigma: float, present: int
) -> Iterator[Story]:
    quiet = 0.8 * _gauss(delta, math.hypot(sigma, 0.7)) + 0.2 * _gauss(delta, 3.0)
    if quiet > 1e-9:
        yield _child(story, Label(step.step_id, "touch", 0, 0, 0.0, 0.0), _P_TOUCH * quiet)
    yield from _single_moves(story, step, delta, sigma, present)
    yield from _joint_moves(story, step, delta, sigma, present)
    if step.touched:
        yield from _swaps(story, step, delta, sigma, present)
    yield from _object_moves(story, step, delta)
    yield from _mixed_moves(story, step, delta, sigma, present)


def _single_moves(
    story: Story, step: Step, delta: float, sigma: float, present: int
) -> Iterator[Story]:
    lifting = delta < 0
    pool = _bits(story.inside & present) if lifting else _bits(present & ~story.inside)
    density_of = lift_density if lifting else return_density
    for baby in pool:
        density = density_of(abs(delta), sigma, story.weights[baby], step.t_s)
        if density > 1e-9:
            p = _P_SINGLE / len(pool) * density
            yield _move_one(story, step, baby, (abs(delta), sigma), p)


def _move_one(story: Story, step: Step, baby: int, read: tuple[float, float], p: float) -> Story:
    bit = 1 << baby
    lifted = bool(story.inside & bit)
    g, sigma = read
    label = Label(step.step_id, "move", bit if lifted else 0, 0 if lifted else bit, g, sigma)
    moved = _child(story, label, p, inside=story.inside ^ bit)
    gut_g = 0.0 if lifted else max(g - story.weights[baby].g, 0.0)
    return _with_weight(moved, baby, Estimate(g, sigma, step.t_s, gut_g))


def _joint_moves(
    story: Story, step: Step, delta: float, sigma: float, present: int
) -> Iterator[Story]:
    lifting = delta < 0
    pool = _bits(story.inside & present) if lifting else _bits(present & ~story.inside)
    for size, prior in ((2, _P_JOINT), (3, _P_TRIPLE)):
        if len(pool) < size:
            return
        groups = list(combinations(pool, size))
        for group in groups:
            guesses = [_guess(story.weights[b], step.t_s, lifting=lifting) for b in group]
            mean = sum(m for m, _ in guesses)
            sd = math.sqrt(sigma**2 + sum(s**2 for _, s in guesses))
            residual = abs(delta) - mean
            density = _heavy_gauss(residual, sd)
            if density < 1e-9:
                continue
            mask = sum(1 << b for b in group)
            label = Label(
                step.step_id, "move", mask if lifting else 0, 0 if lifting else mask,
                abs(delta), sigma,
            )  # fmt: skip
            chance = prior / len(groups)
            if not lifting and _left_together(story, group):
                chance = _P_BACK_TOGETHER
            child = _child(story, label, chance * density, inside=story.inside ^ mask)
            for baby, (m, s) in zip(group, guesses, strict=True):
                share = s**2 / sd**2
                g = m + share * residual
                gut_g = 0.0 if lifting else max(g - story.weights[baby].g, 0.0)
                left = s * math.sqrt(max(1.0 - share, 0.01))
                estimate = Estimate(g, left, step.t_s, gut_g)
                child = _with_weight(child, baby, estimate)
            yield child


def _left_together(story: Story, group: Sequence[int]) -> bool:
    return len({story.weights[baby].t_s for baby in group}) == 1


def _swaps(story: Story, step: Step, delta: float, sigma: float, present: int) -> Iterator[Story]:
    inside, outside = _bits(story.inside & present), _bits(present & ~story.inside)
    pairs = len(inside) * len(outside)
    for back in outside:
        m_back, s_back = _guess(story.weights[back], step.t_s, lifting=False)
        for out in inside:
            m_out, s_out = _guess(story.weights[out], step.t_s, lifting=True)
            sd = math.sqrt(sigma**2 + s_back**2 + s_out**2)
            residual = delta - (m_back - m_out)
            density = _heavy_gauss(residual, sd)
            if density < 1e-9:
                continue
            label = Label(step.step_id, "swap", 1 << out, 1 << back, abs(delta), sigma)
            both = (1 << out) | (1 << back)
            child = _child(story, label, _P_SWAP / pairs * density, inside=story.inside ^ both)
            k_back, k_out = s_back**2 / sd**2, s_out**2 / sd**2
            g_back = m_back + k_back * residual
            gut_g = max(g_back - story.weights[back].g, 0.0)
            child = _with_weight(child, back, Estimate(g_back, s_back, step.t_s, gut_g))
            g_out = m_out - k_out * residual
            yield _with_weight(child, out, Estimate(g_out, s_out, step.t_s))


def _object_moves(story: Story, step: Step, delta: float) -> Iterator[Story]:
    size = abs(delta)
    label = Label(step.step_id, "object", 0, 0, size, step.sigma_g)
    objects = story.objects
    if delta < 0:
        for i, mass in enumerate(objects):
            density = _gauss(size - mass, 1.0 + 0.01 * mass)
            if density > 1e-9:
                rest = objects[:i] + objects[i + 1 :]
                yield _child(story, label, _P_KNOWN_OBJECT * density, objects=rest)
    else:
        objects = (*objects, size)[-6:] if size >= _MIN_OBJECT_G else objects
    yield _child(story, label, _P_OBJECT * _object_density(size), objects=objects)


def _mixed_moves(
    story: Story, step: Step, delta: float, sigma: float, present: int
) -> Iterator[Story]:
    """A baby in a blanket: one of the babies moved, but its weight was not read."""
    lifting = delta < 0
    pool = _bits(story.inside & present) if lifting else _bits(present & ~story.inside)
    for baby in pool:
        mean, sd = _guess(story.weights[baby], step.t_s, lifting=lifting)
        extra = abs(delta) - mean
        if extra < max(_MIN_OBJECT_G, 3.0 * sd + sigma):
            continue
        bit = 1 << baby
        label = Label(step.step_id, "mixed", bit if lifting else 0, 0 if lifting else bit, 0.0, 0.0)
        p = _P_MIXED / len(pool) * _object_density(extra)
        yield _child(story, label, p, inside=story.inside ^ bit)


def _blind(story: Story, step: Step, present: int) -> Iterator[Story]:
    """Nobody watched: any of the babies may have moved and the bedding may have changed."""
    base = story.base_g if story.base_g is not None else step.from_g
    delta = step.to_g - base
    drift = 1.0 + 15.0 * step.elapsed_s / 3600.0
    upright = msgspec.structs.replace(story, base_g=None, base_sigma_g=0.0)
    p_same = 0.5
    p_bedding = 0.4 if step.box_was_off else 0.05
    targets = _subsets(story.inside | present, story.inside)
    for target in targets:
        prior = p_same if target == story.inside else (1.0 - p_same) / max(len(targets) - 1, 1)
        mean, var = 0.0, step.sigma_g**2 + min(drift, 40.0) ** 2
        for baby in _bits(target ^ story.inside):
            lifting = bool(story.inside & (1 << baby))
            m, s = _guess(story.weights[baby], step.t_s, lifting=lifting)
            mean += -m if lifting else m
            var += s**2
        density = (1.0 - p_bedding) * _heavy_gauss(delta - mean, math.sqrt(var))
        density += p_bedding * _object_density(abs(delta - mean)) * 0.5
        label = Label(
            step.step_id, "blind", story.inside & ~target, target & ~story.inside, 0.0, 0.0
        )
        yield _child(upright, label, prior * density, inside=target)


def _constrained(story: Story, branches: list[Story], step: Step, answer: Answer) -> list[Story]:
    """Keep the branches that agree with the answer; make one where none does."""
    if answer.baby is None:
        return [b for b in branches if b.labels[-1].kind in {"object", "touch", "hand"}]
    bit = 1 << answer.baby

    def agrees(branch: Story) -> bool:
        label = branch.labels[-1]
        return label.kind == "move" and (label.lifted | label.returned) == bit

    kept = [b for b in branches if agrees(b)]
    if kept:
        return [_reweighed(b, answer, step) for b in kept]
    delta = step.to_g - step.from_g
    lifting = delta < 0
    where = story.inside | bit if lifting else story.inside & ~bit
    placed = msgspec.structs.replace(story, inside=where, base_g=None, base_sigma_g=0.0)
    forced = _move_one(placed, step, answer.baby, (abs(delta), step.sigma_g), 1e-9)
    return [_reweighed(forced, answer, step)]


def _reweighed(story: Story, answer: Answer, step: Step) -> Story:
    if answer.g is None or answer.baby is None:
        return story
    old = story.weights[answer.baby]
    return _with_weight(story, answer.baby, Estimate(answer.g, 1.0, step.t_s, old.gut_g))


# ---------------------------------------------------------------------- predicted weights


def lift_density(g: float, sigma_g: float, last: Estimate, t_s: float) -> float:
    """Density (per gram) that a baby last read as ``last`` weighs ``g`` when lifted at ``t_s``."""
    mean, sd = _guess(last, t_s, lifting=True)
    total = math.hypot(sd, sigma_g)
    # A few in a hundred differ for reasons no model has (wet fur, a feed nobody saw, a rough
    # typed weight), hardly any so soon after the last reading.
    hours = max(t_s - last.t_s, 0.0) / 3600.0
    odd = 0.01 + 0.05 * (1.0 - math.exp(-hours / 2.0))
    return (1.0 - odd) * _gauss(g - mean, total) + odd * _gauss(
        g - mean, math.hypot(total, 0.05 * last.g)
    )


def return_density(g: float, sigma_g: float, last: Estimate, t_s: float) -> float:
    """Density (per gram) that a baby last read as ``last`` weighs ``g`` on return at ``t_s``.

    Fed: +4 to 5 % on the reference's 4 ml per 100 g. Not fed, or only emptied: a little less.
    """
    hours = max(t_s - last.t_s, 0.0) / 3600.0
    spread = math.sqrt(sigma_g**2 + last.sd_g**2 + (_away_sd(hours) * last.g) ** 2)
    grown = last.g * _growth(hours)
    return (
        0.70 * _gauss(g - 1.042 * grown, math.hypot(spread, 0.018 * last.g))
        + 0.22 * _gauss(g - 0.995 * grown, math.hypot(spread, 0.013 * last.g))
        + 0.08 * _gauss(g - 1.015 * grown, math.hypot(spread, 0.06 * last.g))
    )


def _guess(last: Estimate, t_s: float, *, lifting: bool) -> tuple[float, float]:
    """Predicted weight and its SD, one Gaussian."""
    hours = max(t_s - last.t_s, 0.0) / 3600.0
    grown = last.g * _growth(hours)
    if lifting:
        gone = 1.0 - math.exp(-hours / 2.5)
        # 2 to 3 % of the weight goes between feeds, two thirds of what the bottle added.
        mean = grown - gone * (0.65 * last.gut_g + 0.003 * last.g)
        sd = last.g * math.sqrt(0.005**2 + (0.013 * gone) ** 2 + (0.02**2) * hours / 24.0)
    else:
        mean = 1.030 * grown
        sd = last.g * math.hypot(0.024, _away_sd(hours))
    return mean, math.hypot(sd, last.sd_g)


def _growth(hours: float) -> float:
    """4 % a day, but only once several feeds have gone unseen."""
    return 1.0 + 0.04 * max(hours - 8.0, 0.0) / 24.0


def _away_sd(hours: float) -> float:
    """Relative SD of what happens to a baby that is out for long: feeds nobody weighed."""
    return 0.015 * math.sqrt(min(max(hours - 0.5, 0.0), 36.0))


# ---------------------------------------------------------------------- small helpers


def _child(
    story: Story,
    label: Label,
    p: float,
    *,
    inside: int | None = None,
    objects: tuple[float, ...] | None = None,
    base_g: float | None = None,
    base_sigma_g: float = 0.0,
) -> Story:
    return Story(
        story.log_p + math.log(max(p, 1e-300)),
        story.inside if inside is None else inside,
        story.weights,
        (*story.labels[1 - _REMEMBERED :], label),
        story.objects if objects is None else objects,
        base_g,
        base_sigma_g,
    )


def _with_weight(story: Story, baby: int, estimate: Estimate) -> Story:
    weights = (*story.weights[:baby], estimate, *story.weights[baby + 1 :])
    return msgspec.structs.replace(story, weights=weights)


def _pruned(stories: list[Story]) -> list[Story]:
    stories.sort(key=lambda s: -s.log_p)
    floor = stories[0].log_p - _BEAM_NATS
    places: dict[object, list[int]] = {}
    kept: list[Story] = []
    for story in stories:
        if story.log_p < floor or len(kept) >= 4 * _BEAM:
            break
        key = (
            story.inside,
            story.base_g is None,
            tuple((x.kind, x.lifted, x.returned) for x in story.labels),
        )
        twins = places.setdefault(key, [])
        twin = next((i for i in twins if _alike(story, kept[i])), None)
        if twin is None:
            twins.append(len(kept))
            kept.append(story)
        else:
            joined = _log_add(kept[twin].log_p, story.log_p)
            kept[twin] = msgspec.structs.replace(kept[twin], log_p=joined)
    kept.sort(key=lambda s: -s.log_p)
    return _normalised(kept[:_BEAM])


def _alike(a: Story, b: Story) -> bool:
    """The same future: weights within 1 %, so that merging loses nothing."""
    return all(
        abs(x.g - y.g) <= 0.01 * y.g + 0.5 for x, y in zip(a.weights, b.weights, strict=True)
    ) and len(a.objects) == len(b.objects)


def _normalised(stories: list[Story]) -> list[Story]:
    top = max(s.log_p for s in stories)
    total = top + math.log(sum(math.exp(s.log_p - top) for s in stories))
    return [msgspec.structs.replace(s, log_p=s.log_p - total) for s in stories]


def _log_add(a: float, b: float) -> float:
    high, low = max(a, b), min(a, b)
    return high + math.log1p(math.exp(low - high))


def _bits(mask: int) -> list[int]:
    return [i for i in range(mask.bit_length()) if mask >> i & 1]


def _subsets(everyone: int, centre: int) -> list[int]:
    """Every set of babies; beyond ten babies only those within three moves of ``centre``."""
    babies = _bits(everyone)
    if len(babies) <= 10:
        out = [0]
        for baby in babies:
            out += [mask | 1 << baby for mask in out]
        return out
    changes = [0]
    for size in (1, 2, 3):
        changes += [sum(1 << b for b in group) for group in combinations(babies, size)]
    return [centre ^ change for change in changes]


def _gauss(x: float, sd: float) -> float:
    z = x / sd
    return math.exp(-0.5 * z * z) / (2.5066282746 * sd) if abs(z) < 12.0 else 0.0


def _heavy_gauss(x: float, sd: float) -> float:
    return 0.9 * _gauss(x, sd) + 0.1 * _gauss(x, 3.0 * sd)


def _object_density(size_g: float) -> float:
    """Log-uniform from 5 g (a cloth) to 2 kg (a full heat pad)."""
    return 1.0 / (6.0 * max(size_g, _MIN_OBJECT_G))
