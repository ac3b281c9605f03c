"""Is the computer itself fit to watch? Disk, heat, supply voltage, the journal, enough time.

A full card loses the night, a hot or starved Pi drops samples, and a load cell is fed from the
same five volts: under-voltage bends weights before it crashes anything. Limits come from the
Raspberry Pi documentation (throttling from 80 °C, under-voltage below 4.63 V).
"""

from __future__ import annotations

import msgspec

from monitor.core.health.stored import STORED
from monitor.events import CannotJudge, Condition, HostReport, LagReport, Slept
from monitor.times import HOUR_S, spoken_duration
from monitor.timeshift import Moment

DISK_MIN_BYTES = 100_000_000
"""a night of journal is a few megabytes, the system's own log and updates need the rest"""
HOT_C = 80.0
"""the Pi begins to throttle here"""
COOL_C = 75.0
"""hysteresis"""
LOW_POWER_S = 5.0
"""one dip while a fan starts is no news"""
LOW_POWER_BLIND_S = 60.0
"""under-voltage that lasts: weights are no longer to be trusted"""
CLOCK_LATE_S = HOUR_S
"""a router that restarts after a power cut is back in minutes; later than this nobody sets it"""
LATE_S = 20.0
"""With everything left out that can be, cries are still told this much too late."""
IN_TIME_S = 2.0
"""hysteresis"""
SLEPT_LEAST_S = 60.0
"""a shorter sleep is a stall, and told as one by whatever came too late"""
SLEPT_TOLD_S = HOUR_S
"""long enough for whoever looks after the box to come by"""
STALE_S = 180.0
"""reports come at least once a minute; an old one proves nothing"""


class HostState(msgspec.Struct):
    """The last report, and since when each limit has been broken."""

    report: HostReport | None = None
    since_s: dict[str, Moment] = {}
    late_since_s: Moment | None = None
    lag_seen: bool = False
    slept: tuple[Moment, float] | None = None
    """until when, for how many seconds"""


class HostHealth:
    """Takes what the computer says of itself; states which limits are broken."""

    def __init__(self, state: HostState | None = None) -> None:
        self.state = state or HostState()

    def observe(self, seen: HostReport | LagReport | Slept) -> None:
        """Take a new reading, how late the monitor works, or that the computer was asleep."""
        match seen:
            case HostReport():
                self._read(seen)
            case LagReport():
                self._note_lag(seen)
            case Slept(t_s=now_s, slept_s=slept_s) if slept_s >= SLEPT_LEAST_S:
                self.state.slept = (now_s, slept_s)

    def _read(self, report: HostReport) -> None:
        """A ``None`` field is unknown: it neither breaks a limit nor heals."""
        self.state.report = report
        for key, is_broken in self._broken(report).items():
            if is_broken:
                self.state.since_s.setdefault(key, report.t_s)
            elif is_broken is not None:
                self.state.since_s.pop(key, None)

    def _broken(self, report: HostReport) -> dict[str, bool | None]:
        """Each limit: broken, kept, or ``None`` where this report does not say."""
        disk_bytes, temperature_c = report.disk_free_bytes, report.temperature_c
        hot = None if temperature_c is None else temperature_c >= HOT_C
        if temperature_c is not None and COOL_C <= temperature_c < HOT_C:
            hot = None  # as it was: the limit has a hysteresis
        return {
            "disk": None if disk_bytes is None else disk_bytes < DISK_MIN_BYTES,
            "heat": hot,
            "power": report.under_voltage,
            "journal": report.journal_error is not None,
            "clock": not report.clock_known,
            "journal_lost": report.journal_lost is not None,
            "journals_kept": bool(report.journals_kept),
            "rows_rejected": bool(report.rows_rejected),
            "settings": report.settings_problem is not None,
            "roster": not report.roster_known,
        }

    def _note_lag(self, report: LagReport) -> None:
        self.state.lag_seen = True
        if report.exhausted and report.lag_s >= LATE_S and self.state.late_since_s is None:
            self.state.late_since_s = report.t_s
        elif report.lag_s <= IN_TIME_S:
            self.state.late_since_s = None

    def conditions(self, now_s: float) -> list[Condition]:
        """What is wrong now, by the last report; nothing when that is too old to say."""
        found = [] if self.state.late_since_s is None else [_late(self.state.late_since_s)]
        if self.state.slept is not None and now_s - self.state.slept[0] < SLEPT_TOLD_S:
            found.append(_slept(*self.state.slept))
        report = self.state.report
        if report is None or now_s - report.t_s > STALE_S:
            return found
        silent = _unsaid(report)
        for key, since_s in self.state.since_s.items():
            if key in silent:
                continue
            if key == "clock" and now_s - since_s < CLOCK_LATE_S:
                continue
            if key in STORED:
                found.append(STORED[key](since_s, report))
                continue
            if key != "power":
                found.append(_blind(key, since_s, report))
                continue
            if now_s - since_s >= LOW_POWER_S:
                found.append(_low_power(since_s))
            if now_s - since_s >= LOW_POWER_BLIND_S:
                found.append(_blind(key, since_s, report))
        return found

    def unjudged(self, now_s: float) -> list[CannotJudge]:
        """What no report says, and what is broken but has not lasted long enough to be told."""
        unknown = [] if self.state.lag_seen else ["late"]
        report = self.state.report
        if report is None or now_s - report.t_s > STALE_S:
            unknown += [*_WORDS, *STORED]
        else:
            said = self._broken(report)
            unknown += [key for key in said if said[key] is None or key in self.state.since_s]
        out = [
            CannotJudge(kind="monitor_blind", key=key, why="the computer does not say")
            for key in unknown
        ]
        if "power" in unknown:
            out.append(CannotJudge(kind="low_power", why="the computer does not say"))
        return out


