import { bundleSchema, imagesSchema } from '../../lib/gallery/request.ts';
import type { Operation } from './operation.ts';
import {
  policyAnswer,
  refusedAnswer,
  refusedBundleAnswer,
  resultsAnswer,
  verifiedAnswer,
  verifiedBundleAnswer,
} from './verdicts.ts';

/** What gallery clients call. */
export const VERIFICATION_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/verify',
    area: 'Verification',
    summary: 'Whether an image is signed as a policy demands.',
    query: {
      ref: {
        description: 'The image, by tag or digest, in a configured registry; `oci://` may precede it.',
        required: true,
        example: 'quay.io/go-skynet/local-ai-backends:master-cpu-vllm',
      },
      policy: { description: 'The name of a configured policy.', required: true, example: 'localai' },
      platform: {
        description: '`os/architecture`: the index and that child; absent: the index and every child.',
        example: 'linux/amd64',
      },
      include: { description: '`bundle`: with the Sigstore bundle, for a client that verifies by itself.' },
    },
    answers: {
      200: { description: 'It is.', schema: verifiedAnswer },
      403: { description: 'It is not: `code` says why.', schema: refusedAnswer },
    },
    refusals: {
      400: ['POLICY_INVALID', 'REFERENCE_INVALID', 'DIGEST_INVALID'],
      403: ['REGISTRY_NOT_ALLOWED'],
      404: ['IMAGE_NOT_FOUND', 'PLATFORM_NOT_FOUND'],
      502: ['PEER_FAILED'],
      503: ['TRUST_ROOT_EXPIRED', 'TRUST_ROOT_UNAVAILABLE', 'BUDGET_EXHAUSTED'],
    },
  },
  {
    method: 'post',
    path: '/v1/verify',
    area: 'Verification',
    summary:
      'Up to 100 images at once; the results are in the order of the references. Beyond 16 MiB of bundles a result has `bundle_omitted` instead.',
    body: imagesSchema,
    answers: { 200: { description: 'A result for each, also where it was refused or failed.', schema: resultsAnswer } },
    refusals: { 400: ['POLICY_INVALID', 'REFERENCE_INVALID'] },
  },
  {
    method: 'post',
    path: '/v1/verify/bundle',
    area: 'Verification',
    summary: 'Whether a bundle is a signature of an artifact; nothing is asked and nothing kept.',
    body: bundleSchema,
    answers: {
      200: { description: 'It is.', schema: verifiedBundleAnswer },
      403: { description: 'It is not: `code` says why.', schema: refusedBundleAnswer },
    },
    refusals: {
      400: ['POLICY_INVALID', 'ROOT_INVALID', 'ARTIFACT_REQUIRED'],
      503: ['TRUST_ROOT_EXPIRED', 'TRUST_ROOT_UNAVAILABLE'],
    },
  },
  {
    method: 'get',
    path: '/v1/policies/{name}',
    area: 'Verification',
    summary: 'A policy in force, with an ETag.',
    answers: {
      200: { description: 'The policy.', schema: policyAnswer },
      304: { description: 'It is the one named by `If-None-Match`.' },
    },
    refusals: { 404: ['POLICY_NOT_FOUND'] },
  },
];
