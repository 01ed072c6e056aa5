import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'smol-toml';
import { afterAll, describe, expect, it } from 'vitest';
import { checkWranglerConfig } from '../../scripts/wrangler-config.ts';

const root = fileURLToPath(new URL('../..', import.meta.url).href);
const worked = readFileSync(`${root}wrangler.toml`, 'utf8');

/** A document whose shape is known from the file itself. */
interface Tree {
  [key: string]: Tree & Tree[] & string;
}

/** The worked example with an edit. */
function edited(edit: (muster: Tree, document: Tree) => void): string {
  const document = parse(worked) as Tree;
  const muster = document.vars?.MUSTER;
  if (!muster) throw new Error('the worked example has no MUSTER');
  edit(muster, document);
  return stringify(document);
}

function textsOf(toml: string, level: string): string[] {
  return checkWranglerConfig(toml).flatMap((finding) => (finding.level === level ? [finding.text] : []));
}

describe('checkWranglerConfig', () => {
  describe('when the configuration is the worked example', () => {
    it('finds no error', () => {
      expect(textsOf(worked, 'error')).toEqual([]);
    });
    it('warns that the audience is still the example', () => {
      expect(textsOf(worked, 'warning')).toEqual([expect.stringContaining('MUSTER.audience')]);
    });
  });

  describe('when it is the second worked example', () => {
    const core = readFileSync(`${root}examples/core-images.toml`, 'utf8');
    it('finds no error', () => {
      expect(textsOf(core, 'error')).toEqual([]);
    });
    it('finds both projects of the one repository', () => {
      const projects: Tree[] = (parse(core) as Tree).vars?.MUSTER_PROJECTS ?? [];
      expect(projects.map(({ repository_id }) => repository_id)).toEqual(['614592349', '614592349']);
    });
  });

  describe('when something is wrong', () => {
    it.each<[string, (muster: Tree, document: Tree) => void, RegExp]>([
      ['an unknown key', (muster) => Object.assign(muster, { audiance: 'x' }), /^MUSTER: .*"audiance"/],
      ['a bad value', (muster) => Object.assign(muster, { retention_days: 3 }), /^MUSTER\.retention_days: .*30/],
      [
        'a pull request among the events',
        (muster) => Object.assign(muster.projects?.[0]?.roles?.report ?? {}, { events: ['pull_request_target'] }),
        /roles\.report\.events\.0: must not be a pull_request event/,
      ],
      [
        'a policy that is not there',
        (muster) => Object.assign(muster.projects?.[0] ?? {}, { policy: 'x' }),
        /no policy "x"/,
      ],
      [
        'a tag rule that is none',
        (muster) => Object.assign(muster.projects?.[0] ?? {}, { tags: ['type=foo'] }),
        /"type=foo"/,
      ],
      [
        'an unknown variable',
        (_, { vars }) => Object.assign(vars ?? {}, { MUSTER_PROJECT: [] }),
        /^MUSTER_PROJECT: .*projects/,
      ],
      [
        'a secret in [vars]',
        (_, { vars }) => Object.assign(vars ?? {}, { REGISTRY_AUTH: '{}' }),
        /^REGISTRY_AUTH: is a secret/,
      ],
    ])('names %s', (_, edit, expected) => {
      expect(textsOf(edited(edit), 'error')).toContainEqual(expect.stringMatching(expected));
    });
    it('names every error, not the first one only', () => {
      const toml = edited((muster) => Object.assign(muster, { retention_days: 3, deadline_seconds: 1 }));
      expect(textsOf(toml, 'error')).toHaveLength(2);
    });
    it('names the line of what is not TOML', () => {
      expect(textsOf('a = 1\nb = [', 'error')).toEqual([expect.stringMatching(/^line 2: /)]);
    });
    it('names the environment it is in', () => {
      expect(textsOf('[env.staging.vars.MUSTER]\naudience = "https://a.example"', 'error')[0]).toMatch(
        /^env\.staging: MUSTER/,
      );
    });
  });

  describe('when a variable is larger than a deploy allows', () => {
    const large = edited((muster) =>
      Object.assign(muster.projects?.[0] ?? {}, { refs: Array(300).fill('refs/heads/master') }),
    );
    it('names the variable and the limit', () => {
      expect(textsOf(large, 'error')).toEqual([expect.stringMatching(/^MUSTER: has \d+ bytes; .*5000/)]);
    });
    it('counts each variable of its own', () => {
      const split = edited((muster, { vars }) => {
        const { projects, ...rest } = muster;
        Object.assign(vars ?? {}, { MUSTER: { ...rest, galleries: [] }, MUSTER_PROJECTS: projects });
      });
      expect(textsOf(split, 'error')).toEqual([]);
    });
  });

  describe('when it works, but not as its operator may think', () => {
    it.each<[string, (muster: Tree) => void, RegExp]>([
      [
        'a policy without a pin',
        ({ policies }) => Reflect.deleteProperty(policies?.[0] ?? {}, 'source_repository_id'),
        /source_repository_id/,
      ],
      [
        'a regex that matches anywhere',
        ({ policies }) => Object.assign(policies?.[0] ?? {}, { identity_regex: 'backend_merge' }),
        /identity_regex: is not anchored/,
      ],
      [
        'a signer that the policy refuses',
        ({ projects }) =>
          Object.assign(projects?.[0]?.roles ?? {}, {
            sign: { workflows: ['mudler/LocalAI/.github/workflows/other.yml'] },
          }),
        /roles\.sign: policy localai admits .*other\.yml at none/,
      ],
      [
        'a signer that may not call finish',
        ({ projects }) =>
          Object.assign(projects?.[0]?.roles ?? {}, {
            report: { workflows: ['mudler/LocalAI/.github/workflows/backend_build.yml'] },
          }),
        /roles\.report: lacks .*backend_merge\.yml/,
      ],
      [
        'a rule whose tag no registry takes',
        ({ projects }) => Object.assign(projects?.[0] ?? {}, { tags: ['type=raw,value=-x'] }),
        /tags: at refs\/heads\/master: .*no valid tag/,
      ],
      [
        'a Quay repository whose images nothing keeps',
        ({ projects }) => Object.assign(projects?.[0] ?? {}, { targets: [{ repository: 'quay.io/a/b' }] }),
        /quay\.io\/a\/b has no source/,
      ],
    ])('warns of %s', (_, edit, expected) => {
      const toml = edited(edit);
      expect(textsOf(toml, 'error')).toEqual([]);
      expect(textsOf(toml, 'warning')).toContainEqual(expect.stringMatching(expected));
    });
  });
});

describe('config-check', () => {
  const folder = mkdtempSync(`${tmpdir()}/config-check-`);
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (toml: string) => {
    writeFileSync(`${folder}/wrangler.toml`, toml);
    return spawnSync(process.execPath, [`${root}scripts/config-check.ts`, `${folder}/wrangler.toml`], {
      encoding: 'utf8',
    });
  };

  it('exits with 0 where there are warnings only', () => {
    expect(run(worked)).toMatchObject({ status: 0, stdout: expect.stringContaining('0 errors, 1 warning') });
  });
  it('exits with 1 where there is an error', () => {
    const { status, stdout } = run(edited((muster) => Object.assign(muster, { retention_days: 3 })));
    expect([status, stdout]).toEqual([1, expect.stringContaining('error: MUSTER.retention_days')]);
  });
  it('exits with 1 where the file is not there', () => {
    const { status } = spawnSync(process.execPath, [`${root}scripts/config-check.ts`, `${folder}/none.toml`]);
    expect(status).toBe(1);
  });
});
