import { readFile, writeFile } from 'node:fs/promises';
import { describe, type Leg } from '../caller.ts';
import { ARCHES, pushImages, pushSigned, signWithCosign } from '../images.ts';
import { digestOfTag, pullManifest, verifyFirstBundle, verifyWithCosign } from '../judges.ts';
import { runPeer } from '../process.ts';
import { judgeReadOnlyRegistry } from '../registry-conformance.ts';
import { expect } from '../report.ts';
import { inFolder, type Route } from '../route.ts';
import { BUILD_WORKFLOW, IMAGES } from '../worker.ts';
import { checkContainerd } from './containerd.ts';
import { digestsOf, legOf, type Pass } from './main-job.ts';

const SBOM_TYPE = 'application/spdx+json';
/** The claims of a workflow that may not sign. */
const STRANGER = { job_workflow_ref: BUILD_WORKFLOW };
/** The registries' aliases, in the stack's order. */
const ALIASES = ['api', 'tag'] as const;

/** Real clients pull through Muster's read-only registry: what is signed is as it is upstream, all else is refused. */
export async function checkPullThrough(pass: Pass): Promise<void> {
  const { report, stack, major, caller, worker } = pass;
  const suffix = `-cpu-pull-v${major}`;
  const claims = { run_id: `${major}700` };
  let legs: readonly Leg[] = [];
  let published: string | undefined;
  await report.check(`pull-through, Rekor v${major}: an image is published`, async () => {
    legs = await pushImages(stack, claims.run_id, suffix);
    await caller.arrive(suffix, legOf(legs, 0), ARCHES, claims);
    const answer = await caller.arrive(suffix, legOf(legs, 1), ARCHES, claims);
    expect(answer.status === 200, describe(answer));
    published = String(answer.body.digest);
    return published;
  });
  for (const [at, alias] of ALIASES.entries()) {
    const route: Route = {
      pass,
      upstream: stack.registries[at] ?? '',
      via: `${new URL(worker).host}/${alias}`,
      tag: `master${suffix}`,
      digest: () => {
        expect(published !== undefined, 'nothing was published');
        return published;
      },
      legs: () => legs,
      name: (text) => `pull-through of ${alias}, Rekor v${major}: ${text}`,
    };
    await checkArtifacts(route);
    await checkCrane(route);
    await checkOras(route);
    await checkCosign(route);
    await checkRefusals(route);
    await checkContainerd(route);
    await checkConformance(route);
  }
}

/** The bundle that passed comes first, then what else refers to the image. */
async function checkArtifacts({ pass, upstream, via, digest, name }: Route): Promise<void> {
  await pass.report.check(name('oras discovers the bundle first, then an SBOM, and pulls it'), () =>
    inFolder(async (folder) => {
      await writeFile(`${folder}/sbom.json`, '{"spdxVersion":"SPDX-2.3"}');
      const file = `sbom.json:${SBOM_TYPE}`;
      const attach = [
        'attach',
        '--plain-http',
        '--artifact-type',
        SBOM_TYPE,
        `${upstream}/${IMAGES}@${digest()}`,
        file,
      ];
      await runPeer('oras', attach, { cwd: folder });
      const image = `${via}/${IMAGES}@${digest()}`;
      const tree = JSON.parse(await runPeer('oras', ['discover', '--plain-http', '--format', 'json', image]));
      const referrers = tree.referrers as readonly { readonly artifactType: string; readonly digest: string }[];
      const types = referrers.map(({ artifactType }) => artifactType);
      expect(/sigstore\.bundle/.test(types[0] ?? '') && types[1] === SBOM_TYPE && types.length === 2, types.join(', '));
      const sbom = `${via}/${IMAGES}@${referrers[1]?.digest}`;
      await runPeer('oras', ['pull', '--plain-http', '--output', `${folder}/out`, sbom]);
      const [pushed, pulled] = [`${folder}/sbom.json`, `${folder}/out/sbom.json`].map((path) => readFile(path, 'utf8'));
      expect((await pushed) === (await pulled), 'another SBOM');
      return types.join(', ');
    }),
  );
}

async function checkCrane({ pass, upstream, via, tag, digest, legs, name }: Route): Promise<void> {
  const { report } = pass;
  await report.check(name('crane has the digest and the bytes of upstream, by tag and by digest'), async () => {
    for (const reference of [`:${tag}`, `@${digest()}`]) {
      const actual = (await runPeer('crane', ['digest', `${via}/${IMAGES}${reference}`])).trim();
      expect(actual === digest(), `${reference} is ${actual}`);
      const manifests = await Promise.all([via, upstream].map((host) => pullManifest(host, reference)));
      expect(manifests[0] === manifests[1], `${reference}: other bytes`);
    }
    return digest();
  });
  await report.check(name('crane pulls each platform, with the digest of its leg'), () =>
    inFolder(async (folder) => {
      for (const [at, arch] of ARCHES.entries()) {
        const platform = ['--platform', `linux/${arch}`, `${via}/${IMAGES}:${tag}`];
        const actual = (await runPeer('crane', ['digest', ...platform])).trim();
        expect(actual === legOf(legs(), at).digest, `${arch} is ${actual}`);
        await runPeer('crane', ['pull', ...platform, `${folder}/${arch}.tar`]);
        await runPeer('crane', ['pull', '--format', 'oci', `${via}/${IMAGES}@${actual}`, `${folder}/${arch}`]);
        const layout = JSON.parse(await readFile(`${folder}/${arch}/index.json`, 'utf8'));
        expect(layout.manifests[0].digest === actual, `by digest: ${layout.manifests[0].digest}`);
      }
      return undefined;
    }),
  );
}

