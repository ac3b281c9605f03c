"""The screens: one module each, one table of routes.

What is known of the boxes comes in as ``Seen``; a template and its values go out. Pure but for the
history that a screen asks the box for.
"""

from monitor.page.screens import now
from monitor.page.seen import Show

ROUTES: tuple[tuple[str, Show], ...] = (
    ("/", now.show),
    ("/boxes/{box}", now.show),
)
"""path and screen; ``{box}``, ``{slug}`` arrive in ``Seen.path``"""
