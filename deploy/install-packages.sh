#!/usr/bin/env bash
# Installs the Debian packages that are missing, where that is possible, and says so where
# it is not. Usage: install-packages.sh sandbox|tests|faults
set -euo pipefail

declare -A package_of=([bwrap]=bubblewrap)
if [ "${1:-}" = tests ]; then
  package_of+=(
    [redis-server]=redis-server [rabbitmq-server]=rabbitmq-server [nginx]=nginx-light
    [chromium]=chromium [pg_lsclusters]=postgresql [systemd-analyze]=systemd [ip]=iproute2 [xgettext]=gettext
  )
fi

[ "${1:-}" = faults ] && package_of+=([faketime]=faketime)

missing=()
for program in "${!package_of[@]}"; do
  PATH="$PATH:/usr/sbin:/sbin" command -v "$program" >/dev/null || missing+=("${package_of[$program]}")
done
libraries="$(PATH="$PATH:/usr/sbin:/sbin" ldconfig -p 2>/dev/null || true)"
case "$libraries" in
  "" | *libgomp.so.1*) ;;
  *) missing+=(libgomp1) ;; # what LightGBM asks the system for
esac
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "Not installed here: ${missing[*]}. An administrator can: apt-get install ${missing[*]}" >&2
  [ "${1:-}" = sandbox ] && exit 0  # the next best sandbox is used, and doctor names it
  exit 1
fi

echo "Installing with apt: ${missing[*]} …"
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 # packages' own services stay off
apt-get update -qq
if ! apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; then
  [ "${1:-}" = sandbox ] && { echo "apt could not install ${missing[*]}; going on without." >&2; exit 0; }
  exit 1
fi
