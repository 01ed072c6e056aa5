import { Hono } from 'hono';
import { html, raw } from 'hono/html';
import type { AppEnv } from './app-types.ts';
import { refusalsOf, schemaOf } from './openapi/document.ts';
import type { Operation } from './openapi/operation.ts';
import { OPERATIONS } from './openapi/operations.ts';

const STYLE = `:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: auto; padding: 0 1.25rem 3rem }
code, pre { font: .88em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.5rem } h3 { font-size: 1rem; margin: 1.8rem 0 .2rem }
table { border-collapse: collapse; width: 100% } th { text-align: left; font-weight: 500 }
th, td { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); vertical-align: top }`;

let built: { readonly text: string; readonly policy: string } | undefined;

/** `GET /reference`: what `/openapi.json` says, for people. Static, and without a script. */
export const referenceRoutes = new Hono<AppEnv>().get('/', async (c) => {
  built ??= { text: String(await page(OPERATIONS)), policy: await contentSecurityPolicy() };
  c.header('Content-Security-Policy', built.policy);
  c.header('Cache-Control', 'public, max-age=300');
  return c.html(built.text);
});

/** Nothing may be loaded, and the one style is this one. @see https://www.w3.org/TR/CSP3/#external-hash */
async function contentSecurityPolicy(): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(STYLE));
  const hash = Buffer.from(digest).toString('base64');
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

function page(operations: readonly Operation[]) {
  const areas = [...new Set(operations.map(({ area }) => area))];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Muster: reference</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<main>
<h1>Reference</h1>
<p>Every route of this Muster; <a href="/openapi.json"><code>/openapi.json</code></a> is the same for programs.</p>
<nav aria-label="Areas"><ul>${areas.map((area) => html`<li><a href="#${area}">${area}</a></li>`)}</ul></nav>
${areas.map((area) => section(area, operations))}
</main>
</body>
</html>`;
}

function section(area: Operation['area'], operations: readonly Operation[]) {
  return html`<section aria-labelledby="${area}">
<h2 id="${area}">${area}</h2>
${operations.filter((operation) => operation.area === area).map(article)}
</section>`;
}

function article(operation: Operation) {
  const { method, path, summary, role, lends, query = {} } = operation;
  const token = role
    ? html`<p>For a job of the role <code>${role}</code>${lends ? '; it may lend a Sigstore token' : ''}.</p>`
    : '';
  const parameters = Object.entries(query).map(
    ([name, { description, required }]) =>
      html`<tr><td><code>${name}</code></td><td>${required ? 'required' : ''}</td><td>${description}</td></tr>`,
  );
  return html`<h3><code>${method.toUpperCase()} ${path}</code></h3>
<p>${summary}</p>
${token}
${parameters.length > 0 ? html`<table><tr><th>Query</th><th></th><th></th></tr>${parameters}</table>` : ''}
${body(operation)}
<table><tr><th>Status</th><th>Answer</th></tr>${answers(operation)}</table>`;
}

function body({ body: schema }: Operation) {
  if (!schema) return '';
  return html`<details><summary>Body</summary><pre>${JSON.stringify(schemaOf(schema, 'input'), undefined, 2)}</pre></details>`;
}

function answers(operation: Operation) {
  const refusals = refusalsOf(operation);
  const statuses = [...new Set([...Object.keys(operation.answers).map(Number), ...refusals.keys()])].sort(
    (a, b) => a - b,
  );
  return statuses.map((status) => {
    const codes = (refusals.get(status) ?? []).map((code) => html` <code>${code}</code>`);
    return html`<tr><td>${status}</td><td>${operation.answers[status]?.description ?? ''}${codes}</td></tr>`;
  });
}
