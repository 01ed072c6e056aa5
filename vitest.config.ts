import { fileURLToPath } from 'node:url';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

const cryptoShim = fileURLToPath(new URL('./src/lib/sigstore/crypto-shim.ts', import.meta.url));

// Two projects: what runs in the Worker is tested in workerd; what runs beside it (demo, scripts), in Node.
export default defineConfig({
  test: {
    projects: [
      {
        plugins: [cloudflareTest({ wrangler: { configPath: './wrangler.toml' } })],
        // As wrangler.toml's [alias]; it reaches the Sigstore packages only where they are bundled.
        resolve: { alias: [{ find: /^crypto$/, replacement: cryptoShim }] },
        test: {
          name: 'workerd',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.node.test.ts'],
          deps: {
            optimizer: {
              ssr: {
                enabled: true,
                include: [
                  '@sigstore/verify',
                  '@sigstore/core',
                  '@sigstore/bundle',
                  '@sigstore/protobuf-specs',
                  '@tufjs/models',
                  'tuf-js',
                  'tuf-js/dist/error',
                ],
                rolldownOptions: {
                  external: [/^node:/, 'util', 'buffer', 'stream', 'fs', 'fs/promises', 'os', 'path', 'url'],
                },
              },
            },
          },
        },
      },
      { test: { name: 'node', include: ['test/**/*.node.test.ts'] } },
    ],
  },
});
