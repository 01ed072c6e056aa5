import { PLAN } from './release.ts';

const IMAGE = 'quay.io/go-skynet/local-ai-backends';

/** The pages that are looked at, by the name of their picture. */
export const VIEWS: Readonly<Record<string, string>> = {
  overview: '/',
  run: `/runs/localai/${PLAN.run}`,
  merge: `/merges/localai/${PLAN.run}/-cpu-vllm`,
  'merge-attention': `/merges/localai/${PLAN.run}/-gpu-nvidia-cuda-13-arm64-kokoro`,
  'merge-working': `/merges/localai/${PLAN.run}/-cpu-sglang`,
  'merge-planned': `/merges/localai/${PLAN.run}/-cpu-qwen-tts`,
  'verify-yes': `/verify?${new URLSearchParams({ ref: `${IMAGE}:latest-cpu-vllm`, policy: 'localai' })}`,
  'verify-no': `/verify?${new URLSearchParams({ ref: `${IMAGE}:latest-cpu-silero-vad`, policy: 'localai' })}`,
  gallery: '/galleries/localai',
  reference: '/reference',
  problem: '/runs/localai/1',
};

/** Those of which docs/pages has pictures. */
export const PICTURED: readonly string[] = [
  'overview',
  'run',
  'merge',
  'verify-yes',
  'verify-no',
  'gallery',
  'problem',
];
