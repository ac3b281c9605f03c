#!/bin/sh
# Renews what this machine's broker and page prove themselves to phones with, while there is time.
#
#   sudo ./renew-certificates.sh
#
# A certificate by an authority of ours (setup.sh, page-certificate.sh) that has less than 400 days
# left is made anew: same authority, same key, same names. Phones and Home Assistant trust it as
# they did, and only one file is replaced, so that a power cut leaves a pair that fits. The broker
# then reads it, the page is restarted. Any other certificate is its owner's and left alone.
# Run by nursery-certificates.timer and after each upgrade. ROOT=DIR works below a directory.
set -eu

ROOT=${ROOT:-}
DAY_S=86400
LONGEST_DAYS=825 # that phones accept
RENEWED_DAYS=400 # two upgrades of Debian may be missed
umask 077
failed=0

days_left() {
    end=$(openssl x509 -in "$1" -noout -enddate)
    echo $((($(date -d "${end#notAfter=}" +%s) - $(date +%s)) / DAY_S))
}

# renew CERTIFICATE KEY AUTHORITY [GROUP]: whether it was made anew
renew() {
    [ -s "$1" ] && [ -s "$2" ] && [ -s "$3.crt" ] && [ -s "$3.key" ] || return 1
    openssl verify -no_check_time -CAfile "$3.crt" "$1" >/dev/null 2>&1 || return 1
    left=$(days_left "$1")
    days=$(days_left "$3.crt")
    if [ "$left" -ge "$RENEWED_DAYS" ]; then
        return 1
    elif [ "$left" -lt -"$LONGEST_DAYS" ]; then
        # A clock that is decades ahead would make one that is not valid yet.
        echo "$1 ended $((-left)) days ago by this machine's clock: set the clock" >&2
        failed=1
        return 1
    fi
    [ "$days" -lt "$LONGEST_DAYS" ] || days=$LONGEST_DAYS
    if [ "$days" -le "$((left + 1))" ]; then
        echo "$1 has $left days left, and so has its authority, $3.crt: make a new one" >&2
        failed=1
        return 1
    fi
    new=$(mktemp -d)
    subject=$(openssl x509 -in "$1" -noout -subject -nameopt compat | sed 's/^subject= *//')
    names=$(openssl x509 -in "$1" -noout -ext subjectAltName | sed '1d; s/ //g; s/IPAddress:/IP:/g')
    printf '%s\n' "subjectAltName=$names" "basicConstraints=CA:FALSE" \
        "keyUsage=digitalSignature" "extendedKeyUsage=serverAuth" > "$new/extensions"
    if openssl req -new -key "$2" -subj "$subject" -out "$new/request" &&
        openssl x509 -req -in "$new/request" -CA "$3.crt" -CAkey "$3.key" -days "$days" \
            -set_serial "0x$(openssl rand -hex 16 | sed 's/^./1/')" \
            -extfile "$new/extensions" -out "$new/certificate" 2>/dev/null &&
        openssl verify -CAfile "$3.crt" "$new/certificate" >/dev/null
    then
        cp "$new/certificate" "$1.new"
        chmod 644 "$1.new"
        sync "$1.new"
        mv "$1.new" "$1"
        echo "renewed for $days days: $1"
    else
        echo "could not be renewed: $1, which has $left days left" >&2
        failed=1
    fi
    rm -r "$new"
    [ "$failed" = 0 ]
}

tell() {
    if [ -z "$ROOT" ] && [ -d /run/systemd/system ]; then
        systemctl "$@" || failed=1
    fi
}

for broker in mosquitto:/etc/mosquitto nursery-broker:/etc/mosquitto/nursery; do
    certs=$ROOT${broker#*:}/certs
    if renew "$certs/nursery-server.crt" "$certs/nursery-server.key" "$certs/nursery-ca"; then
        tell try-reload-or-restart "${broker%%:*}.service"
    fi
done
page=$ROOT/etc/nursery
if renew "$page/page.crt" "$page/page.key" "$page/page-ca"; then
    tell try-restart nursery-page.service
fi
exit "$failed"
