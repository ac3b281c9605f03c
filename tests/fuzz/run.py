"""Coverage-guided fuzzing of everything that reads bytes: ``make fuzz FUZZ_S=60``.

Atheris (libFuzzer for Python) mutates the corpus towards code it has not seen. Each target gets
``seconds`` in a process of its own; what it finds new goes to ``.fuzz/TARGET/``, a failure is kept
as ``.fuzz/TARGET/crash-*`` and ends that target. Put a failing input, made small, into
``tests/fuzz/corpus/TARGET/``: the default suite tries everything in there.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
FOUND = HERE.parents[1] / ".fuzz"


def fuzz_one(name: str, seconds: int) -> int:
    """Fuzz one target in a process of its own; 0 when it found nothing."""
    found = FOUND / name
    found.mkdir(parents=True, exist_ok=True)
    words = [
        sys.executable, "-m", "tests.fuzz.run", "--inside", name, str(found),
        str(HERE / "corpus" / name), f"-max_total_time={seconds}", "-max_len=8192", "-timeout=20",
        "-rss_limit_mb=1500", f"-artifact_prefix={found}/", "-print_final_stats=1",
    ]  # fmt: skip
    print(f"== {name}", flush=True)
    done = subprocess.run(words, check=False, cwd=HERE.parents[1], stderr=subprocess.PIPE)
    lines = done.stderr.decode(errors="replace").splitlines()
    shown = [line for line in lines if line.startswith("stat::number_of") or "cov:" in line][-2:]
    print("\n".join(shown if done.returncode == 0 else lines[-40:]), flush=True)
    return done.returncode


def inside(name: str, arguments: list[str]) -> None:
    """Become the fuzzer."""
    import atheris

    with atheris.instrument_imports(include=["monitor"]):
        from tests.fuzz.targets import attempt

    def try_it(data: bytes) -> None:
        attempt(name, data)

    atheris.Setup([sys.argv[0], *arguments], try_it)
    atheris.Fuzz()


def main(words: list[str]) -> int:
    """``SECONDS [TARGET...]``."""
    if words[0] == "--inside":
        inside(words[1], words[2:])
        return 0
    from tests.fuzz.targets import TARGETS

    codes = {name: fuzz_one(name, int(words[0])) for name in words[1:] or TARGETS}
    failed = [name for name, code in codes.items() if code]
    print(f"findings in: {', '.join(failed)}" if failed else "nothing found")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
