#!/bin/sh
# Makes what nursery.conf names: a certificate authority, this broker's certificate, passwords.
#
#   sudo ./setup.sh BOX [HOST...]      BOX: the name in the box's configuration
#                                      HOST: names and addresses by which phones reach this machine
#   sudo ./setup.sh --renamed USER BOX only the rules: the box that logs in as USER is called BOX now
#
# Run again it keeps the authority (phones trust it already) and renews the rest. Prints the new
# passwords once. ROOT=DIR works below a directory (for tests and images); ETC, PORT and LOCAL_PORT
# make a broker beside another one.
set -eu

ROOT=${ROOT:-}
ETC=${ETC:-$ROOT/etc/mosquitto}
PORT=${PORT:-8883}
LOCAL_PORT=${LOCAL_PORT:-1883}
CERTS=$ETC/certs
HERE=$(cd "$(dirname "$0")" && pwd)
RENAMED=
if [ "${1:-}" = --renamed ]; then
    RENAMED=${2:?usage: setup.sh --renamed USER BOX}
    shift 2
fi
BOX=${1:?usage: setup.sh BOX [HOST...]}
shift
case $BOX in
    *[!a-z0-9_-]* | -* | homeassistant | phone | page | records)
        echo "setup.sh: $BOX is no name of a box: use a-z, 0-9, - and _" >&2
        exit 2 ;;
esac
umask 077

# What each name may say. A box speaks under its own name, which is its user's, and under those it
# has had: what it said there it takes back itself.
rules() {
    cp "$HERE/nursery.acl" "$ETC/nursery.acl.new"
    cut -d: -f1 "$ETC/nursery.passwd" | while read -r user; do
        case $user in homeassistant | phone | page | records) continue ;; esac
        printf '\nuser %s\n' "$user"
        { echo "$user $user"; cat "$ETC/nursery.names" 2>/dev/null; } | sed -n "s/^$user //p" |
            while read -r name; do
                printf 'topic readwrite nursery/%s/#\n' "$name"
                printf 'topic readwrite homeassistant/+/nursery-%s/+/config\n' "$name"
            done
        printf 'topic read homeassistant/status\n'
    done >> "$ETC/nursery.acl.new"
    give "$ETC/nursery.acl.new"
    mv "$ETC/nursery.acl.new" "$ETC/nursery.acl"
}

# To the broker's user, who reads them.
give() {
    if [ -z "$ROOT" ] && id mosquitto >/dev/null 2>&1; then
        chown mosquitto "$@"
    fi
}

if [ -n "$RENAMED" ]; then
    grep -q "^$RENAMED:" "$ETC/nursery.passwd" || { echo "setup.sh: no $RENAMED here" >&2; exit 2; }
    if [ "$BOX" != "$RENAMED" ] && grep -q "^$BOX:" "$ETC/nursery.passwd"; then
        echo "setup.sh: another box has the name $BOX: choose another one" >&2
        exit 2
    fi
    if ! grep -qx "$RENAMED $BOX" "$ETC/nursery.names" 2>/dev/null; then
        echo "$RENAMED $BOX" >> "$ETC/nursery.names"
        rules
        echo "$RENAMED may speak as $BOX"
    fi
    exit 0
fi
mkdir -p "$CERTS" "$ETC/conf.d"

names="DNS:localhost,IP:127.0.0.1,DNS:$(hostname),DNS:$(hostname).local"
for host in "$@"; do
    case $host in
        *[!0-9.]*) names="$names,DNS:$host" ;;
        *) names="$names,IP:$host" ;;
    esac
done

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }

if [ ! -e "$CERTS/nursery-ca.key" ]; then
    key "$CERTS/nursery-ca.key"
    openssl req -x509 -new -key "$CERTS/nursery-ca.key" -days 3650 -subj "/CN=nursery CA" \
        -addext "keyUsage=critical,keyCertSign,cRLSign" -out "$CERTS/nursery-ca.crt"
fi

key "$CERTS/nursery-server.key"
openssl req -new -key "$CERTS/nursery-server.key" -subj "/CN=$(hostname)" -out "$CERTS/server.csr"
printf '%s\n' "subjectAltName=$names" "basicConstraints=CA:FALSE" "keyUsage=digitalSignature" \
    "extendedKeyUsage=serverAuth" > "$CERTS/server.ext"
# 825 days: the longest that phones accept
openssl x509 -req -in "$CERTS/server.csr" -CA "$CERTS/nursery-ca.crt" -CAkey "$CERTS/nursery-ca.key" \
    -CAcreateserial -days 825 -extfile "$CERTS/server.ext" -out "$CERTS/nursery-server.crt" 2>/dev/null
rm "$CERTS/server.csr" "$CERTS/server.ext"

# A password never stands in a command line, where everybody on the machine could read it: it is
# written into a file of its own, hashed there, and added.
touch "$ETC/nursery.passwd"
for user in "$BOX" homeassistant phone page; do
    if ! grep -q "^$user:" "$ETC/nursery.passwd"; then
        password=$(openssl rand -hex 12)
        echo "$user:$password" > "$ETC/nursery.passwd.new"
        mosquitto_passwd -U "$ETC/nursery.passwd.new"
        cat "$ETC/nursery.passwd.new" >> "$ETC/nursery.passwd"
        rm "$ETC/nursery.passwd.new"
        echo "password of $user: $password"
    fi
done

sed -e "s,/etc/mosquitto,$ETC,g" -e "s/^listener 8883/listener $PORT/" \
    -e "s/^listener 1883/listener $LOCAL_PORT/" "$HERE/nursery.conf" > "$ETC/conf.d/nursery.conf"
rules
chmod 644 "$CERTS/nursery-ca.crt" "$CERTS/nursery-server.crt" "$ETC/conf.d/nursery.conf"
give "$CERTS/nursery-server.key" "$ETC/nursery.passwd"
echo "the authority that phones must trust: $CERTS/nursery-ca.crt"
echo "now: systemctl restart mosquitto"
