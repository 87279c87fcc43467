#!/usr/bin/env bash
# Installs what xinmoi needs from the distribution, saying what and why.
#   deps.sh run    what building and running needs
#   deps.sh test   also the real peers that the tests talk to
# Where it cannot install (no apt, no root, no network) it says which packages
# are wanted and goes on: everything but the C compiler can be done without.
set -u

want=() # package|how to see that it is there|why
want+=("gcc|command -v gcc|C compiler: SQLite is built in")
want+=("libc6-dev|test -e /usr/include/stdio.h|C headers")
want+=("pkg-config|command -v pkg-config|finds the sound library")
want+=("libasound2-dev|pkg-config --exists alsa|sound card (without it: built without the speaker)")
want+=("espeak-ng|command -v espeak-ng|placeholder voice (without it: chimes only)")
if [ "${1:-run}" = test ]; then
  want+=("baresip-core|command -v baresip|a telephone that calls us")
  want+=("sip-tester|command -v sipp|a second telephone, for its digits")
  want+=("linphone-cli|command -v linphonec|a third telephone")
  want+=("openssl|command -v openssl|certificates for telephone calls over TLS")
  if [ ! -d /run/systemd/system ]; then # Where it would start by itself and take the telephone's port, its tests are left out.
    want+=("kamailio|test -x /usr/sbin/kamailio|a trunk, and a load balancer before several telephones")
    want+=("kamailio-tls-modules|ls /usr/lib/*/kamailio/modules/tls.so|TLS for it")
    want+=("kannel|command -v bearerbox|a gateway for short messages")
    want+=("kannel-extras|test -x /usr/lib/kannel/test/fakesmsc|a message centre for it")
    want+=("gammu-smsd|command -v gammu-smsd|a modem that is none")
  fi
  want+=("chromium|command -v chromium|a browser at kiosk, counter and board")
  want+=("nodejs|command -v node|drives the browser")
  want+=("npm|command -v npm|fetches the browser driver and the accessibility checker")
  want+=("pulseaudio|command -v pulseaudio|a sound card made of software")
  want+=("pulseaudio-utils|command -v parec|records what the loudspeaker played")
  want+=("libasound2-plugins|ls /usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so|joins ALSA and PulseAudio")
  want+=("zbar-tools|command -v zbarimg|reads the QR code from the paper")
  want+=("tesseract-ocr|command -v tesseract|reads the paper")
  want+=("tesseract-ocr-vie|ls /usr/share/tesseract-ocr/*/tessdata/vie.traineddata|Vietnamese for it")
  want+=("fonts-noto-core|test -e /usr/share/fonts/truetype/noto/NotoSans-Regular.ttf|fonts for the browser")
  want+=("strace|command -v strace|counts how often the disk is told to flush")
fi

missing=()
for row in "${want[@]}"; do
  IFS='|' read -r package check why <<<"$row"
  if ! eval "$check" >/dev/null 2>&1; then
    missing+=("$package")
    printf '  missing %-20s %s\n' "$package" "$why"
  fi
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  printf 'Not a Debian or Ubuntu system: please install the equivalents of: %s\nGoing on without them.\n' "${missing[*]}"
  exit 0
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    as_root=(sudo)
    printf 'Installing with sudo: %s\n' "${missing[*]}"
  else
    printf 'No right to install. Please run: apt-get install %s\nGoing on without them.\n' "${missing[*]}"
    exit 0
  fi
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
printf 'Installing through apt (%s) …\n' "${missing[*]}"
if ! { "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 5 "$log"
  printf 'apt could not install everything; going on without.\n'
fi
