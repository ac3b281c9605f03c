"""``out_of_box``: somebody has been out for longer than a bottle takes, and nobody is about.

A baby on the floor is cold within the hour, and crawls where nobody hears it. Whoever has it says
so by any note or feed that names it (``absence``); then it is away on purpose until it is back.
"""

from __future__ import annotations

from monitor.alert_kinds import Severity
from monitor.core.growth.low_intake import Finding
from monitor.core.scale.absence import Missing
from monitor.core.scale.parts import Parts
from monitor.events import Candidate, CannotJudge, Closed, Condition
from monitor.names import counted, listed
from monitor.times import spoken_duration

NEONATE_DAYS = 28.0
"""Younger ones do not keep themselves warm: the nest is to be 24 to 32 °C until then (CASCMA)."""


def findings(parts: Parts, now_s: float, *, blind: bool) -> list[Finding]:
    """What is known, and not, of everybody who may be out; ``blind``: the box is not seen."""
    found = _closed(parts)
    if blind:
        return [*found, CannotJudge(kind="out_of_box", why="the box is not seen")]
    missing = parts.absences.missing()
    touched_s = parts.state.touched_s
    late = [each for each in missing if parts.absences.is_late(each, now_s, touched_s)]
    found += [_condition(parts, each, now_s) for each in late]
    return [*found, *_unjudged(parts, {_key(parts, each) for each in missing})]


def _closed(parts: Parts) -> list[Finding]:
    """Those of whom somebody said that they have them."""
    found: list[Finding] = []
    for i, record in enumerate(parts.claims.records):
        if record.here and parts.absences.is_away(i):
            why = f"{record.baby.name} is with somebody, as was noted."
            keys = [k for k, ids in parts.absences.state.groups.items() if record.baby.id in ids]
            found += [Closed(kind="out_of_box", key=k, why=why) for k in (record.baby.id, *keys)]
    return found


def _unjudged(parts: Parts, missing: set[str]) -> list[Finding]:
    """Those who may be out, or may not."""
    absences = parts.absences
    unsure = {r.baby.id: r.baby.name for i, r in enumerate(parts.claims.records)
              if r.here and absences.unsure(i)}  # fmt: skip
    found: list[Finding] = [
        CannotJudge(kind="out_of_box", key=key, why=f"nobody knows whether {name} is in the box")
        for key, name in unsure.items()
    ]
    for key, ids in absences.state.groups.items():
        if key in missing or all(absences.inside(i) for i in parts.roster.indices(ids)):
            continue
        if unsure.keys() & set(ids):
            why = "nobody knows whether they are in the box"
            found.append(CannotJudge(kind="out_of_box", key=key, why=why))
        else:
            found.append(Closed(kind="out_of_box", key=key, why="It is known by now who it was."))
    return found


def _condition(parts: Parts, missing: Missing, now_s: float) -> Condition:
    records = [parts.claims.records[i] for i in missing.babies]
    names = [record.baby.name for record in records]
    single, share = len(names) == 1, round(missing.number / len(names), 3)
    has, is_, it = ("has", "is", "it") if missing.number == 1 else ("have", "are", "them")
    number = counted(missing.number).capitalize()
    who = names[0] if single else f"{number} of {listed(names)}"
    severity: Severity = "warning"
    advice = f"look for {it}"
    if min(r.expected(parts.reference, now_s).age_day for r in records) < NEONATE_DAYS:
        severity, advice = "critical", f"look for {it} now, and warm {it} before a bottle"
    return Condition(
        kind="out_of_box",
        key=_key(parts, missing),
        severity=severity,
        baby=names[0] if single else None,
        candidates=[] if single else [Candidate(name, share) for name in names],
        since_s=missing.left_s,
        title=f"{who} {is_} out of the box",
        message=f"{who} {has} been out of the box for "
        f"{spoken_duration(now_s - missing.left_s)} and nobody is about: {advice}. "
        f"If somebody has {it}, note {it} as away.",
        why="longer than a bottle takes at this age, no hand in the box for ten minutes, and no "
        "note or feed names it",
        all_clear=f"{listed(names)} {'is back' if single else 'are'} in the box.",
    )


def _key(parts: Parts, missing: Missing) -> str:
    return parts.absences.key_of(missing)
