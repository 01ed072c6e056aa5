# A refusal, or a run that is not published, in one line.
if .merges then
  [.merges[] | select(.state != "published" and .state != "superseded")]
  | (.[:10] | map("\(.tag_suffix): \(.state)"
      + (if (.missing // []) == [] then "" else ", missing " + (.missing | join(", ")) end)
      + (if .reason then ", \(.reason)" else "" end)))
    + (if length > 10 then ["and \(length - 10) more"] else [] end)
  | join("; ")
elif .results then
  [.results[] | select(.state == "failed")]
  | (.[:10] | map("\(.ref): \(.code): \(.detail)")) + (if length > 10 then ["and \(length - 10) more"] else [] end)
  | join("; ")
else
  .detail // .reason // .state // "no detail"
end
