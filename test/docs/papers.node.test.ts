import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configSchema } from '../../src/lib/config-schema.ts';
import { OPERATIONS } from '../../src/routes/openapi/operations.ts';

const root = fileURLToPath(new URL('../..', import.meta.url).href);
const read = (file: string) => readFileSync(`${root}${file}`, 'utf8');

/** Every paper of the repository, from its root. */
const papers = ['', 'docs/', 'examples/']
  .flatMap((folder) => readdirSync(`${root}${folder}`).map((name) => `${folder}${name}`))
  .filter((file) => file.endsWith('.md'));

/** GitHub's anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

/** A link that leads nowhere; undefined where it leads somewhere. */
function brokenLink(file: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? file : join(dirname(file), path);
  if (!existsSync(`${root}${target}`)) return link;
  if (anchor === undefined) return undefined;
  const anchors = [...read(target).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
  return anchors.includes(anchor) ? undefined : link;
}

describe.each(papers)('%s', (file) => {
  const text = read(file);

  it('has no link that leads nowhere', () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) =>
      /^https?:/.test(link) ? [] : [link],
    );
    expect(links.flatMap((link) => brokenLink(file, link) ?? [])).toEqual([]);
  });
  it('names no command that package.json lacks', () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'));
    const named = [...text.matchAll(/\bnpm run ([\w:-]+)/g)].flatMap(([, name = '']) =>
      name in scripts ? [] : [name],
    );
    expect(named).toEqual([]);
  });
  it('names no route that is not served', () => {
    const named = [...text.matchAll(/\b(GET|POST|PUT) (\/(?:v1|v2|healthz|openapi|reference)[^\s`?"']*)/g)];
    const unknown = named.filter(([, method = '', path = '']) => !isServed(method, path)).map(([route]) => route);
    expect(unknown).toEqual([]);
  });
  it('names no file of the project that is not there', () => {
    const named = [
      ...text.matchAll(/`((?:src|test|docs|examples|scripts|demo|interop|bench|action)\/[\w./-]+\.\w+)`/g),
    ];
    expect(named.flatMap(([, path = '']) => (existsSync(`${root}${path}`) ? [] : [path]))).toEqual([]);
  });
});

describe('README.md', () => {
  it('explains every key of the configuration', () => {
    const text = read('README.md');
    const missing = [...keysOf(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }))].filter(
      (key) => !new RegExp(`\\b${key}\\b`).test(text),
    );
    expect(missing).toEqual([]);
  });
});

describe('docs/runbook.md', () => {
  it('names only codes that the code has', () => {
    const sources = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') || file.endsWith('.tsx'))
      .map((file) => read(`src/${file}`));
    const codes = [...read('docs/runbook.md').matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, code = '']) => code);
    const outside = ['MUSTER_URL', 'REGISTRY_AUTH', 'QUAY_TOKEN'];
    const unknown = codes.filter((code) => !outside.includes(code) && !sources.some((source) => source.includes(code)));
    expect(unknown).toEqual([]);
  });
});

/** Whether an operation has this path, with anything where it has a parameter. */
function isServed(method: string, path: string): boolean {
  return OPERATIONS.some((operation) => {
    const pattern = operation.path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
    return operation.method === method.toLowerCase() && new RegExp(`^${pattern}$`).test(path);
  });
}

/** The names of all properties of a JSON Schema, at any depth. */
function* keysOf(schema: unknown): Generator<string> {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [name, value] of Object.entries(schema)) {
    if (name === 'properties' && typeof value === 'object' && value !== null) yield* Object.keys(value);
    yield* keysOf(value);
  }
}

describe('docs/threat-model.md', () => {
  const rows = [...read('docs/threat-model.md').matchAll(/^\| (\d+) \|.*\|$/gm)];

  it('has each of the 56 threats once', () => {
    const numbers = rows.map(([, number]) => Number(number)).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 56 }, (_, index) => index + 1));
  });
  it('names only tests that are there, by words of theirs', () => {
    const wrong = rows.flatMap(([row]) => namedTests(row)).filter(({ file, title }) => !read(file).includes(title));
    expect(wrong).toEqual([]);
  });
  it('says so where there is no test', () => {
    const silent = rows.filter(([row]) => namedTests(row).length === 0 && !/no test yet/i.test(row));
    expect(silent.map(([, number]) => number)).toEqual([]);
  });
});

/** Each quoted title of a row, with the test file that it follows. */
function namedTests(row: string): { file: string; title: string }[] {
  return [...row.matchAll(/`(test\/[^`]+)`((?: "[^"]+")*)/g)].flatMap(([, file = '', titles = '']) =>
    [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => ({ file, title })),
  );
}
