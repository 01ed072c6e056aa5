import { fileURLToPath } from 'node:url';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import seeds from '@sigstore/tuf/seeds.json' with { type: 'json' };
import { defineConfig } from 'vitest/config';

const cryptoShim = fileURLToPath(new URL('./src/lib/sigstore/crypto-shim.ts', import.meta.url));

// No test depends on Sigstore's mirror, nor on the day that what is packaged expires.
const packaged = seeds['https://tuf-repo-cdn.sigstore.dev'].targets['trusted_root.json'];
const sigstore = { trusted_root: JSON.parse(Buffer.from(packaged, 'base64').toString('utf8')), signing_config: {} };

// Two projects: what runs in the Worker is tested in workerd; what runs beside it (demo, scripts), in Node.
export default defineConfig({
  test: {
    projects: [
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: { bindings: { MUSTER_SIGSTORE: sigstore } },
          }),
        ],
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
