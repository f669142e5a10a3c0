#!/usr/bin/env bash
# Reads what a build prints, and says how far it is and how long it will take: COMMAND | tests/progress.sh
# On a terminal one line, in place; elsewhere a line every fifteen seconds. What is no step (warnings, errors) passes through.
set -u
terminal=no
[ ! -t 1 ] || terminal=yes
every=15 next=$every done=0 total=0

clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

show() { # what is being built
  local left='' text
  # Guesses from the first steps are worthless.
  if [ "$SECONDS" -ge 5 ] && [ "$done" -gt 0 ]; then left=", about $(clock $((SECONDS * (total - done) / done))) to go"; fi
  text="$done of $total, $(clock "$SECONDS")$left: $1"
  if [ "$terminal" = yes ]; then
    printf '\r\033[K%s' "${text:0:${COLUMNS:-$(tput cols 2>/dev/null || echo 80)}-1}"
  elif [ "$SECONDS" -ge "$next" ]; then
    next=$((SECONDS + every))
    printf '%s\n' "$text"
  fi
}

while IFS= read -r line; do
  [[ $line != *'Re-checking globbed directories'* ]] || continue
  if [[ $line =~ ^\[([0-9]+)/([0-9]+)\]\ (.*)$ ]]; then
    done=${BASH_REMATCH[1]} total=${BASH_REMATCH[2]}
    what=${BASH_REMATCH[3]##*/}
    case ${BASH_REMATCH[3]} in
      Linking*) show "linking ${what}" ;;
      *) show "compiling ${what%.o}" ;;
    esac
  elif [[ -n $line && $line != ninja:* ]]; then
    [ "$terminal" = no ] || printf '\r\033[K'
    printf '%s\n' "$line"
  fi
done
[ "$terminal" = no ] || printf '\r\033[K'
if [ "$total" -gt 0 ]; then echo "built $done of $total in $(clock "$SECONDS")"; else echo "everything is built"; fi
