import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Child } from 'hono/jsx';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { AppEnv } from '../app-types.ts';
import { assetPath } from './assets.ts';
import { formatTime } from './format.ts';
import { IconSheet } from './parts.tsx';

/** What a page is, besides its content. */
export interface Page {
  readonly title: string;
  readonly body: Child;
  readonly status?: number;
  /** Streams that say when the page is to be asked for again; absent where nothing more will happen. */
  readonly events?: readonly string[];
  /** How often the page is asked for again where no stream tells of changes, in seconds; absent: never. */
  readonly pollS?: number;
  /** The part of the site that it is in, as the navigation has it. */
  readonly area?: string;
}

/**
 * Everything comes from here, by its own route; nothing stands in the page itself, and no other site may frame it.
 *
 * @see https://www.w3.org/TR/CSP3/
 */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/** How often a reader without a script sees what a stream would tell, in seconds. */
const RELOAD_S = 20;

/** Answers with a page. */
export function renderPage(c: Context<AppEnv>, page: Page): Response | Promise<Response> {
  // There is none where the configuration cannot be used.
  const services = 'environment' in c.var ? c.var.environment.services : undefined;
  const at = services && new Date(services.now()).toISOString();
  const galleries = services?.config.galleries.map(({ name }) => name) ?? [];
  const status = (page.status ?? 200) as ContentfulStatusCode;
  return c.html(html`<!doctype html>${<Document {...page} galleries={galleries} at={at} />}`, status, HEADERS);
}

function Document({
  title,
  body,
  events,
  pollS,
  area,
  galleries,
  at,
}: Page & { galleries: readonly string[]; at: string | undefined }) {
  return (
    <html lang="en">
      <Head title={title} reloadS={events ? RELOAD_S : pollS} />
      <body data-events={events?.join(' ')} data-poll={pollS}>
        <IconSheet />
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <header>
          <a class="brand" href="/">
            <img src={assetPath('muster.svg')} alt="" width="24" height="24" />
            Muster
          </a>
          <Navigation area={area} galleries={galleries} />
          <span id="note" role="status" />
        </header>
        <main id="main" tabindex={-1}>
          {body}
        </main>
        <footer>
          <span id="as-of" data-live>
            {at === undefined ? null : (
              <>
                As of <time datetime={at}>{formatTime(at)}</time>.
              </>
            )}
          </span>
        </footer>
      </body>
    </html>
  );
}

function Head({ title, reloadS }: { title: string; reloadS: number | undefined }) {
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>{`${title} · Muster`}</title>
      <link rel="icon" type="image/svg+xml" href={assetPath('muster.svg')} />
      <link rel="stylesheet" href={assetPath('muster.css')} />
      <script type="module" src={assetPath('muster.js')} />
      {reloadS === undefined ? null : (
        <noscript>
          <meta http-equiv="refresh" content={String(reloadS)} />
        </noscript>
      )}
    </head>
  );
}

function Navigation({ area, galleries }: { area: string | undefined; galleries: readonly string[] }) {
  const links = [
    ['/', 'Overview'],
    ['/verify', 'Verify'],
    ...galleries.map((name) => [`/galleries/${name}`, galleries.length === 1 ? 'Gallery' : `Gallery ${name}`]),
    ['/reference', 'API'],
  ];
  return (
    <nav aria-label="Site">
      <ul>
        {links.map(([path, name]) => (
          <li>
            <a href={path} aria-current={path === area ? 'page' : undefined}>
              {name}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
