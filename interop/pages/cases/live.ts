import { expect } from '../../report.ts';
import { expectFocus, holdFocus } from '../focus.ts';
import { PLAN, RELEASE } from '../release.ts';
import type { Stage } from '../suite.ts';
import { VIEWS } from '../views.ts';

const TIMEOUT_MS = 20_000;
const COMPLETES = '-cpu-llama-cpp-quantization';
const HELD = '-cpu-sglang';
const PLANNED = '-cpu-qwen-tts';
const NEEDS_TOKEN = '-gpu-nvidia-cuda-13-arm64-kokoro';

/** With a script, pages follow what happens, and are not loaded again for it. */
export async function checkLive({ report, scene, browser }: Stage): Promise<void> {
  const run = await browser.open({ width: 'wide', scheme: 'light' });
  const merge = await browser.open({ width: 'wide', scheme: 'dark' });
  const cell = (suffix: string, state: string) => run.page.locator(`[id="merge${suffix}"][data-state^="${state}"]`);
  await run.page.goto(`${scene.url}/runs/localai/${PLAN.run}`);
  await merge.page.goto(`${scene.url}/merges/localai/${PLAN.run}/${COMPLETES}`);
  for (const { page } of [run, merge]) {
    await page.getByText('Live.').waitFor({ timeout: TIMEOUT_MS });
    // A page that is loaded again has forgotten this.
    await page.evaluate(() => Object.assign(globalThis, { stayed: true }));
  }

  const arrive = async (suffix: string, leg: string) => {
    const planned = RELEASE.find((planned) => planned.suffix === suffix);
    if (!planned) throw new Error('it is not planned');
    await scene.report(PLAN.run, planned, [leg]);
  };
  await report.check('pages: a leg arrives, and both pages show it', async () => {
    await arrive(COMPLETES, 'arm64');
    await cell(COMPLETES, 'needs_token').waitFor({ timeout: TIMEOUT_MS });
    await merge.page.getByRole('heading', { name: 'Needs a token' }).waitFor({ timeout: TIMEOUT_MS });
    return (await run.page.locator('#said').textContent())?.slice(0, 60);
  });
  await report.check('pages: it is finished, and its steps appear until it is published', async () => {
    const needed = run.page.locator('#attention').getByRole('link', { name: NEEDS_TOKEN, exact: true });
    await holdFocus(needed);
    await scene.finish(PLAN.run, [COMPLETES]);
    await merge.page.getByRole('heading', { name: 'Published' }).waitFor({ timeout: TIMEOUT_MS });
    await cell(COMPLETES, 'published').waitFor({ timeout: TIMEOUT_MS });
    await expectFocus(needed, 'replaced');
    return `${await merge.page.locator('.steps li').count()} steps`;
  });
  await report.check('pages: a merge that was held up is let go', async () => {
    await merge.page.goto(`${scene.url}/merges/localai/${PLAN.run}/${HELD}`);
    await merge.page.getByRole('heading', { name: 'Merging' }).waitFor({ timeout: TIMEOUT_MS });
    await cell(HELD, 'merging').waitFor({ timeout: TIMEOUT_MS });
    scene.release();
    await cell(HELD, 'published').waitFor({ timeout: TIMEOUT_MS });
    await merge.page.getByRole('heading', { name: 'Published' }).waitFor({ timeout: TIMEOUT_MS });
    await merge.page.getByText('Complete.').waitFor({ timeout: TIMEOUT_MS });
    return undefined;
  });
  await report.check('pages: a planned merge becomes one that is followed step by step', async () => {
    await merge.page.goto(scene.url + VIEWS['merge-planned']);
    await merge.page.getByText('Nothing has arrived yet').waitFor({ timeout: TIMEOUT_MS });
    await merge.page.getByText('Live.').waitFor({ timeout: TIMEOUT_MS });
    await arrive(PLANNED, 'amd64');
    await merge.page.getByText('amd64 has arrived').waitFor({ timeout: TIMEOUT_MS });
    await arrive(PLANNED, 'arm64');
    await scene.finish(PLAN.run, [PLANNED]);
    await merge.page.getByRole('heading', { name: 'Published' }).waitFor({ timeout: TIMEOUT_MS });
    await merge.page.getByText('Complete.').waitFor({ timeout: TIMEOUT_MS });
    return undefined;
  });
  await report.check('pages: the filter answers while typing', async () => {
    await run.page.getByLabel('Suffix contains').pressSequentially('tinygrad');
    await run.page.waitForFunction(() => document.querySelectorAll('.cells a').length === 1, undefined, {
      timeout: TIMEOUT_MS,
    });
    const stayed = await run.page.evaluate(() => 'stayed' in globalThis);
    expect(stayed, 'the page was loaded again');
    return run.page.url().slice(scene.url.length);
  });
  await report.check('pages: the command is copied', async () => {
    await merge.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await merge.page.getByRole('button', { name: 'Copy' }).click();
    await merge.page.getByText('Copied.').waitFor({ timeout: TIMEOUT_MS });
    const copied = await merge.page.evaluate(() => navigator.clipboard.readText());
    expect(copied.startsWith('cosign verify '), `the clipboard has ${copied}`);
    return undefined;
  });
  await report.check('pages: nothing complained while live', async () => {
    const complaints = [...run.complaints, ...merge.complaints];
    expect(complaints.length === 0, complaints.join('; '));
    return undefined;
  });
  await run.close();
  await merge.close();
}
