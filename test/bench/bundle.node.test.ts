import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('../../src', import.meta.url).href);

describe('the bundle', () => {
  it('has no zod messages in fifty languages, which `import { z }` would bring', () => {
    const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file));
    const named = files.filter((file) => readFileSync(`${src}/${file}`, 'utf8').includes("import { z } from 'zod'"));
    expect(named).toEqual([]);
  });
});
