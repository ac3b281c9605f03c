"""Runs a real Home Assistant core and obeys one JSON line at a time; answers one line each.

Started by ``test_home_assistant.py`` with the interpreter that ``setup.sh`` printed, never with
the project's own. Only the core, its HTTP server on loopback, MQTT and what MQTT entities,
automations and dashboards pull in are set up; nothing is downloaded at run time. Warnings and
errors are kept, because Home Assistant's verdict on a payload exists only in its log.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import logging
import os
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

ANSWERS = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)  # whatever else prints goes to standard error

DASHBOARD = "nursery-box"
NOT_OURS = ("Skipping pip", "zlib_ng and isal", "Support for the running Python")


class KeepWarnings(logging.Handler):
    """What Home Assistant finds fault with."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if not text.startswith(NOT_OURS):
            self.records.append(f"{record.levelname} {record.name}: {text[:1500]}")


def prepare(config: Path, options: argparse.Namespace) -> None:
    """Write a configuration that has been set up by a user who knows one broker."""
    lines = [
        "homeassistant: {name: test, latitude: 0, longitude: 0, elevation: 0, time_zone: UTC}",
        f"http: {{server_host: 127.0.0.1, server_port: {options.http_port}}}",
        "api:",
    ]
    if options.dashboard:
        shutil.copy(options.dashboard, config / "nursery.yaml")
        lines += [
            "lovelace:",
            "  dashboards:",
            f"    {DASHBOARD}: {{mode: yaml, title: Nursery, filename: nursery.yaml}}",
        ]
    if options.frontend:
        lines += ["frontend:", "history:"]
    if options.blueprint:
        folder = config / "blueprints" / "automation" / "nursery"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(options.blueprint, folder)
    if options.automations:
        shutil.copy(options.automations, config / "automations.yaml")
        lines.append("automation: !include automations.yaml")
    (config / "configuration.yaml").write_text("\n".join(lines) + "\n")
    storage = config / ".storage"
    storage.mkdir(exist_ok=True)
    user, _, password = options.login.partition(":")
    login = {"username": user, "password": password} if user else {}
    entry = {
        "entry_id": "0" * 32,
        "version": 1,  # the oldest form: every core brings it up to date by itself
        "minor_version": 1,
        "domain": "mqtt",
        "title": "broker",
        "data": {"broker": "127.0.0.1", "port": options.broker_port, "discovery": True,
                 "protocol": "5", **login},
        "options": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "source": "user",
        "unique_id": None,
        "disabled_by": None,
    }  # fmt: skip
    stored = {
        "core.config_entries": (1, {"entries": [entry]}),
        "onboarding": (4, {"done": ["user", "core_config", "analytics", "integration"]}),
    }
    for key, (version, data) in stored.items():
        if not (storage / key).exists():
            document = {"version": version, "minor_version": 1, "key": key, "data": data}
            (storage / key).write_text(json.dumps(document))


