#!/bin/sh
# Installs the nursery monitor from this checkout: builds its Debian package for this machine and
# installs that. Everything else is then done on the phone.
#
#   sudo ./install.sh
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
[ "$(id -u)" = 0 ] || { echo "this needs root: sudo ./install.sh" >&2; exit 2; }
# shellcheck disable=SC1091 # of this machine
RELEASE=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
ARCH=$(dpkg --print-architecture)
case $RELEASE/$ARCH in
    bookworm/amd64 | bookworm/arm64 | trixie/amd64 | trixie/arm64) ;;
    *)
        echo "there is a package for 64-bit Bookworm and Trixie only, and this is $RELEASE, $ARCH." >&2
        echo "The way without a package: docs/service.md" >&2
        exit 1 ;;
esac
OUT=$(mktemp -d)
trap 'rm -rf "$OUT"' EXIT
apt-get update -qq
apt-get install -y -qq --no-install-recommends python3 python3-pip
python3 "$HERE/tools/deb" --quick --release "$RELEASE" --arch "$ARCH" --out "$OUT"
# apt reads the file with a user of its own.
chmod 755 "$OUT"
apt-get install -y "$OUT"/*.deb
