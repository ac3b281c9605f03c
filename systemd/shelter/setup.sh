#!/bin/sh
# The records of a shelter on the machine of its broker: VictoriaMetrics, nursery-records, vmalert.
#
#   sudo apt install victoria-metrics
#   sudo ./setup.sh            may be run again; keeps what was edited
#   sudo ./setup.sh --remove   ends it; what VictoriaMetrics has stays there
#
# It makes the user "records" at the broker that systemd/mosquitto/setup.sh has set up, who hears
# every box and says how the records stand. ROOT=DIR works below a directory (for tests and images);
# NURSERY is the program, ETC the broker's directory.
set -eu

ROOT=${ROOT:-}
SHARED=$ROOT/etc/mosquitto
OWN=$ROOT/etc/nursery
UNITS=$ROOT/etc/systemd/system
DEFAULT=$ROOT/etc/default/victoria-metrics
SERVICES="nursery-records nursery-vmalert"
HERE=$(cd "$(dirname "$0")" && pwd)
NURSERY=${NURSERY:-$(command -v nursery || echo /opt/nursery/bin/nursery)}
# Where the Mosquitto of this machine serves others, the nursery has a broker of its own beside it.
if [ -z "${ETC:-}" ]; then
    ETC=$SHARED
    [ -e "$ETC/nursery.passwd" ] || [ ! -e "$SHARED/nursery/nursery.passwd" ] || ETC=$SHARED/nursery
fi
BROKER=mosquitto
[ "$ETC" = "$SHARED" ] || BROKER=nursery-broker

stop() { echo "setup.sh: $1" >&2; exit 2; }
runs_systemd() { [ -z "$ROOT" ] && [ -d /run/systemd/system ]; }
without_records() { grep -v "^records:" "$ETC/nursery.passwd" || true; }

# Of the rules in $2 those of the user "records" (1) or of everybody else (0).
rules() { awk -v ours="$1" '/^user /{is = $2 == "records"} NF == 0{is = 0} is == ours' "$2"; }

[ -e "$ETC/nursery.passwd" ] || stop "no nursery.passwd in $ETC: run systemd/mosquitto/setup.sh first"
umask 077

if [ "${1:-}" = --remove ]; then
    # shellcheck disable=SC2086 # two names
    ! runs_systemd || systemctl disable --quiet --now $SERVICES || true
    "$NURSERY" records --forget --config "$OWN/shelter.toml" || true
    without_records > "$ETC/nursery.passwd.new"
    cat "$ETC/nursery.passwd.new" > "$ETC/nursery.passwd"
    rm -f "$ETC/nursery.passwd.new" "$OWN/records-mqtt-password"
    for unit in $SERVICES; do rm -f "$UNITS/$unit.service"; done
    if runs_systemd; then
        systemctl daemon-reload
        systemctl reload "$BROKER"
    fi
    echo "kept: $OWN/shelter.toml, $OWN/rules.yml, and the numbers (sudo apt purge victoria-metrics deletes them)"
    exit 0
fi
if [ -z "$ROOT" ]; then
    command -v vmalert > /dev/null || stop "first: sudo apt install victoria-metrics"
fi
mkdir -p "$OWN" "$UNITS" "$ROOT/etc/default"

# A password never stands in a command line, where everybody on the machine could read it.
if ! grep -q "^records:" "$ETC/nursery.passwd" || [ ! -s "$OWN/records-mqtt-password" ]; then
    password=$(openssl rand -hex 12)
    printf '%s\n' "$password" > "$OWN/records-mqtt-password"
    echo "records:$password" > "$ETC/nursery.passwd.new"
    mosquitto_passwd -U "$ETC/nursery.passwd.new"
    without_records >> "$ETC/nursery.passwd.new"
    cat "$ETC/nursery.passwd.new" > "$ETC/nursery.passwd"
    rm "$ETC/nursery.passwd.new"
fi
{
    rules 0 "$ETC/nursery.acl"
    echo
    rules 1 "$HERE/../mosquitto/nursery.acl"
} | cat -s > "$ETC/nursery.acl.new"
cat "$ETC/nursery.acl.new" > "$ETC/nursery.acl"
rm "$ETC/nursery.acl.new"

umask 022  # nobody but root needs to get into $OWN: systemd hands the services what is theirs
PORT=$(sed -n 's/^listener \([0-9]*\) 127.0.0.1$/\1/p' "$ETC/conf.d/nursery.conf" 2>/dev/null || true)
keep() { [ -e "$2" ] || cp "$HERE/$1" "$2"; }
[ -e "$OWN/shelter.toml" ] ||
    sed "s/^port = 1883$/port = ${PORT:-1883}/" "$HERE/shelter.toml" > "$OWN/shelter.toml"
keep rules.yml "$OWN/rules.yml"
keep notifiers.yml "$OWN/notifiers.yml"
fresh=
if grep -qs dedup.minScrapeInterval "$DEFAULT"; then
    :
elif [ ! -e "$DEFAULT" ] || grep -qx 'ARGS="-storageDataPath=/var/lib/victoria-metrics"' "$DEFAULT"; then
    cp "$HERE/victoria-metrics.default" "$DEFAULT"
    fresh=yes
else
    echo "kept as it is: $DEFAULT; add -retentionPeriod=10y -dedup.minScrapeInterval=5m to its ARGS"
fi
for unit in $SERVICES; do
    sed "s,/opt/nursery/bin/nursery,$NURSERY,g" "$HERE/$unit.service" > "$UNITS/$unit.service"
done

if runs_systemd; then
    systemctl daemon-reload
    systemctl reload "$BROKER"
    # shellcheck disable=SC2086 # two names
    systemctl enable --quiet victoria-metrics $SERVICES
    if [ -n "$fresh" ]; then systemctl restart victoria-metrics; else systemctl start victoria-metrics; fi
    # shellcheck disable=SC2086
    systemctl restart $SERVICES
fi
echo "which room each box stands in: $OWN/shelter.toml; then systemctl restart nursery-records nursery-page"
echo "when the page and Home Assistant tell of it: $OWN/rules.yml; who else is told: $OWN/notifiers.yml"
