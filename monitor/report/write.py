"""``nursery report``: growth, feeds, cries and company as a page, a picture or a table.

The journal is only read, so a running daemon is not disturbed. Pictures need the optional extra
"report"; the table does not.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import sys
from pathlib import Path

from monitor.codec import encode_line
from monitor.config import Config
from monitor.core.growth.reference import COMMON_MILK_KCAL_PER_ML
from monitor.data.shipped import growth_reference
from monitor.errors import ConfigError
from monitor.host.callers_files import Write, write_file
from monitor.host.extras import install_command
from monitor.report.acted_on import all_of
from monitor.report.data import ReportData, gather
from monitor.store.reading import JournalReader
from monitor.times import rfc3339


def write_report(
    config: Config,
    *,
    baby: str | None,
    days: float,
    out: str,
    csv_path: str | None,
    as_json: bool = False,
    write: Write = write_file,
) -> int:
    """Write ``out`` (HTML or PNG by its ending) and, if asked for, a table; returns 0.

    What was written is printed, and of how many alerts somebody acted on; as JSON if asked for.

    Raises:
        ConfigError: another ending, or matplotlib is missing.
        InputError: nobody of that name, or a file cannot be written.
        JournalError: there is no journal yet.
    """
    form = Path(out).suffix.lower()
    if form not in {".html", ".htm", ".png"}:
        raise ConfigError(f'"--out" is {out!r}: end it in .html or .png')
    if importlib.util.find_spec("matplotlib") is None:
        raise ConfigError(f'"nursery report" needs matplotlib: {install_command("report")}')
    data = read_data(config, baby=baby, days=days)
    written = [out]
    write(Path(out), _png(data) if form == ".png" else _html(data).encode())
    if csv_path is not None:
        write(Path(csv_path), table(data))
        written.append(csv_path)
    if as_json:
        sys.stdout.write(encode_line({"written": written, "acted_on": data.acted_on.fields}) + "\n")
    else:
        sys.stdout.write(f"written: {', '.join(written)}\n{_acted_on(data)}")
    return 0


def _acted_on(data: ReportData) -> str:
    """One line, or nothing where no alert was told."""
    recent, everything = all_of(data.acted_on.last_7_days), all_of(data.acted_on.since_beginning)
    if not everything.alerts:
        return ""
    week = recent.spoken if recent.alerts else "none told"
    return (
        f"alerts acted on within ten minutes: {week} in 7 days, {everything.spoken} since the "
        "beginning\n"
    )


def read_data(config: Config, *, baby: str | None, days: float) -> ReportData:
    """What the report is about."""
    kcal = config.feeding.milk_kcal_per_ml
    return read_journal(
        config.journal_path, box=_called(config), baby=baby, days=days, milk_kcal_per_ml=kcal
    )


def read_journal(
    path: Path,
    *,
    box: str,
    baby: str | None,
    days: float,
    milk_kcal_per_ml: float = COMMON_MILK_KCAL_PER_ML,
) -> ReportData:
    """The same from a file; ``box`` is what it is to be called."""
    reference = growth_reference().with_milk(milk_kcal_per_ml)
    journal = JournalReader.open_for_reading(path)
    try:
        return gather(journal, reference, box=box, days=days, baby=baby)
    finally:
        journal.close()


def _called(config: Config) -> str:
    """The box's name; nobody is to take the pages of a simulated nursery for real ones."""
    return f"{config.box} (practice: all of it is simulated)" if config.practice else config.box


def _html(data: ReportData) -> str:
    from monitor.report.charts import cries_figure, growth_figure, svg
    from monitor.report.page import page

    pictures = [svg(growth_figure(report)) for report in data.babies]
    return page(data, pictures, svg(cries_figure(data)))


def _png(data: ReportData) -> bytes:
    from monitor.report.charts import png, whole_figure

    return png(whole_figure(data))


def table(data: ReportData) -> bytes:
    """Weighings, feeds and alerts, one per row in order of time: a CSV for a spreadsheet."""
    rows: list[tuple[float, list[object]]] = []
    for report in data.babies:
        name = report.baby.name
        rows += [
            (w.t_s, ["weighing", name, round(w.weight_g, 2), round(w.sigma_g, 2), "", w.origin])
            for w in report.weighings
        ]
        rows += [
            (f.t_s, ["feed", name, "", _rounded(f.sigma_g), _rounded(f.net_g), f.how or ""])
            for f in report.feeds
        ]
    rows += [(a.t_s, ["alert", a.baby or "", "", "", "", a.message]) for a in data.alerts]
    rows += [
        (h.t_s, ["cry_minutes", h.company, "", "", "", round(h.cry_min, 2)]) for h in data.hours
    ]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["time", "what", "baby", "weight_g", "sigma_g", "net_g", "note"])
    for t_s, row in sorted(rows, key=lambda item: item[0]):
        writer.writerow([rfc3339(t_s), *(_plain(cell) for cell in row)])
    return text.getvalue().encode()


def _rounded(g: float | None) -> object:
    return "" if g is None else round(g, 2)


def _plain(cell: object) -> object:
    """A name that begins like a formula must not become one in a spreadsheet."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in set("=+-@\t\r") else cell
