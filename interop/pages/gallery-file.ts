import { PLACES } from './release.ts';

const entry = (name: string, tag: string, mirror = true) =>
  [
    `- name: ${name}`,
    `  uri: quay.io/${PLACES[0].repository}:${tag}`,
    ...(mirror ? ['  mirrors:', `    - ${PLACES[1].repository}:${tag}`] : []),
  ].join('\n');

/** A part of LocalAI's gallery, with what may be wrong with one. */
export const GALLERY = [
  '- name: vllm',
  '  capabilities:\n    nvidia: cuda12-vllm\n    default: cpu-vllm',
  entry('cpu-vllm', 'latest-cpu-vllm'),
  entry('cpu-llama-cpp', 'latest-cpu-llama-cpp'),
  entry('cpu-whisper', 'latest-cpu-whisper'),
  entry('cpu-diffusers', 'latest-cpu-diffusers'),
  entry('cuda12-vllm', 'latest-gpu-nvidia-cuda-12-vllm'),
  entry('cuda12-diffusers', 'latest-gpu-nvidia-cuda-12-diffusers'),
  entry('cuda13-vllm', 'latest-gpu-nvidia-cuda-13-vllm'),
  entry('nvidia-l4t-vllm', 'latest-gpu-nvidia-cuda-13-arm64-vllm'),
  entry('nvidia-l4t-vibevoice-large-streaming', 'latest-gpu-nvidia-cuda-13-arm64-vibevoice-large-streaming'),
  entry('rocm-vllm', 'latest-gpu-rocm-hipblas-vllm'),
  entry('tinygrad', 'latest-tinygrad', false),
  entry('cpu-rfdetr', 'latest-cpu-rfdetr'),
  entry('cpu-piper', 'latest-cpu-piper'),
  entry('cuda12-piper', 'latest-gpu-nvidia-cuda-12-piper'),
  entry('cpu-silero-vad', 'latest-cpu-silero-vad'),
  entry('cpu-bark-cpp', 'latest-cpu-bark-cpp'),
  entry('intel-sycl-f16-bark', 'latest-gpu-intel-sycl-f16-bark'),
  entry('cpu-stablediffusion-ggml', 'latest-cpu-stablediffusion-ggml'),
  entry('cpu-local-store', 'latest-cpu-local-store', false),
].join('\n');
