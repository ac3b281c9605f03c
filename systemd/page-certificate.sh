#!/bin/sh
# A certificate for the page by an authority of your own, for phones that you tell to trust it.
#
#   sudo ./page-certificate.sh NAME...     NAME: names and addresses by which phones reach the page,
#                                          such as nursery.local 192.168.1.20
#
# The authority can sign for these names and no others, whatever becomes of its key: phones that
# trust it trust no other site because of it. Run again with the same names it keeps the authority
# and renews the certificate; other names need a new authority (NEW=1), to be trusted anew.
# ROOT=DIR works below a directory (for tests and images).
set -eu

ROOT=${ROOT:-}
ETC=$ROOT/etc/nursery
[ $# -gt 0 ] || { echo "usage: page-certificate.sh NAME..." >&2; exit 2; }
umask 077
mkdir -p "$ETC"

names=
permitted=
for name in "$@"; do
    case $name in
        *[!A-Za-z0-9.:-]* | -* | "") echo "page-certificate.sh: $name is no name or address" >&2; exit 2 ;;
        *:*) names="$names,IP:$name"
             permitted="$permitted,permitted;IP:$name/FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF" ;;
        *[!0-9.]*) names="$names,DNS:$name"; permitted="$permitted,permitted;DNS:$name" ;;
        *) names="$names,IP:$name"; permitted="$permitted,permitted;IP:$name/255.255.255.255" ;;
    esac
done
names=${names#,}
permitted=${permitted#,}

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }

if [ ! -e "$ETC/page-ca.key" ] || [ -n "${NEW:-}" ]; then
    key "$ETC/page-ca.key"
    openssl req -x509 -new -key "$ETC/page-ca.key" -days 3650 -subj "/CN=nursery page of $(hostname)" \
        -addext "basicConstraints=critical,CA:TRUE,pathlen:0" \
        -addext "keyUsage=critical,keyCertSign,cRLSign" \
        -addext "nameConstraints=critical,$permitted" -out "$ETC/page-ca.crt"
fi

key "$ETC/page.key"
openssl req -new -key "$ETC/page.key" -subj "/CN=nursery page" -out "$ETC/page.csr"
printf '%s\n' "subjectAltName=$names" "basicConstraints=CA:FALSE" "keyUsage=digitalSignature" \
    "extendedKeyUsage=serverAuth" > "$ETC/page.ext"
# 825 days: the longest that phones accept
openssl x509 -req -in "$ETC/page.csr" -CA "$ETC/page-ca.crt" -CAkey "$ETC/page-ca.key" \
    -CAcreateserial -days 825 -extfile "$ETC/page.ext" -out "$ETC/page.crt" 2>/dev/null
rm "$ETC/page.csr" "$ETC/page.ext"
if ! openssl verify -CAfile "$ETC/page-ca.crt" "$ETC/page.crt" >/dev/null 2>&1; then
    echo "page-certificate.sh: the authority was made for other names: NEW=1 makes a new one" >&2
    exit 1
fi
chmod 644 "$ETC/page-ca.crt" "$ETC/page.crt"
if [ -z "$ROOT" ] && id nursery-page >/dev/null 2>&1; then
    chown nursery-page "$ETC/page.key"
fi
echo "the authority that phones must trust: $ETC/page-ca.crt"
echo "for the configuration, under [page]:"
echo "cert_file = \"$ETC/page.crt\""
echo "key_file = \"$ETC/page.key\""
