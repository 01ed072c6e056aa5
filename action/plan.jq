# The body of a plan, from a build matrix: a merge for each tag suffix, a leg for each of its rows.
def platform: if .platform_tag == "" then "single" else .platform_tag end;

if ($legs | length) == 0 then error("plan needs legs, and they hold no row")
else {
  merges: ($legs | group_by(.tag_suffix) | map({
    tag_suffix: .[0].tag_suffix,
    platform_tags: (map(platform) | unique),
    tag_latest: (if .[0].tag_latest == "" then "auto" else .[0].tag_latest end),
  }))
} end
