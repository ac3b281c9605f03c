"""A Mosquitto as a careful rescuer runs it: TLS with its own authority, a password for everybody.

Its certificates are made here with openssl; the expired one by an openssl whose clock is two years
behind. The store is written at every change: what a broker forgets when it is killed between two
writes of its store is Mosquitto's to lose (docs/reliability.md), and not what this looks for.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

from tests.system.campaign.mute_proxy import MuteProxy
from tests.system.campaign.ways import Way
from tests.system.fake_host import FakeHost
from tests.system.mosquitto import BINARY, Mosquitto, free_port

BOX_PASSWORD, PHONE_PASSWORD = "kittens", "phone-phone"
TWO_YEARS_S = 2 * 365 * 86_400
EXTENSIONS = "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n"


def missing() -> str | None:
    """What this machine lacks for it, as the reason of a skip."""
    for tool, package in (("openssl", "openssl"), ("mosquitto_passwd", "mosquitto")):
        if BINARY is None or shutil.which(tool) is None:
            return f"no {tool}: apt-get install {package}"
    return None


class GuardedBroker(Mosquitto):
    """The box speaks TLS on ``tls_port`` as "box", phones plainly on ``port`` as "phone"."""

    def __init__(self, folder: Path, clock: FakeHost, way: Way) -> None:
        self.tls_port = free_port()
        self._way = way
        self._folder = folder
        folder.mkdir(parents=True)
        self.authority = folder / "ca.crt"
        self.box_authority = folder / "box-ca.crt"
        self._make_certificates(clock)
        self._set_password(BOX_PASSWORD)
        self._install("good")
        shutil.copyfile(self.authority, self.box_authority)
        self._set_rights("#")
        super().__init__(folder, self._lines(), anonymous=False)
        self._proxy = MuteProxy(
            self.tls_port, self.port, folder / "server.crt", folder / "server.key"
        )

    def _lines(self, more: str = "", *, tls: bool = True) -> str:
        folder = self._folder
        listener = (
            f"listener {self.tls_port} 127.0.0.1\n"
            f"cafile {self.authority}\ncertfile {folder}/server.crt\nkeyfile {folder}/server.key\n"
        )
        return (
            f"{listener if tls else ''}"
            f"password_file {folder}/passwords\nacl_file {folder}/rights\n"
            f"persistence true\npersistence_location {folder}/\n"
            f"autosave_on_changes true\nautosave_interval 1\n{more}\n"
        )

    # ------------------------------------------------------------------ what can go wrong with it

    def start(self) -> Mosquitto:
        super().start()
        self._way.unblock("stopped")
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        self._way.block("stopped")
        super().stop(how)

    def freeze(self) -> None:
        self._way.block("frozen")
        super().freeze()

    def thaw(self) -> None:
        super().thaw()
        self._way.unblock("frozen")

    def refuse_the_box(self) -> None:
        """Somebody changed the box's password at the broker."""
        self._way.block("password")
        self._set_password("another")
        self._restart()

    def accept_the_box(self) -> None:
        self._set_password(BOX_PASSWORD)
        self._restart()
        self._way.unblock("password")

    def expire(self) -> None:
        """Nobody renewed the certificate."""
        self._way.block("certificate")
        self._install("expired")
        self._restart()

    def renew(self) -> None:
        self._install("good")
        self._restart()
        self._way.unblock("certificate")

    def forbid_the_box(self) -> None:
        """The rights are for a box of another name; it learns so on the open connection."""
        self._way.block("rights")
        self._set_rights("nursery/another-box/#")
        self.signal(signal.SIGHUP)

    def allow_the_box(self) -> None:
        self._set_rights("#")
        self.signal(signal.SIGHUP)
        self._way.unblock("rights")

    def go_mute(self) -> None:
        """It answers pings and passes everything on, but never acknowledges."""
        self._way.block("mute")
        self.stop()
        self.configure(self._lines(tls=False))
        self.start()
        self._proxy.start()

    def speak_again(self) -> None:
        self._proxy.stop()
        self.stop()
        self.configure(self._lines())
        self.start()
        self._way.unblock("mute")

    def limit(self, line: str) -> None:
        """One more line in its configuration, as of a careful or a small broker; "": none."""
        self.stop()
        self.configure(self._lines(line))
        self.start()

    def damage_authority(self, how: str) -> None:
        """The box's copy of the authority's certificate is emptied, torn or gone."""
        self._way.block("authority")
        whole = self.authority.read_bytes()
        self.box_authority.write_bytes({"torn": whole[: len(whole) // 2]}.get(how, b""))
        if how == "missing":
            self.box_authority.unlink()
        self._restart()

    def mend_authority(self) -> None:
        shutil.copyfile(self.authority, self.box_authority)
        self._way.unblock("authority")

    def _restart(self) -> None:
        self.stop(signal.SIGTERM)
        self.start()

    # ------------------------------------------------------------------ files

    def _set_password(self, password: str) -> None:
        path = self._folder / "passwords"
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        for user, word in (("box", password), ("phone", PHONE_PASSWORD)):
            subprocess.run(
                ["mosquitto_passwd", "-b", path, user, word], check=True, capture_output=True
            )

    def _set_rights(self, box: str) -> None:
        """Topics the box may read and write; the phone may use all."""
        rights = f"user box\ntopic readwrite {box}\nuser phone\ntopic readwrite #\n"
        path = self._folder / "rights"
        path.write_text(rights)
        path.chmod(0o600)

    def _install(self, which: str) -> None:
        shutil.copyfile(self._folder / f"{which}.crt", self._folder / "server.crt")

    def _make_certificates(self, clock: FakeHost) -> None:
        (self._folder / "server.ext").write_text(EXTENSIONS)
        self._openssl("ecparam -name prime256v1 -genkey -noout -out ca.key")
        self._openssl("ecparam -name prime256v1 -genkey -noout -out server.key")
        self._openssl("req -new -key server.key -subj /CN=broker -out server.csr")
        self._openssl(
            "req -x509 -new -key ca.key -days 3650 -subj /CN=test-CA "
            "-addext keyUsage=critical,keyCertSign,cRLSign -out ca.crt"
        )
        sign = "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30"
        self._openssl(f"{sign} -extfile server.ext -out good.crt")
        clock.jump(-TWO_YEARS_S)
        self._openssl(f"{sign} -extfile server.ext -out expired.crt", clock.environment)
        clock.synchronise()

    def _openssl(self, arguments: str, environment: dict[str, str] | None = None) -> None:
        subprocess.run(
            ["openssl", *arguments.split()], cwd=self._folder, check=True, capture_output=True,
            env=os.environ | (environment or {}),
        )  # fmt: skip