async function checkOras({ pass, via, tag, digest, legs, name }: Route): Promise<void> {
  const image = `${via}/${IMAGES}`;
  await pass.report.check(name('oras pulls by tag, digest and platform'), () =>
    inFolder(async (folder) => {
      for (const reference of [`:${tag}`, `@${digest()}`])
        for (const [at, arch] of ARCHES.entries()) {
          const platform = ['--plain-http', '--platform', `linux/${arch}`, `${image}${reference}`];
          await runPeer('oras', ['pull', ...platform, '--output', folder]);
          const fetched = await runPeer('oras', ['manifest', 'fetch', '--descriptor', ...platform]);
          expect(JSON.parse(fetched).digest === legOf(legs(), at).digest, `${arch} is ${fetched}`);
        }
      return undefined;
    }),
  );
  await pass.report.check(name('oras copies the image with all that refers to it, each blob checked'), () =>
    inFolder(async (folder) => {
      const to = ['--to-oci-layout', `${folder}/layout:x`];
      await runPeer('oras', ['copy', '--recursive', '--from-plain-http', `${image}:${tag}`, ...to]);
      const layout = await runPeer('oras', ['resolve', '--oci-layout', `${folder}/layout:x`]);
      expect(layout.trim() === digest(), layout);
      return undefined;
    }),
  );
}

async function checkCosign({ pass, upstream, via, digest, legs, name }: Route): Promise<void> {
  const { report, stack, major } = pass;
  await report.check(name('cosign verify accepts the index and each child through it'), async () => {
    for (const one of [digest(), ...digestsOf(legs())]) await verifyWithCosign(stack, major, via, one);
    return undefined;
  });
  await report.check(name('what cosign signed itself comes through'), async () => {
    const image = await pushSigned(pass, upstream, 'by-cosign');
    const actual = (await runPeer('crane', ['digest', `${via}/${IMAGES}:by-cosign`])).trim();
    expect(actual === image, actual);
    await verifyWithCosign(stack, major, via, image);
    return undefined;
  });
  await report.check(name('a client that reads only the first bundle accepts what a stranger signed too'), async () => {
    const image = await pushSigned(pass, upstream, 'signed-twice', STRANGER);
    await signWithCosign(pass, `${upstream}/${IMAGES}@${image}`);
    for (const one of [image, ...digestsOf(legs())]) await verifyFirstBundle(stack, major, via, one);
    return undefined;
  });
}

async function checkRefusals({ pass, upstream, via, tag, legs, name }: Route): Promise<void> {
  const { report, stack, major } = pass;
  const refused = async (reference: string, code: string) => {
    const response = await fetch(`${addressOf(via)}/manifests/${reference}`);
    expect(response.status === 403, `${reference}: ${response.status}`);
    const { errors } = (await response.json()) as { errors: { code: string; detail: { code: string } }[] };
    expect(errors[0]?.code === 'DENIED' && errors[0].detail.code === code, JSON.stringify(errors));
  };
  await report.check(name('an unsigned image is refused by tag and digest, and so are its blobs'), async () => {
    const [image] = await pushImages(stack, `${major}701`, '-cpu-unsigned');
    await runPeer('crane', ['tag', `${upstream}/${IMAGES}@${image?.digest}`, 'unsigned']);
    for (const reference of ['unsigned', image?.digest ?? '']) await refused(reference, 'SIGNATURE_MISSING');
    const { layers } = JSON.parse(await pullManifest(upstream, `@${image?.digest}`));
    const blob = await fetch(`${addressOf(via)}/blobs/${layers[0].digest}`);
    expect(blob.status === 404, `its layer: ${blob.status}`);
    const pulled = await runPeer('crane', ['manifest', `${via}/${IMAGES}:unsigned`]).catch((error) => String(error));
    expect(pulled.includes('DENIED: SIGNATURE_MISSING'), pulled);
    return pulled;
  });
  await report.check(name('what another workflow signed is refused'), async () => {
    await pushSigned(pass, upstream, 'by-a-stranger', STRANGER);
    await refused('by-a-stranger', 'IDENTITY_MISMATCH');
    return undefined;
  });
  await report.check(name('a tag moved to one leg of a merged image is refused'), async () => {
    await runPeer('crane', ['tag', `${upstream}/${IMAGES}@${legOf(legs(), 0).digest}`, 'one-leg']);
    await refused('one-leg', 'SUBJECT_MISMATCH');
    return undefined;
  });
  await report.check(name('crane can push nothing'), async () => {
    const source = `${via}/${IMAGES}:${tag}`;
    const pushed = await runPeer('crane', ['tag', source, 'pushed']).catch((error) => String(error));
    expect(pushed.includes('UNSUPPORTED'), pushed);
    expect((await digestOfTag(upstream, 'pushed')) === undefined, 'it was pushed');
    return undefined;
  });
}

async function checkConformance({ pass, upstream, via, tag, digest, legs, name }: Route): Promise<void> {
  await pass.report.check(name('the OCI conformance program finds no failure in pulls and referrers'), async () => {
    const digests = digestsOf(legs());
    const manifests = await Promise.all(
      digests.map(async (one) => JSON.parse(await pullManifest(upstream, `@${one}`))),
    );
    const blobs = manifests.flatMap(({ config, layers }) => [config.digest, layers[0].digest] as string[]);
    const [registry = '', alias] = via.split('/');
    const data = { tags: [tag], manifests: [digest(), ...digests], blobs, subjects: [digest(), ...digests] };
    return judgeReadOnlyRegistry({ registry, repository: `${alias}/${IMAGES}`, ...data });
  });
}

/** The repository's URL. */
function addressOf(via: string): string {
  const [host, alias] = via.split('/');
  return `http://${host}/v2/${alias}/${IMAGES}`;
}
