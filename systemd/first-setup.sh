#!/bin/sh
# Makes this machine a box: configuration, broker, passwords and rights. The Debian package runs it.
#
#   sudo ./first-setup.sh
#
# Run again it changes nothing: a configuration that is here stays, and so does the broker that it
# names. A Mosquitto that serves others gets no rules of ours: the nursery then has a broker of its
# own beside it (nursery-broker.service). ROOT=DIR works below a directory (for tests and images).
set -eu

ROOT=${ROOT:-}
HERE=$(cd "$(dirname "$0")" && pwd)
NURSERY=$ROOT/etc/nursery
SHARED=$ROOT/etc/mosquitto
HOST=$(hostname -s 2>/dev/null || hostname)
umask 077

# The first of these ports that nobody has.
free_port() {
    python3 -I - "$@" << 'END'
import socket
import sys

for port in sys.argv[1:]:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("", int(port)))
        except OSError:
            continue
        print(port)
        break
else:
    sys.exit(f"first-setup.sh: all of these ports are taken: {', '.join(sys.argv[1:])}")
END
}

taken() { [ "$(free_port "$1" 0)" != "$1" ]; }

runs() { [ -z "$ROOT" ] && [ -d /run/systemd/system ] && systemctl --quiet is-active "$1"; }

# Whether our rules would lock somebody out of this machine's Mosquitto, or it cannot run here.
serves_others() {
    set -- "$SHARED/mosquitto.conf"
    for file in "$SHARED"/conf.d/*.conf; do
        [ "$file" = "$SHARED/conf.d/nursery.conf" ] || set -- "$@" "$file"
    done
    said='listener|port|bind_address|per_listener_settings|allow_anonymous|password_file|acl_file'
    said="$said|psk_file|plugin|auth_plugin|connection|use_username_as_clientid|socket_domain"
    cat "$@" 2>/dev/null | grep -Eq "^[[:space:]]*($said)[[:space:]]" && return 0
    [ -e "$SHARED/conf.d/nursery.conf" ] && return 1
    taken 8883 || { ! runs mosquitto.service && taken 1883; }
}

# A broker of its own, in a directory of its own; the one that is here is not touched.
broker_beside() {
    mkdir -p "$ETC/certs" "$ETC/conf.d"
    chmod 755 "$ETC" "$ETC/certs" "$ETC/conf.d"
    cat > "$ETC/mosquitto.conf" << END
# The nursery's own broker, beside the Mosquitto that serves others: nursery-broker.service
persistence true
persistence_location /var/lib/nursery-broker/
log_dest stderr
include_dir $ETC/conf.d
END
    chmod 644 "$ETC/mosquitto.conf"
}

# The name of the box, which is its user's at the broker: one that no other box has.
free_name() {
    name=nursery
    number=1
    while grep -q "^$name:" "$ETC/nursery.passwd" 2>/dev/null; do
        number=$((number + 1))
        name=nursery-$number
    done
    echo "$name"
}

password_of() { sed -n "s/^password of $1: //p" "$ETC/said"; }

# Passwords that setup.sh has just made: where the units look for them; what is typed elsewhere
# where the page's user may read it.
keep_passwords() {
    password_of "$BOX" > "$NURSERY/mqtt-password"
    password_of page > "$NURSERY/page-mqtt-password"
    {
        echo "# The nursery's broker: what to type into Home Assistant and into MQTT apps."
        printf 'host = "%s.local"\nport = %s\ntls = true\n' "$HOST" "$PORT"
        printf 'ca_file = "%s/certs/nursery-ca.crt"\n' "$ETC"
        for user in homeassistant phone; do
            [ -n "$(password_of $user)" ] || continue
            printf '\n[%s]\nusername = "%s"\npassword = "%s"\n' $user $user "$(password_of $user)"
        done
    } > "$NURSERY/access.toml"
    rm "$ETC/said"
}

configuration() {
    cat << END
# Configuration of the nursery monitor. Every key: /usr/share/doc/nursery-monitor/nursery.example.toml
# What is set on the page or by "nursery set" is kept beside the journal and read over this file.
box = "$BOX"

[microphone]
source = "sounddevice"       # "none" without a microphone, "simulated" for practice
device = "USB"               # part of its name, as "nursery check" shows it

[scale]
source = "hx711"             # "none" without a scale, "simulated" for practice
dout_pin = 5
sck_pin = 6

[mqtt]
host = "127.0.0.1"
port = $LOCAL_PORT
username = "$BOX"

[page]
port = $PAGE_PORT
END
    if [ -s "$NURSERY/page-mqtt-password" ]; then
        echo 'username = "page"'
    fi
}

mkdir -p "$NURSERY"
if [ -e "$NURSERY/nursery.toml" ]; then
    echo "kept as it is, with the broker that it names: $NURSERY/nursery.toml"
else
    ETC=$SHARED
    PORT=8883
    LOCAL_PORT=1883
    if serves_others; then
        ETC=$SHARED/nursery
        PORT=$(free_port 8883 8884 8885 8886 8887)
        LOCAL_PORT=$(free_port 1884 1885 1886 1887)
        broker_beside
        echo "the Mosquitto of this machine serves others: the nursery gets a broker of its own, port $PORT"
    fi
    PAGE_PORT=$(free_port 80 8080 8081 8082)
    BOX=$(free_name)
    # shellcheck disable=SC2046 # one word an address
    ROOT=$ROOT ETC=$ETC PORT=$PORT LOCAL_PORT=$LOCAL_PORT sh "$HERE/mosquitto/setup.sh" "$BOX" \
        $(hostname -I 2>/dev/null | tr ' ' '\n' | grep -v :) > "$ETC/said"
    keep_passwords
    configuration > "$NURSERY/nursery.toml.new"
    mv "$NURSERY/nursery.toml.new" "$NURSERY/nursery.toml"
    echo "written: $NURSERY/nursery.toml"
fi
for name in mqtt-password page-mqtt-password; do
    [ -e "$NURSERY/$name" ] || : > "$NURSERY/$name"
done
