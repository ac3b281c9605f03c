"""Forms: what a person asks of a box without any script, answered by a redirect to where it was."""

from __future__ import annotations

import asyncio
import time
from typing import Any, get_args
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from monitor import commands
from monitor.page import security
from monitor.page.context import (
    Page,
    body_of,
    box_of,
    moved_box,
    moved_path,
    page_of,
    problem,
    session_of,
    tap_wait_s,
    words_of,
)
from monitor.page.labels import labelled
from monitor.page.seen import Answer
from monitor.page.sessions import Session
from monitor.page.words import Words

MOST_FIELDS = 40
RENAMED_S, RENAMED_EVERY_S = 20.0, 0.2
"""a box begins anew under another name within a few seconds"""
UNDOABLE = {
    "weigh", "feed", "note", "assign", "correct", "baby_add", "baby_edit", "baby_retire",
    "baby_delete", "baby_move", "thing_forget",
}  # fmt: skip
OWN_FIELDS = {"by", "csrf", "back", "here", "turn"}
"""``back``: where it goes on when it was done; ``here``: where the form stands"""


def fields_of(body: bytes) -> dict[str, str]:
    """The fields of a urlencoded form that were filled in; of a name that comes twice the last."""
    try:
        pairs = parse_qsl(body.decode(), max_num_fields=MOST_FIELDS, strict_parsing=False)
    except ValueError:
        return {}
    return dict(pairs)


def arguments(verb: str, fields: dict[str, str]) -> dict[str, Any]:
    """Fields of a form as the command takes them: numbers and yes or no are not text there.

    ``value.host`` is the entry ``host`` of a table ``value``.
    """
    kind = commands.VERBS.get(verb)
    types = {field.name: field.type for field in msgspec.structs.fields(kind)} if kind else {}
    found: dict[str, Any] = {}
    for name, text in fields.items():
        table, dot, within = name.partition(".")
        if dot and text:
            found.setdefault(table, {})[within] = _lines(text)
        elif text:
            lines = _lines(text) if name == "value" and verb == "configure" else text
            found[name] = lines if isinstance(lines, list) else _argument(lines, types.get(name))
    return found


def _lines(text: str) -> str | list[str]:
    """A field of several lines is a list of them: addresses, one a line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines if len(lines) > 1 else text.strip() if "\n" in text else text


async def post(request: Request) -> Response:
    """``POST /boxes/<box>/do/<verb>``."""
    return await _post(request, setup=False)


async def post_setup(request: Request) -> Response:
    """``POST /boxes/<box>/setup/do/<verb>``."""
    return await _post(request, setup=True)


async def _post(request: Request, *, setup: bool) -> Response:
    page, session = page_of(request), session_of(request)
    box = box_of(request) or moved_box(request)
    if session is None:
        return RedirectResponse("/", 303)
    body = await body_of(request)
    fields = fields_of(body)
    if not security.is_token(fields.get("csrf", ""), session.csrf):
        return problem(request, 403, "error.stale_form")
    if session.right != "carer":
        return problem(request, 403, "error.look_only")
    verb = request.path_params["verb"]
    if box is None or not verb.isidentifier():
        return problem(request, 404, "error.no_page")

    async def act() -> str:
        return await _carry_out(request, session, box.name, verb, fields, setup=setup)

    if "turn" not in fields:
        return RedirectResponse(await act(), 303)
    form = request.scope["raw_path"] + b"?" + body
    return RedirectResponse(await page.taps.once(session.id, form, time.monotonic(), act), 303)


async def _carry_out(
    request: Request,
    session: Session,
    box: str,
    verb: str,
    fields: dict[str, str],
    *,
    setup: bool,
) -> str:
    """Ask the box, keep its answer for the next page, and say where that is."""
    page = page_of(request)
    asked = {name: text for name, text in fields.items() if name not in OWN_FIELDS}
    if tap_wait_s(request, session) > 0:
        result: dict[str, Any] = {"ok": False, "error": "", "reason": "too_many"}
    else:
        result = await page.broker.ask(
            box, verb, arguments(verb, asked), setup=setup, by=session.carer
        )
    name = await _name_now(page, box, asked, result)
    if name is None:
        return "/"
    answer = answer_of(words_of(request), name, verb, asked, result, page.clock())
    page.said.keep(session.id, answer, time.time())
    place = fields.get("back", "/") if answer.ok else fields.get("here") or fields.get("back", "/")
    back = security.back_to(place)
    return moved_path(moved_path(back, request.path_params["box"], box), box, name)


async def _name_now(
    page: Page, box: str, asked: dict[str, str], result: dict[str, Any]
) -> str | None:
    """The name under which the box goes on; ``None``: under a new one, and not here yet."""
    told = str(result.get("understood") or "").removeprefix("box: ")
    if asked.get("key") != "box" or result.get("ok") is not True or told == box:
        return box
    for _ in range(round(RENAMED_S / RENAMED_EVERY_S)):
        found = page.boxes.get(told)
        if found is not None and found.online and found.health is not None:
            return told
        await asyncio.sleep(RENAMED_EVERY_S)
    return None


def answer_of(
    words: Words,
    box: str,
    verb: str,
    asked: dict[str, str],
    result: dict[str, Any],
    at_s: float = 0.0,
) -> Answer:
    """What is said of a result: the box's own words, or the page's where it had no answer."""
    ok = result.get("ok") is True
    text = str(result.get("understood" if ok else "error") or "")
    if not ok and f"answer.{result.get('reason')}" in words:
        text = words(f"answer.{result['reason']}", box=box)
    return Answer(
        box=box,
        at_s=at_s,
        verb=verb,
        ok=ok,
        text=labelled(text, words),
        result=result,
        fields=asked,
        can_undo=ok and verb in UNDOABLE,
    )


def _argument(text: str, hint: Any) -> Any:
    """What people write as they like (``12,450 g``, ``07:30``) stays text: the box reads it."""
    inner = hint
    if not hasattr(hint, "__metadata__"):
        inner = next((part for part in get_args(hint) if part is not type(None)), hint)
    limits = getattr(inner, "__metadata__", ())
    if any(isinstance(limit, msgspec.Meta) and limit.extra for limit in limits):
        return text
    return _plain(text, get_args(inner)[0] if limits else inner)


def _plain(text: str, base: Any) -> Any:
    if base is bool:
        return text.lower() in {"true", "on", "yes", "1"}
    if base in {float, int}:
        try:
            return float(text.strip().replace(",", "."))
        except ValueError:
            return text
    return text
