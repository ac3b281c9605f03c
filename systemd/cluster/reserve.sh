#!/bin/sh
# Two machines with a Mosquitto each, and one address that the boxes know: keepalived gives it to the
# reserve within seconds when the broker that has it is down, and leaves it there.
#
#   sudo ./reserve.sh ADDRESS/LENGTH INTERFACE main|reserve     for example 192.168.1.50/24 eth0 main
#
# Before: on the first machine systemd/mosquitto/setup.sh with that address (or its name) as HOST;
# copy /etc/mosquitto to the second as it is. Boxes, phones and Home Assistant use the address.
# ROOT=DIR works below a directory; PORT is where the broker answers.
set -eu

usage() { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ $# -eq 3 ] || usage
case $1 in */*) ;; *) usage ;; esac
case $3 in main) priority=100 ;; reserve) priority=90 ;; *) usage ;; esac
ROOT=${ROOT:-}
PORT=${PORT:-8883}
mkdir -p "$ROOT/etc/keepalived"

# A broker that is frozen keeps its port open: only an answer counts.
cat > "$ROOT/etc/keepalived/keepalived.conf" <<CONF
global_defs {
    enable_script_security
    script_user nobody
}
vrrp_script broker_answers {
    script "/usr/bin/timeout 2 /usr/bin/openssl s_client -connect 127.0.0.1:$PORT"
    interval 2
    timeout 3
    fall 2
    rise 2
}
vrrp_instance nursery {
    state BACKUP
    nopreempt
    interface $2
    virtual_router_id 71
    priority $priority
    advert_int 1
    virtual_ipaddress {
        $1
    }
    track_script {
        broker_answers
    }
}
CONF
echo "now: apt install keepalived; systemctl restart keepalived"
