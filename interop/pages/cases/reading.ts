import { expect } from '../../report.ts';
import { PLAN } from '../release.ts';
import type { Stage } from '../suite.ts';
import { VIEWS } from '../views.ts';

/** Without a script, everything can be read, and the filter works. */
export async function checkReading({ report, scene, browser }: Stage): Promise<void> {
  const { page, complaints, close } = await browser.open({ width: 'wide', scheme: 'light', script: false });
  const textOf = async (path: string) => {
    await page.goto(scene.url + path);
    return (await page.locator('main').textContent()) ?? '';
  };
  const says = (name: keyof typeof VIEWS & string, ...words: string[]) =>
    report.check(`pages: ${name} without a script`, async () => {
      const text = await textOf(VIEWS[name] ?? '/');
      const missing = words.filter((word) => !text.includes(word));
      expect(missing.length === 0, `it does not say ${missing.join('; ')}`);
      return undefined;
    });
  await says('overview', 'docker.io holds merges up', '26 published', 'trust-root', 'Gallery localai');
  await says('run', '26 of 39 merges are published; 4 merging, 5 waiting, 3 need attention', 'llama-cpp-quantization');
  await says('merge', 'Published', 'release the anchors', 'latest-cpu-vllm', 'cosign verify', 'backend_merge.yml');
  await says('merge-attention', 'Needs a token', 'Call finish for this run');
  await says('merge-working', 'Merging', 'tag at quay.io');
  await says('merge-planned', 'Waiting', 'Nothing has arrived yet; it needs amd64 and arm64.');
  await says('verify-yes', 'Yes.', 'mudler/LocalAI/.github/workflows/backend_merge.yml', 'would install it');
  await says('verify-no', 'No.', 'IDENTITY_MISMATCH', 'mallory');
  await says('gallery', '11 of 19 images verify.', 'Signed as the policy demands', 'a development image instead');
  await says('reference', 'POST /v1/arrivals', 'ARRIVAL_CONFLICT');
  await says('problem', 'There is nothing here', 'RUN_UNKNOWN');

  await report.check('pages: the filter without a script', async () => {
    await page.goto(`${scene.url}/runs/localai/${PLAN.run}`);
    await page.getByLabel('Suffix contains').fill('cuda-13-arm64');
    await page.getByRole('combobox', { name: 'State' }).selectOption('attention');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.waitForURL(/suffix=cuda-13-arm64/);
    const cells = await page.locator('.cells a').allInnerTexts();
    expect(cells.length === 1 && (cells[0] ?? '').includes('kokoro'), `it shows ${cells.join('; ')}`);
    return page.url().slice(scene.url.length);
  });
  await report.check('pages: what a merge says of itself can be checked on the verify page', async () => {
    await page.goto(scene.url + VIEWS.merge);
    await page.getByRole('link', { name: 'ask this Muster' }).click();
    await page.waitForURL(/\/verify\?/);
    expect((await page.locator('main').textContent())?.includes('Yes.') === true, 'the verdict is another');
    return undefined;
  });
  await report.check('pages: the keyboard reaches the content first', async () => {
    await page.goto(scene.url);
    await page.keyboard.press('Tab');
    const first = await page.locator(':focus').textContent();
    expect(first?.trim() === 'Skip to the content', `the first stop is ${first}`);
    return undefined;
  });
  await report.check('pages: nothing complained while reading', async () => {
    const unexpected = complaints.filter((text) => !text.includes('404'));
    expect(unexpected.length === 0, unexpected.join('; '));
    return undefined;
  });
  await close();
}