class Core:
    """A running Home Assistant and the few questions that the tests ask it."""

    def __init__(self, config: Path, services: list[str]) -> None:
        self._config = config
        self._mocked = services
        self.warnings = KeepWarnings()
        self.calls: list[dict[str, Any]] = []
        self.hass: Any = None

    async def start(self) -> None:
        from homeassistant import bootstrap, runner

        for name in dir(bootstrap):  # leave the defaults out: cloud, discovery, the web pages
            if name.endswith(("_INTEGRATIONS", "_RECOVERY_MODE")):
                setattr(bootstrap, name, type(getattr(bootstrap, name))())
        logging.getLogger().addHandler(self.warnings)
        options = {"config_dir": str(self._config), "skip_pip": True}
        if "skip_pip_packages" in runner.RuntimeConfig.__dataclass_fields__:
            options["skip_pip_packages"] = []
        self.hass = await bootstrap.async_setup_hass(runner.RuntimeConfig(**options))
        for name in self._mocked:
            self._mock(*name.split(".", 1))
        await self.hass.async_start()

    def _mock(self, domain: str, service: str) -> None:
        async def record(call: Any) -> None:
            self.calls.append(json.loads(json.dumps(dict(call.data), default=str)))

        self.hass.services.async_register(domain, service, record)

    # ---- questions: each is a method, its arguments are the fields of the JSON line

    async def entities(self) -> list[dict[str, Any]]:
        """Every MQTT entity of the registry with its state and device."""
        from homeassistant.helpers import device_registry, entity_registry

        devices = device_registry.async_get(self.hass)
        found = []
        for entry in entity_registry.async_get(self.hass).entities.values():
            if entry.platform != "mqtt":
                continue
            state = self.hass.states.get(entry.entity_id)
            device = devices.async_get(entry.device_id) if entry.device_id else None
            found.append(
                {
                    "entity_id": entry.entity_id,
                    "unique_id": entry.unique_id,
                    "state": state.state if state else None,
                    "attributes": _plain(dict(state.attributes)) if state else {},
                    "unit": entry.unit_of_measurement,
                    "device_class": _plain(entry.original_device_class),
                    "category": _plain(entry.entity_category),
                    "device": device.name if device else None,
                }
            )
        return found

    async def devices(self) -> list[dict[str, Any]]:
        """Every device with its identifiers and what it hangs on."""
        from homeassistant.helpers import device_registry

        registry = device_registry.async_get(self.hass)
        (entry,) = self.hass.config_entries.async_entries("mqtt")
        found = []
        for device in device_registry.async_entries_for_config_entry(registry, entry.entry_id):
            parent = registry.async_get(device.via_device_id) if device.via_device_id else None
            found.append(
                {
                    "name": device.name,
                    "identifiers": sorted(i[1] for i in device.identifiers),
                    "via": parent.name if parent else None,
                    "sw_version": device.sw_version,
                }
            )
        return found

    async def state(self, entity_id: str) -> dict[str, Any]:
        state = self.hass.states.get(entity_id)
        if state is None:
            return {"state": None, "attributes": {}}
        return {"state": state.state, "attributes": _plain(dict(state.attributes))}

    async def wait(
        self,
        entity_id: str,
        state: str | None = None,
        attribute: list[Any] | None = None,
        timeout: float = 10.0,
    ) -> dict[str, Any]:
        """Until the entity has this state, or this [name, value] among its attributes."""
        end = time.monotonic() + timeout
        while True:
            now = await self.state(entity_id)
            hit = now["state"] is not None if state is None else now["state"] == state
            if attribute is not None:
                hit = hit and now["attributes"].get(attribute[0]) == attribute[1]
            if hit or time.monotonic() > end:
                return {"hit": hit, **now}
            await asyncio.sleep(0.02)

    async def call(self, service: str, data: dict[str, Any]) -> dict[str, Any]:
        await self.hass.services.async_call(*service.split(".", 1), data, blocking=True)
        return {}

    async def fire(self, event: str, data: dict[str, Any]) -> dict[str, Any]:
        self.hass.bus.async_fire(event, data)
        return {}

    async def notifications(self) -> list[dict[str, Any]]:
        return self.calls

    async def complaints(self) -> list[str]:
        return self.warnings.records

    async def image(self, entity_id: str) -> dict[str, Any]:
        from homeassistant.components import image

        entity = self.hass.data[image.DATA_COMPONENT].get_entity(entity_id)
        content = await entity.async_image() or b""
        return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    async def dashboard(self) -> dict[str, Any]:
        from homeassistant.components.lovelace.const import LOVELACE_DATA

        return dict(await self.hass.data[LOVELACE_DATA].dashboards[DASHBOARD].async_load(True))

    async def sign_in(self) -> dict[str, Any]:
        """What a browser keeps of somebody who has signed in, for its ``localStorage``."""
        from homeassistant.auth.const import GROUP_ID_ADMIN

        with contextlib.suppress(ImportError):  # older cores do not ask about a new port
            from homeassistant.components.http.config import async_get_and_load_store

            ports = await async_get_and_load_store(self.hass)
            if ports.pending is not None:
                await ports.async_promote_pending()
        user = await self.hass.auth.async_create_user("carer", group_ids=[GROUP_ID_ADMIN])
        url = f"http://127.0.0.1:{self.hass.http.server_port}"
        token = await self.hass.auth.async_create_refresh_token(user, client_id=f"{url}/")
        return {
            "access_token": self.hass.auth.async_create_access_token(token),
            "token_type": "Bearer",
            "expires_in": 1800,
            "hassUrl": url,
            "clientId": f"{url}/",
            "expires": int((time.time() + 1800) * 1000),
            "refresh_token": token.token,
        }

    async def render(self, template: str) -> str:
        from homeassistant.helpers.template import Template

        return str(Template(template, self.hass).async_render())


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


async def serve(core: Core) -> None:
    """Answer until standard input ends."""
    loop, lines = asyncio.get_running_loop(), asyncio.Queue()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
    print(json.dumps({"ok": "ready"}), file=ANSWERS, flush=True)
    while (line := await lines.get()) is not None:
        request = json.loads(line)
        try:
            answer = {"ok": await getattr(core, request.pop("ask"))(**request)}
        except Exception as error:  # noqa: BLE001 - a wrong question is answered, not fatal
            answer = {"error": repr(error)}
        print(json.dumps(answer, default=str), file=ANSWERS, flush=True)


async def main(options: argparse.Namespace) -> None:
    config = Path(options.config)
    config.mkdir(parents=True, exist_ok=True)
    prepare(config, options)
    core = Core(config, options.mock)
    await core.start()
    await serve(core)
    with contextlib.suppress(Exception):
        await asyncio.wait_for(core.hass.async_stop(force=True), timeout=8)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", required=True)
    parser.add_argument("--broker-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--login", default="", help="name:password at the broker")
    parser.add_argument("--dashboard")
    parser.add_argument("--frontend", action="store_true", help="the web pages, too")
    parser.add_argument("--blueprint")
    parser.add_argument("--automations")
    parser.add_argument("--mock", action="append", default=[], help="notify.mobile_app_phone")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds until it ends anyway")
    chosen = parser.parse_args()
    alarm = threading.Timer(chosen.limit, os._exit, [124])
    alarm.daemon = True
    alarm.start()
    try:
        asyncio.run(main(chosen))
    finally:
        ANSWERS.flush()
        os._exit(0)  # Home Assistant leaves threads behind that cannot be joined
