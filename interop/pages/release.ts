/** One backend of the release that is played. */
export interface Merge {
  readonly suffix: string;
  readonly legs: readonly string[];
  /** `planned`: nothing arrives. `partial`: only its first leg. `token`: nobody lends a token. Else it is finished. */
  readonly play: 'publish' | 'planned' | 'partial' | 'token';
  /** What another run did with its tags before. */
  readonly before?: 'narrower' | 'superseded';
}

export const REF = 'refs/tags/v4.3.0';

/** GitHub's ids of the runs. */
export const PLAN = { older: '18724110198', run: '18724110235', newer: '18724110301' } as const;

const BOTH = ['amd64', 'arm64'];
const ONE = ['amd64'];
const ARM = ['arm64'];

const merges = (prefix: string, legs: readonly string[], names: string, play: Merge['play'] = 'publish'): Merge[] =>
  names.split(' ').map((name) => ({ suffix: `${prefix}${name}`, legs, play }));

/** A part of LocalAI's matrix, in the middle of its release. */
export const RELEASE: readonly Merge[] = [
  ...merges('-cpu-', BOTH, 'vllm llama-cpp whisper diffusers kokoro moonshine trl sglang chatterbox whisperx'),
  ...merges('-cpu-', BOTH, 'llama-cpp-quantization vllm-omni', 'partial'),
  ...merges('-cpu-', BOTH, 'qwen-tts', 'planned'),
  ...merges('-gpu-nvidia-cuda-12-', ONE, 'vllm diffusers faster-whisper kokoro nemo liquid-audio'),
  ...merges('-gpu-nvidia-cuda-12-', ONE, 'fish-speech', 'planned'),
  ...merges('-gpu-nvidia-cuda-13-', ONE, 'vllm diffusers kokoro whisperx chatterbox'),
  ...merges('-gpu-nvidia-cuda-13-', ONE, 'faster-qwen3-tts', 'planned'),
  ...merges('-gpu-nvidia-cuda-13-arm64-', ARM, 'vllm diffusers vibevoice-large-streaming'),
  ...merges('-gpu-nvidia-cuda-13-arm64-', ARM, 'kokoro', 'token'),
  ...merges('-gpu-rocm-hipblas-', ONE, 'vllm whisper diffusers'),
  ...merges('-gpu-rocm-hipblas-', ONE, 'kokoro', 'token'),
  ...merges('-gpu-vulkan-', BOTH, 'llama-cpp whisper'),
  { suffix: '-gpu-intel-sycl-f16-rerankers', legs: ONE, play: 'publish', before: 'narrower' },
  { suffix: '-gpu-intel-sycl-f16-diffusers', legs: ONE, play: 'publish', before: 'superseded' },
  ...merges('', BOTH, '-tinygrad'),
];

/** Where the release goes, by registry. */
export const PLACES = [
  { host: 'quay.io', alias: 'quay', repository: 'go-skynet/local-ai-backends', source: 'go-skynet/ci-cache' },
  { host: 'docker.io', alias: 'docker', repository: 'localai/localai-backends' },
] as const;
