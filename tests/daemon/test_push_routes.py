from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import NotifyConfig
from monitor.daemon.push_routes import PushRoutes
from monitor.errors import ConfigError
from tests.daemon.pushing import Receiver, alert

pytest.importorskip("apprise", reason='the "notify" extra is not installed')


def test_a_bad_url_in_the_configuration_is_refused_without_showing_secrets():
    with pytest.raises(ConfigError, match=r'"notify.urls", number 1') as refusal:
        PushRoutes(NotifyConfig(urls=["hunter2"]))
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda path: path.unlink(), "cannot read"),
        (lambda path: path.chmod(0o644), "chmod 600"),
        (lambda path: path.write_text(""), "holds no URL"),
        (lambda path: path.write_bytes(b"json://\xff"), "is no text"),
        (lambda path: path.write_text("# phone\nhunter2"), "address 1 in"),
    ],
)
def test_a_file_of_addresses_that_cannot_be_used_is_said_and_looked_at_again(
    receiver: Receiver, make, tmp_path: Path, spoil, says: str
):
    secret = tmp_path / "urls"
    secret.write_text("x")
    secret.chmod(0o600)
    spoil(secret)
    box = make(NotifyConfig(urls_file=str(secret)), retry_after_s=(0.2,), look_every_s=0.1)
    box.until(lambda: box.notifier.problem is not None)
    assert says in (box.notifier.problem or "")
    assert "hunter2" not in (box.notifier.problem or "")
    box.tell(alert())
    box.until(lambda: box.routes.tried > 0)
    secret.unlink(missing_ok=True)
    secret.touch(0o600)
    secret.write_text(f"# phone\n{receiver.url()}\n")
    box.settle()
    assert box.notifier.problem is None
    assert len(receiver.posts) == 1


def test_addresses_read_before_are_used_while_their_file_is_away(
    receiver: Receiver, make, tmp_path: Path
):
    secret = tmp_path / "urls"
    secret.touch(0o600)
    secret.write_text(receiver.url())
    box = make(NotifyConfig(urls_file=str(secret)))
    box.tell(alert())
    box.settle()
    secret.unlink()
    box.tell(alert(state="reminded", t_s=61.0))
    box.settle()
    assert len(receiver.posts) == 2
    assert "cannot read" in (box.notifier.problem or "")
