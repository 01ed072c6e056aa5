// Takes the pictures of docs/pages: npm run pages:shots -- [FOLDER] [VIEW...]
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { runProgram } from '../process.ts';
import { installChromium, installPackages, SCHEMES, startBrowser, WIDTHS, type Width } from './browser.ts';
import { playRelease } from './play.ts';
import { startScene } from './scene.ts';
import { PICTURED, VIEWS } from './views.ts';

const [folder = 'docs/pages', ...named] = process.argv.slice(2);
const views = named.length > 0 ? named : PICTURED;
/** Pictures are cut here, in CSS pixels: what is above tells enough. */
const MAX_HEIGHT = { wide: 1400, narrow: 1800 } as const;

await mkdir(folder, { recursive: true });
await installChromium();
if (!existsSync('/usr/bin/pngquant')) await installPackages('pngquant');
const scene = await startScene();
const browser = await startBrowser();
try {
  await playRelease(scene);
  for (const width of Object.keys(WIDTHS) as Width[]) {
    for (const scheme of SCHEMES) {
      const tab = await browser.open({ width, scheme });
      for (const view of views) {
        await tab.page.goto(scene.url + VIEWS[view]);
        await tab.page.waitForTimeout(300);
        const whole = await tab.page.evaluate(() => document.documentElement.scrollHeight);
        const clip = { x: 0, y: 0, width: WIDTHS[width].width, height: Math.min(whole, MAX_HEIGHT[width]) };
        const path = `${folder}/${view}-${width}-${scheme}.png`;
        await tab.page.screenshot({ path, fullPage: true, clip });
        await runProgram('pngquant', ['--force', '--speed', '1', '--strip', '--nofs', '--output', path, '64', path]);
      }
      await tab.close();
    }
  }
} finally {
  await browser.close();
  await scene.close();
}
