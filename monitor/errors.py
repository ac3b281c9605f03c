"""Errors a person can act on: each message says what is wrong and what to do.

Every leaf also inherits the built-in a caller would naturally catch.
"""

import errno

CARD_ERRNOS = frozenset({errno.ENOSPC, errno.EROFS, errno.EIO, errno.EDQUOT})
"""what a full, read-only or dying card answers"""


class NurseryError(Exception):
    """Base of every error this package raises on purpose."""


class ConfigError(NurseryError, ValueError):
    """The configuration or a command-line value is wrong; names the key, line or file."""


class InputError(NurseryError, ValueError):
    """A recorded input (CSV, JSON, audio, model file) cannot be used; names file and line."""


class DeviceError(NurseryError, OSError):
    """A microphone, load cell or pin cannot be opened or stopped answering."""


class CalibrationError(NurseryError, ValueError):
    """A calibration would be wrong; says which wire, weight or reading to check."""


class JournalError(NurseryError, OSError):
    """The journal cannot be opened or written."""


class CardError(JournalError):
    """The state directory's card is full, read-only or failing: nothing can be written there."""


class LockedError(JournalError):
    """Another program has locked the journal; in a moment it may be free again."""


class BrokerError(NurseryError, OSError):
    """The connection to the broker must end; says why."""


class CommandError(NurseryError, ValueError):
    """A command from a phone, the panel or the command line is refused; says why."""

    request_id: str | None = None
    """of the command, when that much of it could be read: the answer echoes it"""
