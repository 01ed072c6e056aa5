import * as z from 'zod';
import { registryProblemAnswer } from './answers.ts';
import type { Answer, Operation } from './operation.ts';

const denied: Answer = {
  description: 'It does not verify: `detail.code` is the verdict.',
  schema: registryProblemAnswer,
};
const refusals = {
  400: { description: 'The name or digest is not valid.', schema: registryProblemAnswer },
  404: { description: 'It is not there, or not public.', schema: registryProblemAnswer },
  429: { description: 'The registry upstream asks for patience.', schema: registryProblemAnswer },
  502: { description: 'The registry upstream gave no usable answer.', schema: registryProblemAnswer },
  503: { description: 'The registry upstream, or the trusted root, is not well.', schema: registryProblemAnswer },
} as const satisfies Record<number, Answer>;
const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

const NAMESPACE = {
  ns: {
    description: 'The registry, where `name` is the repository’s alone: what containerd adds when it asks a mirror.',
  },
};

function read(
  path: string,
  summary: string,
  answers: Readonly<Record<number, Answer>>,
  query: Operation['query'] = {},
): Operation {
  return {
    method: 'get',
    path: `/v2/${path}`,
    area: 'Registry',
    summary,
    query: { ...query, ...NAMESPACE },
    answers: { ...refusals, ...answers },
  };
}

/**
 * The read-only registry. A name there has several segments: the alias or host of a registry, then the repository.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints
 */
export const REGISTRY_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/v2/',
    area: 'Registry',
    summary: 'Says that this is a registry.',
    answers: { 200: { description: 'It is.', schema: z.looseObject({}) } },
  },
  read('{name}/manifests/{reference}', 'A manifest, only if it verifies.', {
    200: { description: 'The manifest, byte for byte.', types: MANIFESTS },
    304: { description: 'The client has it.' },
    403: denied,
  }),
  read('{name}/blobs/{digest}', 'A blob that a verified manifest names.', {
    200: { description: 'The blob; broken off where it is not the one.', types: ['application/octet-stream'] },
    206: { description: 'A part of it.', types: ['application/octet-stream'] },
    304: { description: 'The client has it.' },
    307: { description: 'Where the registry upstream has it.' },
    416: { description: 'No such part.', schema: registryProblemAnswer },
  }),
  read(
    '{name}/referrers/{digest}',
    'The referrers of a manifest, the bundle that passes first.',
    {
      200: { description: 'An image index.', types: ['application/vnd.oci.image.index.v1+json'] },
      403: denied,
    },
    { artifactType: { description: 'Only those of this type; may be repeated.' } },
  ),
  read(
    '{name}/tags/list',
    'The tags of a repository.',
    {
      200: {
        description: 'A page of them.',
        schema: z.looseObject({ name: z.string(), tags: z.array(z.string()) }),
      },
    },
    { n: { description: 'How many, at most.' }, last: { description: 'The tag after which to begin.' } },
  ),
];
