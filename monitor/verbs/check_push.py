"""The line of ``nursery check`` about pushes: the daemon's own routes, and one sent on demand."""

from __future__ import annotations

from monitor.config import Config
from monitor.daemon.push_message import PushMessage
from monitor.daemon.push_routes import PushRoutes
from monitor.store.push_rows import route_names
from monitor.verbs.finding import Finding

TITLE = "Nursery monitor: a test"
BODY = 'This is what an alert of the box "{box}" looks like. Nothing has happened; nothing to do.'

NOBODY = "a phone gets them by: nursery push"
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
    if not send:
        text = f"understands {told}; {lead}; nursery check --push sends one to each"
        return Finding("push", "ok", text)
    link = f"{page.rstrip('/')}/" if page else None
    message = PushMessage(title=TITLE, body=BODY.format(box=config.box), kind="info", link=link)
    failed = [why for name in names if (why := routes.send(name, message)) is not None]
    if failed:
        return Finding("push", "failed", "; ".join(failed), "then again: nursery check --push")
    return Finding("push", "ok", f"sent one to {told}: look at the phone; {lead}")
