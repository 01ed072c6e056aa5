# An answer in JSON, for the job summary.
def code: "`\(.)`";
if .merges then
  "| suffix | state | missing | reason |", "|---|---|---|---|",
  (.merges[] | "| \(.tag_suffix | code) | \(.state) | \((.missing // []) | join(", ")) | \((.reason // "") | gsub("\\|"; "\\|")) |"), ""
elif .code then
  "**Muster: \(.code)**: \(.detail // "")", ""
else
  "Muster: \(.state // "accepted")" + (if .tag_suffix then " (\(.tag_suffix | code))" else "" end), ""
end
