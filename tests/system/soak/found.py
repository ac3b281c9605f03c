"""What a soak showed: a sample at the end of each stretch, and the figures over all of them."""

from __future__ import annotations

from statistics import mean, median

import msgspec

WEEK = 7


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """The end of one stretch (a day, in a long soak)."""

    hours: float
    """from the start"""
    rss_mb: float
    threads: int
    descriptors: int
    journal_mb: float
    """database, write-ahead log and index of it"""
    written_mb: float
    """in this stretch, as megabytes a day"""
    alerts: int
    """messages about alerts the phone has received so far"""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What the soak showed."""

    hours: float
    counted: str
    """how the bytes were counted"""
    samples: list[Sample]
    raised: int
    raised_by_kind: dict[str, int]
    delivered: int
    expired: int
    acknowledged: int
    feeds: int
    cries: int
    took_s: float
    damage: str | None
    """of the journal's integrity check; None when sound"""

    def week(self, last: bool) -> list[Sample]:
        """The first or last seven samples (fewer in a short soak)."""
        count = min(WEEK, max(1, len(self.samples) // 2))
        return self.samples[-count:] if last else self.samples[:count]

    @property
    def rss_ratio(self) -> float:
        """Median resident memory of the last week over that of the first."""
        return median(s.rss_mb for s in self.week(last=True)) / median(
            s.rss_mb for s in self.week(last=False)
        )

    @property
    def written_mb_per_day(self) -> float:
        """Mean over all days."""
        return mean(s.written_mb for s in self.samples)


def line(sample: Sample) -> str:
    """One sample."""
    return (
        f"day {sample.hours / 24:5.2f}: {sample.rss_mb:6.1f} MB resident, "
        f"{sample.threads} threads, {sample.descriptors} descriptors, "
        f"journal {sample.journal_mb:5.2f} MB, "
        f"{sample.written_mb:5.2f} MB a day written, {sample.alerts} alert messages"
    )


def report(found: Found) -> str:
    """The figures, in lines."""
    first, last = found.week(last=False), found.week(last=True)
    before_mb, after_mb = (median(s.rss_mb for s in week) for week in (first, last))
    most_mb = max(s.written_mb for s in found.samples)
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(found.raised_by_kind.items()))
    return f"""\
{found.hours / 24:g} days in {found.took_s:.0f} s
resident memory: median {before_mb:.1f} MB in the first {len(first)} samples, \
{after_mb:.1f} MB in the last: {(found.rss_ratio - 1) * 100:+.1f} %
threads: {_span("threads", first)}, then {_span("threads", last)}
descriptors: {_span("descriptors", first)}, then {_span("descriptors", last)}
journal: {found.samples[0].journal_mb:.2f} MB, at the end {found.samples[-1].journal_mb:.2f} MB
written: {found.written_mb_per_day:.2f} MB a day, at most {most_mb:.2f}
  ({found.counted})
alerts raised: {found.raised} ({kinds}); reached the phone: {found.delivered}; \
answered: {found.acknowledged}
messages no longer news after an outage: {found.expired}
feeds: {found.feeds}, cries: {found.cries}
journal's integrity: {found.damage or "sound"}"""


def _span(name: str, week: list[Sample]) -> str:
    values = [getattr(sample, name) for sample in week]
    return f"{min(values):g} to {max(values):g}"
