#!/bin/sh
# Installs what the server takes from the distribution: an XML parser, TLS and hashing, a database,
# and the preparation of passwords. With `--tests` also what its tests need, with `--compare` also
# the servers that it is compared with.
set -eu
packages="libexpat1-dev libssl-dev libsqlite3-dev libidn-dev pkg-config"
for option in "$@"; do
  case "$option" in
    --tests) packages="$packages python3 python3-venv python3-pip" ;;
    --compare) packages="$packages python3 prosody ejabberd" ;;
    *) echo "setup.sh: $option is not an option; there are --tests and --compare" >&2; exit 2 ;;
  esac
done
sudo=""
if [ "$(id -u)" -ne 0 ]; then sudo="sudo"; fi
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq $packages </dev/null >/dev/null
