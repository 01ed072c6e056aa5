import { env } from 'cloudflare:workers';
import { app } from '../../../src/routes/app.ts';

/** A page as a browser asks for it, and the text that it shows. */
export async function look(path: string, headers: Record<string, string> = { Accept: 'text/html' }) {
  const response = await app.request(path, { headers }, env);
  const html = await response.text();
  return { response, status: response.status, html, text: textOf(html) };
}

/** What is left of a document without its elements. */
export function textOf(html: string): string {
  const body = html.slice(html.indexOf('<main'), html.indexOf('</main>'));
  return body
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}
