#!/usr/bin/env bash
# Names what the machine lacks; as root on Debian or Ubuntu installs it. `preflight.sh python|browser`
set -euo pipefail

install() { # the Debian packages that are missing
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing $* ..."
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
  else
    echo "This is missing. Run:  sudo apt-get install $*" >&2
    exit 1
  fi
}

case "$1" in
  python)
    python=$(tools/python.sh) || { install python3 python3-venv && python=$(tools/python.sh); }
    "$python" -c 'import ensurepip, venv' 2>/dev/null || install python3-venv
    ;;
  browser)
    [ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
      || install chromium fonts-noto-core
    ;;
esac
