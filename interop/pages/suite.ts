import type { Report } from '../report.ts';
import { type Browser, installChromium, startBrowser } from './browser.ts';
import { checkLive } from './cases/live.ts';
import { checkLooks } from './cases/looks.ts';
import { checkPolling } from './cases/polling.ts';
import { checkReading } from './cases/reading.ts';
import { playRelease } from './play.ts';
import { type Scene, startScene } from './scene.ts';

/** What every case has. */
export interface Stage {
  readonly report: Report;
  readonly scene: Scene;
  readonly browser: Browser;
}

/** The pages in a real Chromium, on the embedded services in the middle of a release. */
export async function checkPages(report: Report): Promise<void> {
  let scene: Scene | undefined;
  let browser: Browser | undefined;
  const isReady = await report.check('pages: Chromium and a release in its middle', async () => {
    await installChromium();
    browser = await startBrowser();
    scene = await startScene();
    await playRelease(scene);
    return undefined;
  });
  try {
    if (!isReady || !scene || !browser) return;
    const stage = { report, scene, browser };
    await checkReading(stage);
    await checkLooks(stage);
    await checkLive(stage);
    await checkPolling(stage);
  } finally {
    await browser?.close();
    await scene?.close();
  }
}
