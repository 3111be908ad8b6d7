#!/bin/sh
# Installs what the console takes from the distribution (Debian, Ubuntu): an HTTP server. With
# `--tests` also what its tests need, a browser among it. Does nothing where all is there.
set -eu
packages="libmicrohttpd-dev pkg-config"
for option in "$@"; do
  case "$option" in
    --tests) packages="$packages python3 python3-venv python3-pip chromium chromium-driver" ;;
    *)
      echo "setup.sh: $option is not an option; there is --tests" >&2
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
