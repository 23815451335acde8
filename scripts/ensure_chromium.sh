#!/bin/sh
# Makes sure that there is a Chromium for the browser tests, or says which command installs one.
set -eu

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then
        command -v "$name"
        exit 0
    fi
done

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing chromium with apt-get ..." >&2
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-color-emoji >&2
    command -v chromium
    exit 0
fi

cat >&2 <<'MESSAGE'
The browser tests need Chromium, and it is not installed. One of these installs it:
    sudo apt-get update && sudo apt-get install -y chromium      (Debian)
    sudo apt-get update && sudo apt-get install -y chromium-browser   (Ubuntu)
    sudo dnf install -y chromium                                  (Fedora)
    brew install --cask chromium                                  (macOS)
MESSAGE
exit 1
