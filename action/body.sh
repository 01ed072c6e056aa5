# shellcheck shell=bash disable=SC2154
# Sourced by call.sh: builds the request's body from the MUSTER_ variables. Nothing here reaches a shell or jq as code.

build_body() { # FILE
  case $MUSTER_CALL in
    arrive) arrival >"$1" ;;
    finish) need_project && finish >"$1" ;;
    plan) need_project && plan >"$1" ;;
    sign | rollback) maintenance >"$1" ;;
    cancel) need_project && need_run && echo '{}' >"$1" ;;
    *) complain "call is arrive, finish, plan, sign, rollback or cancel, not \"$MUSTER_CALL\"" ;;
  esac
}

complain() {
  printf '%s' "$1" >"$temp/problem"
  return 1
}

need_run() { case $MUSTER_RUN_ID in '' | *[!0-9]*) complain "$MUSTER_CALL needs run-id, a number" ;; esac; }

need_project() { [ -n "$MUSTER_PROJECT" ] || complain "$MUSTER_CALL needs project"; }

arrival() {
  [ -n "$MUSTER_DIGEST" ] || { complain 'arrive needs digest'; return 1; }
  jq -n -f "$here/arrival.jq" --arg suffix "$MUSTER_TAG_SUFFIX" --arg platform "$MUSTER_PLATFORM_TAG" \
    --arg digest "$MUSTER_DIGEST" --arg expect "$MUSTER_EXPECT" --arg latest "$MUSTER_TAG_LATEST" \
    --arg project "$MUSTER_PROJECT"
}

finish() {
  printf '%s' "$MUSTER_TAG_SUFFIXES" >"$temp/suffixes"
  legs >"$temp/legs" || { complain 'legs is no build matrix'; return 1; }
  digests >"$temp/digests" || return 1
  jq -n -f "$here/finish.jq" --rawfile suffixes "$temp/suffixes" --slurpfile legs "$temp/legs" \
    --slurpfile digests "$temp/digests" 2>"$temp/problem" || { cut_problem; return 1; }
}

plan() {
  legs >"$temp/legs" || { complain 'legs is no build matrix'; return 1; }
  jq -n -f "$here/plan.jq" --slurpfile legs "$temp/legs" 2>"$temp/problem" || { cut_problem; return 1; }
}

maintenance() {
  if [ -f "$MUSTER_REFS" ]; then cat "$MUSTER_REFS"; else printf '%s' "$MUSTER_REFS"; fi >"$temp/refs"
  jq -n -f "$here/maintenance.jq" --arg call "$MUSTER_CALL" --rawfile refs "$temp/refs" --arg run "$MUSTER_RUN_ID" \
    --arg repository "$MUSTER_REPOSITORY" --arg tag "$MUSTER_TAG" --arg digest "$MUSTER_DIGEST" \
    --arg project "$MUSTER_PROJECT" 2>"$temp/problem" || { cut_problem; return 1; }
}

# The rows of one or several matrices, one JSON object a line.
legs() {
  [ -n "$MUSTER_LEGS" ] || return 0
  if [ -f "$MUSTER_LEGS" ]; then cat "$MUSTER_LEGS"; else printf '%s' "$MUSTER_LEGS"; fi |
    jq -c '(.include, .includeDarwin)[]? | {tag_suffix: (."tag-suffix" // ""), platform_tag: (."platform-tag" // ""), tag_latest: (."tag-latest" // "")}'
}

# {name, digest} of each artifact: a folder named as the artifact, with one file named as the digest's hex.
# download-artifact puts a lone artifact's files into the folder itself. Its name is lost then, and the only one there is
# may be another shard's: it is left out.
digests() {
  [ -n "$MUSTER_DIGESTS" ] || return 0
  [ -d "$MUSTER_DIGESTS" ] || { complain "digests: there is no folder $MUSTER_DIGESTS"; return 1; }
  if (cd "$MUSTER_DIGESTS" && find . -maxdepth 1 -type f) | grep -E '^\./[0-9a-f]{64}$' >/dev/null; then
    warn 'digests' "an artifact in $MUSTER_DIGESTS is without its name, as a lone one is, and is left out; with a second artifact, names are kept" >&2
  fi
  (cd "$MUSTER_DIGESTS" && find . -mindepth 2 -maxdepth 2 -type f) |
    jq -R -c 'split("/") | {name: .[1], digest: "sha256:\(.[2])"}'
}

# jq's own prefix says nothing to the reader.
cut_problem() {
  local text
  text=$(cat "$temp/problem")
  complain "${text#jq: error (at <unknown>): }"
}
