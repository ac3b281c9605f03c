#!/bin/sh
# The records of a shelter on the machine of its broker: VictoriaMetrics, nursery-records, vmalert.
#
#   sudo apt install victoria-metrics
#   sudo ./setup.sh            may be run again; keeps what was edited
#
# It makes the user "records" at the broker that systemd/mosquitto/setup.sh has set up, who hears
# every box and says nothing. ROOT=DIR works below a directory (for tests and images); NURSERY is
# the program, ETC the broker's directory.
set -eu

ROOT=${ROOT:-}
ETC=${ETC:-$ROOT/etc/mosquitto}
OWN=$ROOT/etc/nursery
UNITS=$ROOT/etc/systemd/system
HERE=$(cd "$(dirname "$0")" && pwd)
NURSERY=${NURSERY:-$(command -v nursery || echo /opt/nursery/bin/nursery)}

[ -e "$ETC/nursery.passwd" ] || {
    echo "setup.sh: no nursery.passwd in $ETC: run systemd/mosquitto/setup.sh first" >&2
    exit 2
}
umask 077
mkdir -p "$OWN" "$UNITS"

# A password never stands in a command line, where everybody on the machine could read it.
if ! grep -q "^records:" "$ETC/nursery.passwd" || [ ! -s "$OWN/records-mqtt-password" ]; then
    password=$(openssl rand -hex 12)
    printf '%s\n' "$password" > "$OWN/records-mqtt-password"
    echo "records:$password" > "$ETC/nursery.passwd.new"
    mosquitto_passwd -U "$ETC/nursery.passwd.new"
    grep -v "^records:" "$ETC/nursery.passwd" >> "$ETC/nursery.passwd.new" || true
    cat "$ETC/nursery.passwd.new" > "$ETC/nursery.passwd"
    rm "$ETC/nursery.passwd.new"
fi
if ! grep -qx "user records" "$ETC/nursery.acl"; then
    printf '\nuser records\ntopic read nursery/#\ntopic deny nursery/+/setup/#\n' >> "$ETC/nursery.acl"
fi

umask 022  # nobody but root needs to get into $OWN: systemd hands the services what is theirs
keep() { [ -e "$2" ] || cp "$HERE/$1" "$2"; }
keep shelter.toml "$OWN/shelter.toml"
keep rules.yml "$OWN/rules.yml"
mkdir -p "$ROOT/etc/default"
if ! grep -qs dedup.minScrapeInterval "$ROOT/etc/default/victoria-metrics"; then
    cp "$HERE/victoria-metrics.default" "$ROOT/etc/default/victoria-metrics"
fi
for unit in nursery-records.service nursery-vmalert.service; do
    sed "s,/opt/nursery/bin/nursery,$NURSERY,g" "$HERE/$unit" > "$UNITS/$unit"
done

if [ -z "$ROOT" ] && [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl reload mosquitto
    systemctl enable --quiet nursery-records nursery-vmalert victoria-metrics
    systemctl restart victoria-metrics nursery-records nursery-vmalert
fi
echo "which room each box stands in: $OWN/shelter.toml"
echo "when somebody is told, and by which Alertmanager: $OWN/rules.yml, $UNITS/nursery-vmalert.service"
