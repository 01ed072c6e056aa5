# The body of a maintenance call: what to sign, or what to roll back. A cancellation needs none.
def list: if test("^\\s*\\[") then fromjson else [splits("[\\s,]+") | select(. != "")] end;
def given($name; $value): if $value == "" then {} else {($name): $value} end;

given("project"; $project)
+ if $call == "sign" then
    ($refs | list | unique) as $refs
    | if $refs == [] then error("sign needs refs") else . end
    | if ($refs | length) > 500 then error("refs: \($refs | length) of them; one call takes 500") else {refs: $refs} end
  elif $run != "" then
    if $tag != "" then error("rollback takes run-id, or repository and tag") else {run_id: $run} end
  elif $repository == "" or $tag == "" then error("rollback needs run-id, or repository and tag")
  else {repository: $repository, tag: $tag} + given("digest"; $digest) end
