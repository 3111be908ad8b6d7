#!/bin/sh
# Installs what the server takes from the distribution (Debian, Ubuntu): an XML parser, TLS and
# hashing, a database, and the preparation of passwords. With `--tests` also what its tests need,
# with `--compare` also the servers that it is compared with. Does nothing where all is there.
set -eu
packages="libexpat1-dev libssl-dev libsqlite3-dev libidn-dev pkg-config"
for option in "$@"; do
  case "$option" in
    --tests) packages="$packages python3 python3-venv python3-pip" ;;
    --compare) packages="$packages python3 prosody ejabberd erlang-p1-sqlite3" ;;
    *)
      echo "setup.sh: $option is not an option; there are --tests and --compare" >&2
      exit 2
      ;;
  esac
done

missing=""
for package in $packages; do
  status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  if [ "$status" != "install ok installed" ]; then missing="$missing $package"; fi
done
if [ -z "$missing" ]; then exit 0; fi

as_root=""
if [ "$(id -u)" -ne 0 ]; then as_root="sudo"; fi
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing </dev/null >/dev/null
