"""The project's own programs and a real Home Assistant at another node than the box."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from monitor.config import MqttConfig
from monitor.verbs.watch import Watch
from tests.system.cluster.client import happens
from tests.system.cluster.engine import Engine
from tests.system.cluster.needs import Answer
from tests.system.home_assistant.box import BOX
from tests.system.home_assistant.running import Box, Core, installed
from tests.system.page_process import PageProcess

SEEN_S = 45.0
"""the page says after five seconds what it knows, Home Assistant's birth is answered within ten"""


def _login(engine: Engine, user: str) -> str:
    return f"{user}:{engine.password(user)}"


def _settings(engine: Engine, folder: Path, user: str, port: int) -> MqttConfig:
    kept = folder / f"{user}.password"
    kept.write_text(engine.password(user))
    kept.chmod(0o600)
    return MqttConfig(
        host="127.0.0.1", port=port, tls=False, username=user, password_file=str(kept)
    )


def seen_from(engine: Engine, box_at: int, others_at: int) -> dict[str, Answer]:
    """A box at one node; page, watch and Home Assistant start a while later at another."""
    folder = Path(tempfile.mkdtemp(dir=engine.folder))
    with ExitStack() as stack:
        box = Box(folder / "box", engine.local_port(box_at), login=_login(engine, BOX))
        stack.callback(box.close)
        time.sleep(5.0)
        answers = {"nursery page": _page(engine, folder, others_at),
                   "nursery watch": _watch(engine, folder, others_at)}  # fmt: skip
        if installed() is not None and engine.protocol_5:
            answers["Home Assistant"] = _home_assistant(engine, folder, others_at)
    return answers


def _page(engine: Engine, folder: Path, at: int) -> Answer:
    settings = _settings(engine, folder, "page", engine.local_port(at))
    more = f'username = "page"\npassword_file = "{settings.password_file}"\n'
    with PageProcess(folder / "page", engine.local_port(at), mqtt=more) as page:
        phone = page.phone()
        path = f"/api/boxes/{BOX}"

        def known() -> bool:
            document = phone.document(path) if phone.get(path).status == 200 else {}
            return bool(document.get("online")) and len(document.get("babies", {})) == 2

        return _in_time(known)


def _watch(engine: Engine, folder: Path, at: int) -> Answer:
    watch = Watch(_settings(engine, folder, "page", engine.local_port(at)))

    def known() -> bool:
        watch.pump()
        box = watch.boxes.by_name.get(BOX)
        return box is not None and box.online is True and len(box.babies) == 2

    try:
        return _in_time(known)
    finally:
        watch.close()


def _home_assistant(engine: Engine, folder: Path, at: int) -> Answer:
    core = Core(folder, engine.local_port(at), "--login", _login(engine, "homeassistant"))
    try:
        return _in_time(
            lambda: core.entities().get("sensor.kangaroo_weight_g", {}).get("state") == "112.4"
        )
    finally:
        core.close()


def _in_time(known: Callable[[], bool]) -> Answer:
    begun_s = time.monotonic()
    seen = happens(known, SEEN_S)
    return Answer(seen, f"{time.monotonic() - begun_s:.0f} s" if seen else "")