def _unsaid(report: HostReport) -> set[str]:
    """The limits this report says nothing about."""
    fields = {
        "disk": report.disk_free_bytes,
        "heat": report.temperature_c,
        "power": report.under_voltage,
    }
    return {key for key, value in fields.items() if value is None}


def _low_power(since_s: float) -> Condition:
    return Condition(
        kind="low_power",
        severity="warning",
        since_s=since_s,
        title="Power supply too weak",
        message="The Pi gets less than 4.63 V: use its own supply and a short, thick cable.",
        why="the Pi reports under-voltage",
        all_clear="The supply voltage is right again.",
    )


def _slept(until_s: float, slept_s: float) -> Condition:
    span = spoken_duration(slept_s)
    return Condition(
        kind="monitor_blind",
        key="slept",
        severity="warning",
        since_s=until_s - slept_s,
        title="Nobody watched: the computer slept",
        message=f"The computer was asleep for {span}: nothing was heard or weighed. Look after the "
        "babies, then forbid it to sleep.",
        why=f"its clock of the time since boot ran {span} ahead of the one that rests in sleep",
        all_clear="The computer has been awake for an hour.",
    )


def _late(since_s: float) -> Condition:
    return Condition(
        kind="monitor_blind",
        key="late",
        severity="critical",
        since_s=since_s,
        title="Monitor cannot keep up",
        message="Cries are told late, the computer is too busy: stop other programs on it.",
        why=f"what it hears waits for more than {LATE_S:.0f} s",
        all_clear="The monitor keeps up again.",
    )


def _blind(key: str, since_s: float, report: HostReport) -> Condition:
    title, message, why, all_clear = _WORDS[key]
    values = {
        "free_mb": (report.disk_free_bytes or 0) // 1_000_000,
        "temperature_c": report.temperature_c if report.temperature_c is not None else 0.0,
        "error": report.journal_error or "",
    }
    return Condition(
        kind="monitor_blind",
        key=key,
        severity="warning" if key == "clock" else "critical",
        since_s=since_s,
        title=title,
        message=message.format(**values),
        why=why.format(**values),
        all_clear=all_clear,
    )


_WORDS: dict[str, tuple[str, str, str, str]] = {
    "disk": (
        "Disk is full",
        "Only {free_mb} MB are left on the card: free some space, or the night is not recorded.",
        "{free_mb} MB free, 100 MB needed",
        "There is space on the card again.",
    ),
    "heat": (
        "Pi is too hot",
        "The Pi is at {temperature_c:.0f} °C and slows down: move it off the heat pad.",
        "{temperature_c:.1f} °C, limit 80 °C",
        "The Pi has cooled down.",
    ),
    "power": (
        "Power too weak to weigh",
        "Under-voltage for over a minute: weights cannot be trusted. Change the supply or cable.",
        "the Pi has reported under-voltage for more than 60 s",
        "The supply voltage is right again; weigh once more to be sure.",
    ),
    "clock": (
        "Clock is not set",
        "Gains are unknown: nobody has set the clock. Connect the network, or set trust_clock.",
        "no time server has been reached since the start",
        "The clock is set: gains are worked out again.",
    ),
    "journal": (
        "Journal cannot be written",
        "What happens now is lost with the power ({error}): make space, or replace the card.",
        "{error}",
        "The journal is written again.",
    ),
}
