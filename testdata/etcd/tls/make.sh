#!/bin/sh
# Makes the certificates of this folder anew: for tests only, valid for a century, keys open to everybody.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/ca.cnf" <<END
[ca]
default_ca = tests
[tests]
database = $work/index
serial = $work/serial
new_certs_dir = $work
default_md = sha256
policy = any
unique_subject = no
[any]
organizationName = supplied
commonName = optional
[authority]
basicConstraints = critical,CA:true
[server]
# etcd presents it to itself too, as the gateway's client: it needs both usages.
extendedKeyUsage = serverAuth,clientAuth
subjectAltName = IP:127.0.0.1,DNS:localhost
[client]
extendedKeyUsage = clientAuth
END
: >"$work/index"
echo 01 >"$work/serial"

certificate() { # NAME SUBJECT EXTENSIONS SIGNER
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$2" \
        -keyout "$1-key.pem" -out "$work/$1.csr" 2>/dev/null
    if [ "$4" = self ]; then signer="-selfsign -keyfile $1-key.pem"; else signer="-cert $4.pem -keyfile $4-key.pem"; fi
    # shellcheck disable=SC2086
    openssl ca -batch -notext -config "$work/ca.cnf" -extensions "$3" $signer -preserveDN \
        -startdate 20200101000000Z -enddate 21200101000000Z -in "$work/$1.csr" -out "$1.pem" 2>/dev/null
    chmod 644 "$1-key.pem"
}
certificate ca "/O=maitred tests/CN=ca" authority self
certificate other-ca "/O=maitred tests/CN=other ca" authority self
certificate server "/O=maitred tests" server ca
certificate client "/O=maitred tests" client ca
certificate client-cn "/O=maitred tests/CN=u" client ca
rm -f ca-key.pem other-ca-key.pem
