import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { app } from '../../../src/routes/app.ts';
import { OPERATIONS } from '../../../src/routes/openapi/operations.ts';

describe('GET /reference', () => {
  const get = () => app.request('/reference', {}, env);

  it('has every route', async () => {
    const page = await (await get()).text();
    const missing = OPERATIONS.filter(
      ({ method, path }) => !page.includes(`<code>${method.toUpperCase()} ${path}</code>`),
    );
    expect(missing).toEqual([]);
  });
  it('escapes what it shows', async () => {
    const page = await (await get()).text();
    expect(page).toContain('&quot;tag_suffix&quot;');
    expect(page).not.toMatch(/\[object|undefined/);
  });
});
