import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { runProgram } from '../process.ts';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const SCHEMES = ['light', 'dark'] as const;
export const WIDTHS = { wide: { width: 1280, height: 800 }, narrow: { width: 375, height: 740 } } as const;
export type Scheme = (typeof SCHEMES)[number];
export type Width = keyof typeof WIDTHS;

/** How a page is looked at. */
export interface Look {
  readonly scheme: Scheme;
  readonly width: Width;
  /** Default: a browser that runs scripts. */
  readonly script?: boolean;
}

/** A real Chromium, with a profile of its own. */
export interface Browser {
  /** A new tab that looks so; what it asks for elsewhere is refused, and remembered. */
  open(look: Look): Promise<Tab>;
  close(): Promise<void>;
}

export interface Tab {
  readonly page: Page;
  /** What the console complained about, and what was asked of other hosts. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** Installs Debian's Chromium where there is none, which takes root. @throws {Error} saying what is missing */
export async function installChromium(): Promise<void> {
  if (!existsSync(CHROMIUM)) await installPackages('chromium', 'fonts-dejavu-core');
}

/** Installs packages of Debian's. @throws {Error} where that takes root */
export async function installPackages(...names: readonly string[]): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new Error(`${names.join(' and ')} must be installed (CHROMIUM names another browser)`);
  await runProgram('apt-get', ['update', '-qq'], { timeoutMs: 300_000 });
  const args = ['install', '-y', '-qq', '--no-install-recommends', ...names];
  await runProgram('apt-get', args, { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeoutMs: 900_000 });
}

export async function startBrowser(): Promise<Browser> {
  const profile = await mkdtemp(`${tmpdir()}/muster-chromium-`);
  // A context a look: a profile holds one, so each look has its own below it.
  const contexts = new Set<BrowserContext>();
  let count = 0;
  return {
    open: async ({ scheme, width, script = true }) => {
      count += 1;
      const context = await chromium.launchPersistentContext(`${profile}/${count}`, {
        executablePath: CHROMIUM,
        args: ARGS,
        colorScheme: scheme,
        viewport: WIDTHS[width],
        javaScriptEnabled: script,
        locale: 'en-GB',
        reducedMotion: 'reduce',
      });
      contexts.add(context);
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('request', (request) => {
        const { hostname } = new URL(request.url());
        if (hostname !== '127.0.0.1') complaints.push(`asked ${hostname}`);
      });
      return {
        page,
        complaints,
        close: async () => {
          contexts.delete(context);
          await context.close();
        },
      };
    },
    close: async () => {
      for (const context of contexts) await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
