import { z } from 'zod';

/** Licences that let what is built of them be given away under Apache-2.0. @see https://spdx.org/licenses/ */
const LICENCES = ['Apache-2.0', 'MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', '0BSD'];

const sbomSchema = z.looseObject({
  packages: z.array(
    z.looseObject({
      name: z.string(),
      SPDXID: z.string(),
      packageFileName: z.string(),
      licenseDeclared: z.string().default('NOASSERTION'),
    }),
  ),
  relationships: z.array(z.looseObject({ spdxElementId: z.string(), relatedSpdxElement: z.string() })),
});
const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      dev: z.boolean().optional(),
      devOptional: z.boolean().optional(),
      dependencies: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

/** A bill of materials, as SPDX 2.3 in JSON. @see https://spdx.github.io/spdx-spec/v2.3/ */
export type Sbom = z.infer<typeof sbomSchema>;

/**
 * What a release ships, out of npm's list of everything: npm's own `--omit dev` drops what is also needed by a development
 * dependency.
 *
 * @param everything - what `npm sbom --package-lock-only --sbom-format spdx` wrote
 * @param lockfile - the text of `package-lock.json`
 * @throws {Error} where a dependency of the project is not among it, or has a licence that is not allowed
 */
export function listShipped(everything: string, lockfile: string): Sbom {
  const sbom = sbomSchema.parse(JSON.parse(everything));
  const lock = lockSchema.parse(JSON.parse(lockfile)).packages;
  const isShipped = (path: string) => path === '' || (lock[path] && !lock[path].dev && !lock[path].devOptional);
  const packages = sbom.packages.filter(({ packageFileName }) => isShipped(packageFileName));
  const ids = new Set(['SPDXRef-DOCUMENT', ...packages.map(({ SPDXID }) => SPDXID)]);
  const missing = Object.keys(lock['']?.dependencies ?? {}).filter(
    (name) => !packages.some((one) => one.name === name),
  );
  if (missing.length > 0) throw new Error(`the SBOM lacks ${missing.join(', ')}`);
  const refused = packages.filter(({ licenseDeclared }) => !LICENCES.includes(licenseDeclared));
  if (refused.length > 0)
    throw new Error(
      `licences to look at: ${refused.map(({ name, licenseDeclared }) => `${name} (${licenseDeclared})`).join(', ')}`,
    );
  return {
    ...sbom,
    packages,
    relationships: sbom.relationships.filter(
      ({ spdxElementId, relatedSpdxElement }) => ids.has(spdxElementId) && ids.has(relatedSpdxElement),
    ),
  };
}
