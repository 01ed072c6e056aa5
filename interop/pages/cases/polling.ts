import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { expect } from '../../report.ts';
import { expectFocus, holdFocus } from '../focus.ts';
import type { Stage } from '../suite.ts';
import { VIEWS } from '../views.ts';

/** Pages that ask for themselves now and then: the reader stays where they are. */
export async function checkPolling({ report, scene, browser }: Stage): Promise<void> {
  const { page, complaints, close } = await browser.open({ width: 'wide', scheme: 'dark' });
  await page.clock.install();

  await report.check('pages: the overview keeps up without being loaded again, and the focus stays', async () => {
    await page.goto(scene.url);
    await page.evaluate(() => Object.assign(globalThis, { stayed: true }));
    const recent = page.locator('#recent a').last();
    await holdFocus(recent);
    // The ages of runs are what changes.
    await pass(page, 31_000);
    await expectFocus(recent, 'replaced');
    expect(await page.evaluate(() => 'stayed' in globalThis), 'the page was loaded again');
    return undefined;
  });
  await report.check('pages: an entry stays open, and focused, while an audit is under way', async () => {
    let found = 20;
    await page.route('**/galleries/localai', async (route) => {
      const response = await route.fetch();
      const html = await response.text();
      await route.fulfill({
        response,
        body: html.replace('<body', '<body data-poll="5"').replace('20 entries', `${found} entries`),
      });
    });
    await page.goto(scene.url + VIEWS.gallery);
    const entry = page.locator('details.entry').nth(7);
    await entry.locator('summary').click();
    await holdFocus(entry.locator('summary'));
    await pass(page, 6_000);
    await expectFocus(entry.locator('summary'), 'kept');
    found += 1;
    await pass(page, 6_000);
    await expectFocus(entry.locator('summary'), 'replaced');
    expect((await entry.getAttribute('open')) !== null, 'it is closed again');
    return undefined;
  });
  await report.check('pages: nothing complained while polling', async () => {
    expect(complaints.length === 0, complaints.join('; '));
    return undefined;
  });
  await close();
}

/** Lets time pass until the page has asked for itself. @throws {Error} where it does not */
async function pass(page: Page, ms: number): Promise<void> {
  const before = await page.locator('#as-of').textContent();
  for (let tries = 0; tries < 20; tries += 1) {
    await page.clock.fastForward(ms);
    await sleep(250);
    if ((await page.locator('#as-of').textContent()) !== before) return;
  }
  throw new Error(`it still says: ${before}`);
}
