/** What a path of ours may hold, by name; the examples stand together for one merge. */
export const PARAMETERS = {
  project: {
    description: 'A configured project.',
    schema: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,62}$' },
    example: 'localai',
  },
  run_id: {
    description: "GitHub's id of the run.",
    schema: { type: 'string', pattern: '^[0-9]{1,20}$' },
    example: '4242',
  },
  tag_suffix: {
    description: 'The tag suffix; `~` is the empty one.',
    schema: { type: 'string', pattern: '^(~|[A-Za-z0-9._-]{1,80})$' },
    example: '-cpu-vllm',
  },
  digest: {
    description: 'A digest.',
    schema: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' },
    example: `sha256:${'0'.repeat(64)}`,
  },
} as const;
