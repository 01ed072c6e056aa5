import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { listShipped } from '../../scripts/sbom.ts';

const root = fileURLToPath(new URL('../..', import.meta.url).href);
const { dependencies, devDependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const lockfile = readFileSync(`${root}package-lock.json`, 'utf8');
const npm = spawnSync('npm', ['sbom', '--package-lock-only', '--sbom-format', 'spdx'], { cwd: root, encoding: 'utf8' });

const idOf = (name: string) => `SPDXRef-Package-${name}`;
const make = (name: string, licenseDeclared = 'MIT') => {
  const packageFileName = name === 'own' ? '' : `node_modules/${name}`;
  return { name, SPDXID: idOf(name), packageFileName, licenseDeclared };
};
const relate = (from: string, to: string) => ({ spdxElementId: idOf(from), relatedSpdxElement: idOf(to) });
const LOCK = {
  packages: {
    '': { dependencies: { a: '1' } },
    'node_modules/a': {},
    'node_modules/b': { dev: true },
    'node_modules/c': { devOptional: true },
  },
};
const list = (packages: object[], lock: object = LOCK, relationships: object[] = []) =>
  listShipped(JSON.stringify({ packages, relationships }), JSON.stringify(lock));

describe('listShipped', () => {
  it('has every dependency of this project, and no development dependency', () => {
    const names = listShipped(npm.stdout, lockfile).packages.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['muster', ...Object.keys(dependencies), 'minimatch']));
    const shipped = Object.keys(devDependencies).filter((name) => names.includes(name));
    expect(shipped).toEqual([]);
  });
  it('relates only what it has', () => {
    const relationships = [relate('a', 'own'), relate('b', 'own'), relate('a', 'c')];
    const sbom = list([make('own'), make('a'), make('b'), make('c')], LOCK, relationships);
    expect(sbom.packages.map(({ name }) => name)).toEqual(['own', 'a']);
    expect(sbom.relationships).toEqual([relate('a', 'own')]);
  });
  it('refuses a list that lacks a dependency', () => {
    expect(() => list([make('own')])).toThrow('the SBOM lacks a');
  });
  it.each(['GPL-3.0-only', 'NOASSERTION', 'MIT AND GPL-2.0-only'])('refuses the licence %s', (licence) => {
    expect(() => list([make('own'), make('a', licence)])).toThrow(`a (${licence})`);
  });
});
