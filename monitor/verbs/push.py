"""``nursery push``: the topic by which a phone gets pushes, as a QR code and in letters."""

from __future__ import annotations

import io
from typing import TextIO

from monitor.codec import encode_line
from monitor.daemon.configuring import fit_to_run
from monitor.store.lock import is_held
from monitor.store.push_topic import PUBLIC, Topic, subscribe
from monitor.store.settings import BoxSettings
from monitor.written.setup_requests import SubscribePhone


def show_push(box: BoxSettings, asked: SubscribePhone, *, as_json: bool, out: TextIO) -> int:
    """Print how a phone subscribes; a topic is made where there is none.

    Raises:
        CommandError: the addresses cannot be read or kept; nothing was changed.
    """
    topic = subscribe(box, asked, fit_to_run)
    page_url = box.config.notify.page_url
    if as_json:
        fields = {"topic": topic.name, "server": topic.server, "app": topic.app, "web": topic.web}
        out.write(encode_line(fields | {"page_url": page_url or None}) + "\n")
        return 0
    out.write(_said(topic, _qr(topic.app) if out.isatty() else None))
    if page_url:
        out.write(f"A push opens {page_url} (nursery set notify.page_url).\n")
    else:
        out.write(
            "A push opens no page yet: nursery set notify.page_url http://nursery.local:8080\n"
        )
    if is_held(box.file.state_dir):
        out.write("The running monitor takes it up within a few seconds.\n")
    out.write("Then try it: nursery check --push\n")
    return 0


def _said(topic: Topic, picture: str | None) -> str:
    server = "" if topic.server == PUBLIC else f", with {topic.server} as another server"
    camera = "point the camera at this" if picture else f"open {topic.app}"
    return (
        "Install the app ntfy on the phone.\n"
        f"Android: {camera}.\n"
        f"{f'{chr(10)}{picture}{chr(10)}{chr(10)}' if picture else ''}"
        f"iPhone: press + in the app and type this topic{server}:\n\n  {topic.name}\n\n"
        "Whoever knows the topic reads every alert: show it to carers only.\n"
    )


def _qr(link: str) -> str:
    """Half blocks, for a dark or a light terminal."""
    import segno

    drawn = io.StringIO()
    segno.make(link, micro=False).terminal(drawn, compact=True, border=2)
    return drawn.getvalue().rstrip("\n")
