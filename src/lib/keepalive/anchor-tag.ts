/** `keepalive-<run_id><tag_suffix>-<platform_tag>`, as builds make them, too. */
const ANCHOR_TAG = /^keepalive-\d{1,20}[A-Za-z0-9._-]*-[a-z0-9_.]{1,32}$/;

/** Whether a tag has the form of an anchor, whoever made it. */
export function isAnchorTag(tag: string): boolean {
  return ANCHOR_TAG.test(tag);
}

/** Whether a tag may be an anchor of a run. A suffix may begin with a digit, so the run's id may seem longer than it is. */
export function mayBeOfRun(tag: string, runId: string): boolean {
  return tag.startsWith(`keepalive-${runId}`);
}
