#!/bin/sh
# An ntfy server on this machine (Debian 13 has one): pushes pass through nobody else's, and reach
# phones that reach this machine.
#
#   sudo ./ntfy-server.sh [NAME]     NAME: by which phones reach it; HOST.local if left out
#
# A configuration that somebody has written is kept. ROOT=DIR works below a directory (for tests and
# images), and starts nothing.
set -eu

ROOT=${ROOT:-}
NAME=${1:-$(hostname).local}
PORT=2586
FILE=$ROOT/etc/ntfy/server.yml
MARK="# by ntfy-server.sh of the nursery monitor"
case $NAME in
    *[!A-Za-z0-9.-]* | -* | "") echo "ntfy-server.sh: $NAME is no name or address" >&2; exit 2 ;;
esac

if [ -z "$ROOT" ] && ! command -v ntfy >/dev/null; then
    apt-get install -y ntfy || {
        echo "ntfy-server.sh: this Debian has no ntfy (13 has): nursery push works with ntfy.sh" >&2
        exit 1
    }
fi

if [ -e "$FILE" ] && grep -q "^[a-z]" "$FILE" && ! grep -qF "$MARK" "$FILE"; then
    echo "$FILE is kept as it is; for pushes use its base-url: sudo nursery push --server URL"
    exit 0
fi
mkdir -p "$(dirname "$FILE")"
cat > "$FILE" <<END
$MARK
base-url: "http://$NAME:$PORT"
listen-http: ":$PORT"
# Phones with iOS are woken by ntfy.sh; it gets a number for the topic, and no text.
upstream-base-url: "https://ntfy.sh"
END
chmod 644 "$FILE"
if [ -z "$ROOT" ]; then
    systemctl enable --quiet ntfy
    systemctl restart ntfy
fi
echo "now: sudo nursery push --server http://$NAME:$PORT"
