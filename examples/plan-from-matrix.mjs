#!/usr/bin/env node
// The body of PUT /v1/runs/PROJECT/RUN_ID/plan, from LocalAI's build matrix; for jobs without the action and without jq.
//
//   node plan-from-matrix.mjs [--whole FILE] [FILE...] >plan.json        (default: standard input)
//
// FILE holds what the matrix job puts out: the object of all its outputs (`toJSON(steps.set-matrix.outputs)`), one or
// several matrices as JSON, a `$GITHUB_OUTPUT` file; or it is .github/backend-matrix.yml. A matrix that was filtered plans
// only what it builds. With --whole .github/backend-matrix.yml, it is said where that is less than a whole image: Muster
// then holds the image's tags, for they would lose a platform.
import { readFileSync } from 'node:fs';

const MATRIX_OUTPUT = /^matrix-(multiarch|singlearch-\d+|darwin)$/;

try {
  const { files, whole } = parseArguments(process.argv.slice(2));
  const rows = (files.length > 0 ? files : [0]).flatMap((file) => readRows(readFileSync(file, 'utf8')));
  const merges = planOf(rows);
  if (whole !== undefined)
    for (const line of compare(merges, planOf(readRows(readFileSync(whole, 'utf8'))))) warn(line);
  console.log(JSON.stringify({ merges }));
} catch (error) {
  warn(error.message);
  process.exitCode = 1;
}

function warn(text) {
  console.error(`plan-from-matrix: ${text}`);
}

function parseArguments(words) {
  const at = words.indexOf('--whole');
  if (at < 0) return { files: words };
  if (words[at + 1] === undefined) throw new Error('--whole needs a file');
  return { files: words.filter((_, index) => index !== at && index !== at + 1), whole: words[at + 1] };
}

/** The rows of all matrices in a text, whatever it is. */
function readRows(text) {
  const whole = parseJson(text);
  if (whole !== undefined) return rowsOf(whole);
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  // `name=value`, as in $GITHUB_OUTPUT, or a matrix a line.
  if (lines.some((line) => /^([\w-]+=|[{])/.test(line))) return lines.flatMap(readLine);
  return rowsOf(parseMatrixYaml(text));
}

function readLine(line) {
  const [, name, value] = /^([\w-]+)=(.*)$/.exec(line) ?? [];
  if (name !== undefined) return MATRIX_OUTPUT.test(name) ? rowsOf(parseJson(value), name) : [];
  return rowsOf(parseJson(line));
}

function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param {unknown} document a matrix, or the object of all outputs */
function rowsOf(document, name = 'the input') {
  if (document === null || typeof document !== 'object') throw new Error(`${name} is no matrix`);
  const lists = [document.include, document.includeDarwin].filter((list) => list !== undefined);
  if (lists.length > 0) {
    if (!lists.every(Array.isArray)) throw new Error(`${name}: include is no list`);
    return lists.flat();
  }
  const outputs = Object.entries(document).filter(([key]) => MATRIX_OUTPUT.test(key));
  if (outputs.length === 0) throw new Error(`${name} has neither include nor matrix-… in it`);
  // A shard to which nothing fell is empty text.
  return outputs.flatMap(([key, value]) =>
    value === '' ? [] : rowsOf(typeof value === 'string' ? parseJson(value) : value, key),
  );
}

/** A merge for each suffix; a leg for each of its rows. */
function planOf(rows) {
  const bySuffix = new Map();
  for (const row of rows) {
    const suffix = row['tag-suffix'] ?? '';
    bySuffix.set(suffix, [...(bySuffix.get(suffix) ?? []), row]);
  }
  return [...bySuffix].map(([tag_suffix, legs]) => {
    const platform_tags = legs.map((row) => row['platform-tag'] || 'single');
    if (new Set(platform_tags).size < legs.length)
      throw new Error(`"${tag_suffix}" is built twice for one platform: ${platform_tags.join(', ')}`);
    const [tag_latest, ...others] = new Set(legs.map((row) => row['tag-latest'] || 'auto'));
    if (others.length > 0) warn(`"${tag_suffix}": its rows disagree on tag-latest; ${tag_latest} is used`);
    return { tag_suffix, platform_tags: platform_tags.sort(), tag_latest };
  });
}

function compare(merges, whole) {
  const all = new Map(whole.map((merge) => [merge.tag_suffix, merge.platform_tags]));
  return merges.flatMap(({ tag_suffix, platform_tags }) => {
    const missing = (all.get(tag_suffix) ?? []).filter((tag) => !platform_tags.includes(tag));
    return missing.length > 0
      ? [`"${tag_suffix}" is built without ${missing.join(', ')}: its tags will be held (NARROWER), not moved`]
      : [];
  });
}

/** The part of YAML that backend-matrix.yml is written in: lists of flat rows. Anything else is refused, not guessed. */
function parseMatrixYaml(text) {
  const document = {};
  let list;
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(#.*)?$/.test(line) || line === '---') continue;
    const [, key] = /^([A-Za-z]+):\s*(?:#.*)?$/.exec(line) ?? [];
    const [, dash, name, value] = /^\s+(- )?\s*([\w-]+):\s*(.*)$/.exec(line) ?? [];
    if (key !== undefined) {
      list = [];
      document[key] = list;
    } else if (name !== undefined && list !== undefined && (dash || list.length > 0)) {
      if (dash) list.push({});
      list.at(-1)[name] = parseScalar(value, index + 1);
    } else throw new Error(`line ${index + 1} is more YAML than this reads; convert it to JSON`);
  }
  return document;
}

function parseScalar(text, line) {
  const [, single, double, plain] =
    /^(?:'((?:[^']|'')*)'|"([^"\\]*)"|([\w./-][^#"':{}[\],&*!|>%@`]*)?)\s*(?:#.*)?$/.exec(text) ?? [];
  if (single === undefined && double === undefined && plain === undefined && text.replace(/#.*/, '').trim() !== '')
    throw new Error(`line ${line} is more YAML than this reads; convert it to JSON`);
  return single?.replaceAll("''", "'") ?? double ?? plain?.trim() ?? '';
}
