#!/usr/bin/env bash
# One call to Muster from a job of GitHub Actions; action.yml says what the MUSTER_ variables mean.
# Needs curl and jq, which GitHub's runners have. Written for bash 3.2 too, which is macOS's.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
temp=$(mktemp -d "${RUNNER_TEMP:-/tmp}/muster.XXXXXX")
answer=$temp/answer
headers=$temp/headers
body=$temp/body.json

# Text in a workflow command: a line end or a percent sign would end it or hide the rest.
escape() {
  local text=$1
  text=${text//'%'/%25}
  text=${text//$'\r'/%0D}
  printf '%s' "${text//$'\n'/%0A}"
}
warn() { # TITLE MESSAGE
  echo "::warning title=$(escape "Muster: $1")::$(escape "$2")"
}
fail() { # TITLE MESSAGE
  echo "::error title=$(escape "Muster: $1")::$(escape "$2")"
  exit 1
}

# Shows text that others wrote: whatever looks like a workflow command in it is not one.
show() { # FILE
  local marker
  marker=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  echo "::stop-commands::$marker"
  cat "$1"
  printf '\n::%s::\n' "$marker"
}

# Sets `token`. Secrets go to curl by a file descriptor: a command line is visible to every process of the runner.
request_token() { # AUDIENCE
  token=$(
    curl --silent --show-error --fail --retry 3 --max-time 30 --config - \
      --get --data-urlencode "audience=$1" "$ACTIONS_ID_TOKEN_REQUEST_URL" <<EOF | jq -er .value
header = "Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN"
EOF
  ) || return 1
  echo "::add-mask::$token"
}

# Sets `status`: 000 where there was no answer. Fresh tokens each time: GitHub's live for minutes.
call() { # METHOD PATH
  status=000
  local bearer lent=''
  request_token "$audience" || return 0
  bearer=$token
  if [ "$MUSTER_LEND" = true ]; then
    request_token sigstore || return 0
    lent="header = \"Sigstore-Token: $token\""
  fi
  status=$(
    curl --silent --show-error --max-time 600 --request "$1" --data-binary "@$body" --output "$answer" \
      --dump-header "$headers" --write-out '%{http_code}' --config - \
      --header 'Content-Type: application/json' --header "Accept: $accept" \
      "$url$2" <<EOF
header = "Authorization: Bearer $bearer"
$lent
EOF
  ) || status=000
}

header() { # NAME: the value in the last answer
  tr -d '\r' <"$headers" | awk -v name="$1" 'tolower($0) ~ "^" name ":" { sub(/^[^:]*: */, ""); value = $0 } END { print value }'
}

# Goes on while an answer says that trying again helps; a refused token is replaced once.
call_until_final() { # METHOD PATH
  local pause=2 refused=0 until=$((SECONDS + MUSTER_WAIT_MINUTES * 60)) asked
  while :; do
    : >"$headers"
    : >"$answer"
    call "$@"
    case $status in
      401)
        refused=$((refused + 1))
        [ "$refused" -lt 2 ] || return 0
        ;;
      000 | 408 | 425 | 429 | 5??) refused=0 ;;
      *) return 0 ;;
    esac
    asked=$(header retry-after)
    case $asked in '' | *[!0-9]*) asked=$pause ;; esac
    [ "$asked" -le 60 ] || asked=60
    [ $((SECONDS + asked)) -lt "$until" ] || return 0
    echo "status $status; once more in $asked s"
    sleep "$asked"
    pause=$((pause < 30 ? pause * 2 : 30))
  done
}

report_answer() {
  local summary=${GITHUB_STEP_SUMMARY:-/dev/null} type
  type=$(header content-type)
  {
    echo "status=$status"
    echo "answer=$answer"
  } >>"${GITHUB_OUTPUT:-/dev/null}"
  show "$answer"
  case $type in
    text/markdown*) cat "$answer" >>"$summary" ;;
    *json*) jq -r -f "$here/summary.jq" --arg url "$url" "$answer" >>"$summary" || true ;;
  esac
  case $status in
    2??) return 0 ;;
    000) fail 'no answer' "$url, or GitHub's token service, did not answer; see the lines above" ;;
  esac
  case $type in
    *json*) fail "$(jq -r '.code // "refused"' "$answer")" "$(jq -r -f "$here/problem.jq" "$answer")" ;;
    *) fail "status $status" "$(head -n 1 "$answer" | cut -c 1-300)" ;;
  esac
}

url=${MUSTER_URL%/}
audience=${MUSTER_AUDIENCE:-$url}
# Of many merges the error names those that are not published, which takes more than a table.
accept='text/markdown, application/json;q=0.9'
[ "$MUSTER_CALL" != finish ] || accept=application/json
case $url in
  https://* | http://localhost | http://localhost:* | http://127.0.0.1:*) ;;
  *) fail 'url' "\"$url\" is not https://…" ;;
esac
if [ -z "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ]; then
  fail 'no identity' "this job may not request ID tokens: it needs \`permissions: id-token: write\`, and in a reusable workflow the job that calls it needs it too"
fi
# shellcheck source=SCRIPTDIR/body.sh
. "$here/body.sh"
build_body "$body" || fail 'input' "$(cat "$temp/problem" 2>/dev/null || echo 'see the lines above')"
run=/v1/runs/$MUSTER_PROJECT/$GITHUB_RUN_ID
case $MUSTER_CALL in
  arrive) call_until_final POST /v1/arrivals ;;
  finish) call_until_final POST "$run/finish" ;;
  plan) call_until_final PUT "$run/plan" ;;
  sign) call_until_final POST /v1/signatures ;;
  rollback) call_until_final POST /v1/tags/rollback ;;
  # Not this run: the one that is to stop.
  cancel) call_until_final POST "/v1/runs/$MUSTER_PROJECT/$MUSTER_RUN_ID/cancel" ;;
esac
report_answer
