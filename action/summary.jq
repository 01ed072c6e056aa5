# An answer in JSON, for the job summary.
def code: "`\(.)`";
if .merges then
  "| suffix | state | missing | reason |", "|---|---|---|---|",
  (.merges[] | "| \(.tag_suffix | code) | \(.state) | \((.missing // []) | join(", ")) | \((.reason // "") | gsub("\\|"; "\\|")) |"), ""
elif .results then
  "| image | state | why |", "|---|---|---|",
  (.results[] | "| \(.ref | code) | \(.state) | \(if .code then "\(.code): \(.detail // "" | gsub("\\|"; "\\|"))" else "" end) |"), ""
elif .tags then
  "| tag | state | digest | why |", "|---|---|---|---|",
  (.tags[] | "| \("\(.repository):\(.name)" | code) | \(.state) | \(.digest // "") | \((.reason // .code // "") | gsub("\\|"; "\\|")) |"), ""
elif .code then
  "**Muster: \(.code)**: \(.detail // "")", ""
else
  "Muster: \(.state // "accepted")" + (if .tag_suffix then " (\(.tag_suffix | code))" else "" end), ""
end
