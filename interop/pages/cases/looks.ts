import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from '../../report.ts';
import { SCHEMES, type Tab, WIDTHS, type Width } from '../browser.ts';
import type { Stage } from '../suite.ts';
import { VIEWS } from '../views.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Every page in both schemes and widths: axe finds nothing, nothing scrolls sideways, nothing is asked elsewhere. */
export async function checkLooks({ report, scene, browser }: Stage): Promise<void> {
  const axe = await readFile(AXE, 'utf8');
  for (const width of Object.keys(WIDTHS) as Width[]) {
    for (const scheme of SCHEMES) {
      const tab = await browser.open({ width, scheme });
      for (const [name, path] of Object.entries(VIEWS)) {
        await report.check(`pages: ${name}, ${width}, ${scheme}`, async () => {
          await tab.page.goto(scene.url + path);
          await unfold(tab.page);
          await checkWidth(tab.page);
          return checkAccessibility(tab, axe, name === 'problem');
        });
      }
      await tab.close();
    }
  }
}

async function unfold(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
}

async function checkWidth(page: Page): Promise<void> {
  const [wide, shown] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  expect((wide ?? 0) <= (shown ?? 0), `it is ${wide} px wide, of which ${shown} are shown`);
}

/** @param isProblem its status is one that the console complains about */
async function checkAccessibility({ page, complaints }: Tab, axe: string, isProblem: boolean): Promise<string> {
  await page.evaluate(axe);
  const { violations, incomplete, passes } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  const found = violations.map(({ id, nodes }) => `${id} at ${nodes.map(({ target }) => target).join(', ')}`);
  expect(found.length === 0, found.join('; '));
  const unexpected = complaints.filter((text) => !(isProblem && text.includes('404')));
  expect(unexpected.length === 0, `the browser complained: ${unexpected.join('; ')}`);
  const unclear = incomplete.map(({ id, nodes }) => `${id} (${nodes.length})`);
  return `${passes.length} rules of axe hold${unclear.length === 0 ? '' : `, not clear: ${unclear.join(', ')}`}`;
}
