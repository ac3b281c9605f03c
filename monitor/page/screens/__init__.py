"""The screens: one module each, one table of routes.

What is known of the boxes comes in as ``Seen``; a template and its values go out. Pure but for the
history that a screen asks the box for.
"""

from monitor.page.screens import (
    babies,
    baby,
    box,
    boxes,
    calibrate,
    log,
    night,
    now,
    report,
    set_up,
    settings,
    tell,
    ward,
    ward_log,
    who,
)
from monitor.page.seen import Show

ROUTES: tuple[tuple[str, Show], ...] = (
    ("/", boxes.first),
    ("/boxes", boxes.show),
    ("/ward", ward.show),
    ("/ward/log.csv", ward_log.show),
    ("/boxes/{box}", now.show),
    ("/boxes/{box}/babies/{slug}", baby.show),
    ("/boxes/{box}/who", who.show),
    ("/boxes/{box}/tell", tell.show),
    ("/boxes/{box}/night", night.show),
    ("/boxes/{box}/report", report.show),
    ("/boxes/{box}/log.csv", log.show),
    ("/boxes/{box}/box", box.show),
    ("/boxes/{box}/setup", set_up.show),
    ("/boxes/{box}/setup/babies", babies.show),
    ("/boxes/{box}/setup/babies/{slug}", babies.one),
    ("/boxes/{box}/setup/calibrate", calibrate.show),
    ("/boxes/{box}/setup/settings", settings.show),
)
"""path and screen; ``{box}``, ``{slug}`` arrive in ``Seen.path``"""
