"""The line of ``nursery check`` about pushes: the daemon's own routes, and one sent on demand."""

from __future__ import annotations

import http.client
from http import HTTPStatus
from urllib.parse import urlsplit

from monitor.config import Config
from monitor.daemon.push_message import PushMessage
from monitor.daemon.push_routes import PushRoutes
from monitor.store.push_rows import route_names
from monitor.verbs.finding import Finding, State

TITLE = "Nursery monitor: a test"
BODY = 'This is what an alert of the box "{box}" looks like. Nothing has happened; nothing to do.'

NOBODY = "a phone gets them by: nursery push"
MEND = "start the page, or nursery set notify.page_url"
PATIENCE_S = 3.0
NOWHERE = "they open no page (nursery set notify.page_url)"


def check_push(config: Config, *, send: bool) -> Finding:
    """Whether each route of ``[notify]`` is understood; with ``send`` whether a push goes out.

    Raises:
        ConfigError: the library is missing, or an address means nothing.
    """
    names = route_names(config.notify)
    if not names:
        return Finding("push", "failed" if send else "skipped", "nobody gets one", NOBODY)
    routes = PushRoutes(config.notify)
    routes.refresh()
    if routes.problem is not None:
        return Finding("push", "failed", routes.problem, "no push goes out until this is put right")
    told = ", ".join(f'"{name}"' for name in names)
    lead = f"they open {page}" if (page := config.notify.page_url) else NOWHERE
    dead = None if not page else _why_dead(page)
    state: State = "ok" if dead is None else "warning"
    if not send:
        text = f"understands {told}; {lead}; nursery check --push sends one to each"
        return Finding("push", state, text, dead or "")
    link = f"{page.rstrip('/')}/" if page else None
    message = PushMessage(title=TITLE, body=BODY.format(box=config.box), kind="info", link=link)
    failed = [why for name in names if (why := routes.send(name, message)) is not None]
    if failed:
        return Finding("push", "failed", "; ".join(failed), "then again: nursery check --push")
    return Finding("push", state, f"sent one to {told}: look at the phone; {lead}", dead or "")


def _why_dead(page_url: str) -> str | None:
    """That no page answers where pushes lead; None: one does, or nobody can tell from here."""
    there = urlsplit(page_url)
    if there.scheme != "http":  # whose certificate counts is for the phone to say
        return None
    try:
        asked = http.client.HTTPConnection(there.hostname or "", there.port, timeout=PATIENCE_S)
        asked.request("GET", "/healthz")
        status = asked.getresponse().status
        asked.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return f"{page_url} does not answer from here ({why}): {MEND}"
    return None if status == HTTPStatus.OK else f"{page_url} is not this page: {MEND}"
