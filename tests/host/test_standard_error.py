import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = """
import ctypes, os
from monitor.host.standard_error import silent_libraries
os.write(2, b"before ")
with silent_libraries():
    os.write(2, b"ALSA lib pcm.c: Unknown PCM ")
    ctypes.CDLL(None).perror(b"jack")
os.write(2, b"after")
"""


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip


def test_only_what_is_written_within_is_lost() -> None:
    assert run("-c", SCRIPT).stderr == "before after"


def test_a_closed_standard_error_is_no_fault() -> None:
    closed = "import os; os.close(2)\n" + SCRIPT.replace('os.write(2, b"before ")', "").replace(
        'os.write(2, b"after")', "print('done')"
    ).replace('os.write(2, b"ALSA lib pcm.c: Unknown PCM ")', "")
    assert run("-c", closed).stdout == "done\n"


def test_what_alsa_says_of_devices_it_does_not_find_is_not_among_the_lines_of_check(
    tmp_path: Path,
) -> None:
    (tmp_path / "n.toml").write_text(
        f'box = "a"\nstate_dir = "{tmp_path}"\n[microphone]\nsource = "sounddevice"\n'
        '[mqtt]\nhost = "127.0.0.1"\nport = 9\ntls = false\n'
    )
    done = run("-m", "monitor", "check", "--config", str(tmp_path / "n.toml"))
    assert " microphone  " in done.stdout
    assert done.stderr == ""
