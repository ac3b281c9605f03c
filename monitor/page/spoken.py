"""Numbers and times as the page says them: in the reader's language, this machine's time zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from monitor.page.words import Words
from monitor.times import DAY_S, MINUTE_S

JUST_NOW_S = 45.0
MOST_DAYS = 400


class Spoken:
    """How things are said at ``now_s``; what is ``None`` is said to be unknown, never left at 0."""

    def __init__(self, words: Words, now_s: float) -> None:
        self._words, self._now_s = words, now_s

    def number(self, value: float, decimals: int = 1, *, signed: bool = False) -> str:
        """``8.2``; ``+9.8`` with ``signed``; whole numbers without decimals, a minus as printed."""
        text = f"{abs(value):.{decimals}f}"
        zero = not text.strip("0.")
        text = text.removesuffix(f".{'0' * decimals}").replace(".", self._words("number.decimal"))
        if value < 0 and not zero:
            return f"\u2212{text}"
        return f"+{text}" if signed and not zero else text

    def grams(self, value: float | None, *, signed: bool = False) -> str:
        """``412.3 g``; above a kilogram without decimals."""
        if value is None:
            return self._words("unknown")
        decimals = 1 if abs(value) < 1000.0 else 0
        return f"{self.number(value, decimals, signed=signed)}\u00a0g"

    def millilitres(self, value: float) -> str:
        """``8.5 ml``."""
        return f"{self.number(value)}\u00a0ml"

    def percent(self, value: float, *, signed: bool = False) -> str:
        """``+4.5 %``."""
        return f"{self.number(value, signed=signed)}\u00a0%"

    def celsius(self, value: float) -> str:
        """``31.5 °C``."""
        return f"{self.number(value)}\u00a0°C"

    def clock(self, t_s: float) -> str:
        """``02:14``."""
        return f"{_local(t_s):%H:%M}"

    def on_day(self, t_s: float) -> str:
        """``27 Nov``, with the year if it is another one."""
        moment = _local(t_s)
        year = "" if moment.year == _local(self._now_s).year else f" {moment.year}"
        month = self._words(f"month.{moment.month}")
        return self._words("number.date", day=moment.day, month=month) + year

    def day(self, t_s: float) -> str:
        """``today``, ``yesterday``, ``tomorrow``, ``27 Nov``."""
        days = (_local(t_s).date() - _local(self._now_s).date()).days
        near = {-1: "day.yesterday", 0: "day.today", 1: "day.tomorrow"}.get(days)
        return self.on_day(t_s) if near is None else self._words(near)

    def when(self, t_s: float | None) -> str:
        """``02:14`` of today, ``yesterday 23:10``, ``27 Nov 23:10``."""
        if t_s is None:
            return self._words("unknown")
        if _local(t_s).date() == _local(self._now_s).date():
            return self.clock(t_s)
        return f"{self.day(t_s)} {self.clock(t_s)}"

    def near(self, t_s: float) -> str:
        """``02:14`` within twelve hours, over midnight, too; farther off what ``when`` says."""
        return self.clock(t_s) if abs(t_s - self._now_s) < DAY_S / 2 else self.when(t_s)

    def span(self, seconds: float) -> str:
        """``45 s``, ``12 min``, ``3 h 20 min``, ``2 days``."""
        if seconds < MINUTE_S:
            return self._words("span.s", n=max(0, round(seconds)))
        minutes = round(seconds / MINUTE_S)
        if minutes < 60:
            return self._words("span.min", n=minutes)
        hours, rest = divmod(minutes, 60)
        if hours >= 48:
            return self._words("span.days", n=round(seconds / DAY_S))
        hours_text = self._words("span.h", n=hours)
        return f"{hours_text} {self._words('span.min', n=rest)}" if rest else hours_text

    def ago(self, t_s: float) -> str:
        """``just now``, ``12 min ago``."""
        gone_s = self._now_s - t_s
        if gone_s < JUST_NOW_S:
            return self._words("span.now")
        return self._words("span.ago", span=self.span(gone_s))

    def age(self, born: str | None) -> str | None:
        """``9 days old`` from a date of birth; ``None`` without one."""
        try:
            days = (_local(self._now_s).date() - datetime.fromisoformat(born or "").date()).days
        except ValueError:
            return None
        if not 0 <= days < 10_000:
            return None
        if days < 1:
            return self._words("age.newborn")
        if days == 1:
            return self._words("age.day")
        if days < 56:
            return self._words("age.days", n=days)
        return self._words("age.weeks", n=days // 7)


def midnights(from_s: float, to_s: float) -> list[float]:
    """Every local midnight in this time, 400 at most."""
    day = _local(from_s).date()
    found: list[float] = []
    while len(found) < MOST_DAYS:
        day += timedelta(days=1)
        moment_s = datetime(day.year, day.month, day.day).timestamp()
        if moment_s > to_s:
            break
        found.append(moment_s)
    return found


def local_day(t_s: float) -> date:
    """The date of a moment by this machine's time zone."""
    return _local(t_s).date()


def _local(t_s: float) -> datetime:
    return datetime.fromtimestamp(t_s)
