#!/bin/sh
# Makes what the nodes of an ejabberd cluster need, a folder for each: settings, rules, certificate.
#
#   ./ejabberd.sh FOLDER ADDRESS... -- BOX...    ADDRESS: of each node, as the others reach it
#                                                BOX: the name of each box
#
# FOLDER/users gets everybody's password, FOLDER/nursery-ca.crt is what boxes and phones trust. Run
# again with more boxes it keeps authority, cookie and passwords. NAMES="broker.shelter.example"
# stands in the certificates beside the addresses; PORT, WS_PORT, LOCAL_PORT, DIST_PORT change ports.
set -eu

usage() { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ $# -ge 4 ] || usage
FOLDER=$1
shift
NODES=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    case $1 in *[!0-9.]*) echo "ejabberd.sh: $1 is no IPv4 address" >&2; exit 2 ;; esac
    NODES="$NODES $1"
    shift
done
[ $# -ge 2 ] || usage
shift
for box in "$@"; do
    case $box in
        *[!a-z0-9_-]* | -* | homeassistant | phone | page)
            echo "ejabberd.sh: $box is no name of a box: use a-z, 0-9, - and _" >&2
            exit 2 ;;
    esac
done
PORT=${PORT:-8883}
WS_PORT=${WS_PORT:-8884}
LOCAL_PORT=${LOCAL_PORT:-1883}
DIST_PORT=${DIST_PORT:-5210}
umask 077
mkdir -p "$FOLDER"
cd "$FOLDER"

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }

if [ ! -e nursery-ca.key ]; then
    key nursery-ca.key
    openssl req -x509 -new -key nursery-ca.key -days 3650 -subj "/CN=nursery CA" \
        -addext "keyUsage=critical,keyCertSign,cRLSign" -out nursery-ca.crt
fi
[ -e cookie ] || openssl rand -hex 20 > cookie
touch users
for user in homeassistant phone page "$@"; do
    grep -q "^$user:" users || echo "$user:$(openssl rand -hex 12)" >> users
done

certificate() {
    names="IP:$1"
    for name in ${NAMES:-}; do
        case $name in
            *[!0-9.]*) names="$names,DNS:$name" ;;
            *) names="$names,IP:$name" ;;
        esac
    done
    key "$1/key.pem"
    openssl req -new -key "$1/key.pem" -subj "/CN=$1" -out "$1/server.csr"
    printf '%s\n' "subjectAltName=$names" "basicConstraints=CA:FALSE" \
        "keyUsage=digitalSignature" "extendedKeyUsage=serverAuth" > "$1/server.ext"
    openssl x509 -req -in "$1/server.csr" -CA nursery-ca.crt -CAkey nursery-ca.key \
        -CAcreateserial -days 825 -extfile "$1/server.ext" -out "$1/server.crt" 2>/dev/null
    cat "$1/key.pem" "$1/server.crt" nursery-ca.crt > "$1/nursery.pem"
    rm "$1/key.pem" "$1/server.crt" "$1/server.csr" "$1/server.ext"
}

# ejabberd looks at the words of a subscription, not at each message: whoever may ask for
# nursery/+/alerts hears just that. A wildcard that reaches setup/... is for the page alone.
rules() {
    echo "    access_publish:"
    for box in $(cut -d: -f1 users); do
        case $box in homeassistant | phone | page) continue ;; esac
        printf '      "homeassistant/+/nursery-%s/+/config": [{allow: {user: "%s@nursery"}}]\n' \
            "$box" "$box"
    done
    cat <<'RULES'
      "nursery/%u/#": box
      "nursery/+/cmd/+": people
      "nursery/+/setup/+": page
      "homeassistant/#": homeassistant
    access_subscribe:
      "nursery/%u/#": box
      "homeassistant/status": box
      "homeassistant/#": homeassistant
      "nursery/#": page
RULES
    for topic in status identity health cry scale nest alerts alerts/text alert alert/text event \
        question summary summary/week settings live baby/+ baby/+/chart problem/+ problem/+/+ \
        cmd/+/result; do
        printf '      "nursery/+/%s": people\n' "$topic"
    done
}

settings() {
    cat <<SETTINGS
loglevel: warning
hosts: [nursery]
certfiles: [/etc/ejabberd/nursery.pem]
acme: {auto: false}
auth_method: [internal]
auth_password_format: scram
define_macro:
  'TLS': [no_sslv3, no_tlsv1, no_tlsv1_1, no_compression]
listen:
  - port: $PORT
    ip: $1
    module: mod_mqtt
    tls: true
    backlog: 1000
    max_payload_size: 600000
  - port: $WS_PORT
    ip: $1
    module: ejabberd_http
    tls: true
    protocol_options: 'TLS'
    request_handlers:
      /mqtt: mod_mqtt
  - port: $LOCAL_PORT
    ip: 127.0.0.1
    module: mod_mqtt
    max_payload_size: 600000
acl:
  page: {user: "page@nursery"}
  homeassistant: {user: "homeassistant@nursery"}
  people: {user: ["page@nursery", "homeassistant@nursery", "phone@nursery"]}
access_rules:
  page: [{allow: page}]
  homeassistant: [{allow: homeassistant}]
  people: [{allow: people}]
  box: [{deny: people}, {allow: all}]
modules:
  mod_mqtt:
    match_retained_limit: infinity  # the default keeps everything after the first 1000 to itself
    max_queue: 20000
    cache_size: 100000
SETTINGS
    rules
}

# "{lookup, ...}": the nodes know one another by address, nothing is asked of a resolver.
for node in $NODES; do
    mkdir -p "$node"
    certificate "$node"
    settings "$node" > "$node/ejabberd.yml"
    tuple=$(echo "$node" | tr . ,)
    cat > "$node/ejabberdctl.cfg" <<CTL
ERLANG_NODE=ejabberd@$node
INET_DIST_INTERFACE=$node
ERL_DIST_PORT=$DIST_PORT
ERL_OPTIONS="-env ERL_CRASH_DUMP_BYTES 0 -kernel net_ticktime 8 -kernel inet_dist_connect_options [{ip,{$tuple}}]"
EJABBERD_PID_PATH=/run/ejabberd/ejabberd.pid
EJABBERD_CONFIG_PATH=/etc/ejabberd/ejabberd.yml
CTL
    echo '{lookup, ["file"]}.' > "$node/inetrc"
done
first=$(echo $NODES | cut -d' ' -f1)
cat <<NEXT
On each node: copy $FOLDER/ADDRESS/* to /etc/ejabberd and $FOLDER/cookie to
/var/lib/ejabberd/.erlang.cookie, both for the user ejabberd alone; systemctl restart ejabberd
On each but $first: ejabberdctl join_cluster ejabberd@$first
On $first, for each line NAME:PASSWORD of $FOLDER/users: ejabberdctl register NAME nursery PASSWORD
NEXT
