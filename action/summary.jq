# An answer in JSON, for the job summary.
def code: "`\(.)`";
# Neither a bar nor a line's end may break a row.
def cell: (. // "") | gsub("\\|"; "\\|") | gsub("\\s+"; " ");
if .merges then
  "### Run \(.run_id): \(.merges | group_by(.state) | map("\(length) \(.[0].state)") | join(", "))", "",
  "| suffix | state | missing | reason | index |", "|---|---|---|---|---|",
  (.merges[] | "| \(.tag_suffix | code) | \(.state) | \((.missing // []) | join(", ")) | \(.reason | cell) | \(if .digest then .digest | code else "" end) |"),
  "", "[Watch it](\($url)/runs/\(.project)/\(.run_id))", ""
elif .results then
  "| image | state | why |", "|---|---|---|",
  (.results[] | "| \(.ref | code) | \(.state) | \(if .code then "\(.code): \(.detail | cell)" else "" end) |"), ""
elif .tags then
  "| tag | state | digest | why |", "|---|---|---|---|",
  (.tags[] | "| \("\(.repository):\(.name)" | code) | \(.state) | \(.digest // "") | \(.reason // .code | cell) |"), ""
elif .code then
  "**Muster: \(.code)**: \(.detail // "")", ""
else
  "Muster: \(.state // "accepted")" + (if .tag_suffix then " (\(.tag_suffix | code))" else "" end), ""
end
