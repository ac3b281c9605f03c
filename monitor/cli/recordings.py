"""``listen`` and ``replay``: recordings through the detector, or through the whole pipeline."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from monitor.cli.options import become_owner, callers_config, callers_files, json_option


@click.command()
@click.argument("audio", nargs=-1, required=True, metavar="AUDIO...")
@json_option
@click.option("--windows", is_flag=True, help="Also print every window's probabilities.")
@click.option("--plot", metavar="OUT.PNG", help="Draw spectrogram, scores and bouts.")
def listen(audio: Sequence[str], as_json: bool, windows: bool, plot: str | None) -> int:
    """Run the cry detector over recordings of any rate: WAV, FLAC, OGG, MP3.

    What phones record (m4a, mp4, 3gp, webm, wma, amr) is read by the extra "phone". What cannot be
    judged is said, and the exit code is 1.
    """
    write = callers_files(*([plot] if plot else []))
    become_owner(audio[0])
    from monitor.verbs.listen import listen as run_listen

    return run_listen(
        list(audio), as_json=as_json, windows=windows, plot=plot, write=write,
        out=sys.stdout, err=sys.stderr,
    )  # fmt: skip


@click.command()
@click.option("--config", "config_path", metavar="PATH", required=True,
              help="Calibration of the scale and alert settings.")  # fmt: skip
@click.option("--babies", metavar="JSON", help="Who is in the box at the start.")
@click.option("--scale", metavar="CSV", help="Raw converter values: header time_s,counts.")
@click.option("--audio", metavar="FILE", help="A recording; begins at --start.")
@click.option("--probe", metavar="CSV", help="The nest: header time_s,temperature_c.")
@click.option("--weights", metavar="CSV", help="Typed weighings: header time,baby,weight_g.")
@click.option("--commands", metavar="JSONL", help='Commands in between, one a line: '
              '{"t_s": 3600.0, "verb": "feed", "args": {"baby": "Possum"}}.')  # fmt: skip
@click.option(
    "--start", metavar="TIME", help="Begin of the recording, such as 2026-01-31T02:14:05Z."
)
@json_option
def replay(config_path: str, as_json: bool, **inputs: str | None) -> int:
    """Run the whole pipeline over recorded inputs and print every event.

    The same inputs give the same events, byte for byte.
    """
    from monitor.verbs.replay import ReplayInputs
    from monitor.verbs.replay import replay as run_replay

    return run_replay(
        callers_config(config_path), ReplayInputs(**inputs), as_json=as_json,
        out=sys.stdout, err=sys.stderr,
    )  # fmt: skip
