import type { Answer, Operation } from './operation.ts';

const HTML = ['text/html'];
const page: Answer = { description: 'The page.', types: HTML };
const unknown: Answer = { description: 'A page that says what to do.', types: HTML };

/** What people look at. Pages are no contract: programs call the routes that the pages name. */
export const PAGE_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/',
    area: 'Pages',
    summary: 'What this Muster does, and its health.',
    answers: { 200: page },
  },
  {
    method: 'get',
    path: '/runs/{project}/{run_id}',
    area: 'Pages',
    summary: 'A run: every merge as a cell of a grid, live.',
    query: {
      suffix: { description: 'Merges whose suffix holds this.' },
      state: { description: '`published`, `merging`, `waiting`, `attention` or `aside`.' },
    },
    answers: { 200: page, 400: unknown, 404: unknown },
  },
  {
    method: 'get',
    path: '/merges/{project}/{run_id}/{tag_suffix}',
    area: 'Pages',
    summary: 'A merge: steps, digests, tags, and how to check the signature, live.',
    answers: { 200: page, 400: unknown, 404: unknown },
  },
  {
    method: 'get',
    path: '/verify',
    area: 'Pages',
    summary: 'A form for an image, and the verdict in words.',
    query: {
      ref: { description: 'The image.' },
      platform: { description: '`os/architecture`; absent: every one.' },
      policy: { description: 'The name of a configured policy.' },
    },
    answers: {
      200: { description: 'The form, and a verdict where there is one, whichever.', types: HTML },
      400: unknown,
      403: unknown,
      404: unknown,
      502: unknown,
      503: unknown,
    },
  },
  {
    method: 'get',
    path: '/galleries/{name}',
    area: 'Pages',
    summary: 'What the last audit found of a gallery.',
    query: {
      name: { description: 'Entries whose name holds this.' },
      code: { description: 'Entries whose URI is found to be so.' },
      installs: { description: 'Entries with which a strict client would end so.' },
      changed: { description: '`true`: what differs from the audit before.' },
      not_before: { description: 'A cut-off to try out, RFC 3339.' },
      limit: { description: 'Entries of a page.' },
      offset: { description: 'Entries to leave out.' },
    },
    answers: { 200: page, 400: unknown, 404: unknown },
  },
  {
    method: 'get',
    path: '/assets/{name}',
    area: 'Pages',
    summary: "The pages' sheet, script and icon, with an ETag.",
    answers: {
      200: { description: 'The asset.', types: ['text/css', 'text/javascript', 'image/svg+xml'] },
      304: { description: 'It is the one named by `If-None-Match`.' },
    },
    refusals: { 404: ['NOT_FOUND'] },
  },
];
