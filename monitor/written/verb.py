"""The base of every request: its tag is the verb."""

from __future__ import annotations

from msgspec import Struct


class Verb(Struct, frozen=True, tag_field="verb", forbid_unknown_fields=True, omit_defaults=True):
    """Base of the requests: the tag is the verb, as in topics and in the inbox."""


def verb_of(kind: type[Verb] | Verb) -> str:
    """The verb of a request, or of its type."""
    return str(kind.__struct_config__.tag)
