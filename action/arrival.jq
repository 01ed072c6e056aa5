# The body of an arrival.
def list: if startswith("[") then fromjson else [splits("[\\s,]+") | select(. != "")] end;
def given($name; $value): if $value == "" then {} else {($name): $value} end;

{tag_suffix: $suffix, digest: $digest}
  + given("platform_tag"; $platform) + given("tag_latest"; $latest) + given("project"; $project)
  + (if $expect == "" then {} else {expect: ($expect | list)} end)
