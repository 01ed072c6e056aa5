# The body of a finishing call: which merges, and the arrivals that the legs' artifacts tell of.
def platform: if .platform_tag == "" then "single" else .platform_tag end;
def list:
  if test("^\\s*$") then null
  elif test("^\\s*[\\[{]") then fromjson | if type == "object" then [.include[]."tag-suffix"] else . end
  else [splits("[\\s,]+") | select(. != "")] end;

# What each suffix waits for, where the build matrix was given.
def expected: $legs | group_by(.tag_suffix)
  | map({key: .[0].tag_suffix, value: {platform_tags: (map(platform) | unique), tag_latest: .[0].tag_latest}}) | from_entries;

# The leg that an artifact's name tells of; none where it is no leg's.
def leg: .name | capture("^digests(?<tag_suffix>.*)--(?<platform_tag>[a-z0-9_.]+)$");

($suffixes | list | if . == null then null else unique end) as $wanted
| expected as $expected
| ($wanted // (if $legs == [] then null else $expected | keys end)) as $merges
| [ $digests[]
    | . as {$digest}
    | leg
    | select(.tag_suffix as $suffix | $merges == null or ($merges | index([$suffix])) != null)
    | . + {digest: $digest}
    | $expected[.tag_suffix] as $leg
    | if $leg == null then . else
        . + {expect: $leg.platform_tags} + (if $leg.tag_latest == "" then {} else {tag_latest: $leg.tag_latest} end)
      end ] as $arrivals
| if ($arrivals | length) > 500 then error("digests: \($arrivals | length) arrivals; one call takes 500") else . end
| (if $merges == null then {} else {tag_suffixes: $merges} end) + {arrivals: $arrivals}
