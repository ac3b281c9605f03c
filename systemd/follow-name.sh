#!/bin/sh
# The box has another name now: its user at this machine's broker may speak under it, and the
# broker is told. Run by nursery-name.service whenever the box's settings change.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
CONFIG=/etc/nursery/nursery.toml
SETTINGS=/var/lib/nursery/settings.toml

[ -e /etc/nursery/access.toml ] || exit 0
# The file is the box's own: read with its rights, and nothing but a name is taken from it.
name=$(setpriv --reuid=nursery --regid=nursery --clear-groups timeout 5 head -c 65536 "$SETTINGS" 2>/dev/null |
    sed -n '/^\[/q; s/^box = "\([a-z0-9][a-z0-9_-]*\)"$/\1/p')
user=$(sed -n 's/^username = "\([a-z0-9_-]*\)"$/\1/p' "$CONFIG" | head -n 1)
[ -n "$name" ] && [ -n "$user" ] || exit 0
broker=mosquitto.service
ETC=/etc/mosquitto
if [ -e /etc/mosquitto/nursery/nursery.passwd ]; then
    broker=nursery-broker.service
    ETC=/etc/mosquitto/nursery
fi
export ETC
if [ -n "$(sh "$HERE/mosquitto/setup.sh" --renamed "$user" "$name")" ]; then
    systemctl reload "$broker"
fi
