# Sourced by up, up-rekor-v1 and down: where things are, and how a peer is started and waited for.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=${MUSTER_PEERS:-$HOME/.cache/muster-peers}
since=2024-01-01T00:00:00Z # services count as valid from here on
PATH=$here/../../node_modules/.bin:$PATH:/usr/sbin # Node 24 first; mariadbd is not on everyone's PATH

port() { echo $((base + $1)); }

# start NAME PROGRAM ARGUMENT...: in the background and in $dir, its output in NAME.log, its pid in `pids` and NAME.pid;
# what it was started with in NAME.command
start() {
  local name=$1
  shift
  printf '%q ' "$@" >"$dir/$name.command"
  (cd "$dir" && exec "$@" >>"$dir/$name.log" 2>&1 </dev/null) &
  echo "$!" | tee -a "$dir/pids" >"$dir/$name.pid"
}

# await COMMAND...: until it succeeds, for at most 20 seconds
await() {
  for _ in $(seq 200); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
  echo "not up: $*" >&2
  exit 1
}
answers() { await curl -sf -o /dev/null "$1"; }
