import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { runPeer } from '../process.ts';
import { expect } from '../report.ts';
import { inFolder, type Route } from '../route.ts';
import { IMAGES } from '../worker.ts';

/**
 * containerd's own client, told by hosts.toml to ask Muster instead of the registry: images keep the registry's name.
 *
 * @see https://github.com/containerd/containerd/blob/v2.4.2/docs/hosts.md
 */
export async function checkContainerd({ pass, upstream, via, tag, digest, legs, name }: Route): Promise<void> {
  const server = `http://${via.split('/', 1)[0]}`;
  const pull = async (folder: string, reference: string) => {
    const hosts = `${folder}/hosts/${upstream.replace(':', '_')}_`;
    await mkdir(hosts, { recursive: true });
    await writeFile(`${hosts}/hosts.toml`, `server = "${server}"\n`);
    const flags = ['-hosts-dir', `${folder}/hosts`, '-to', `${folder}/content`];
    return runPeer('containerd', [...flags, `${upstream}/${IMAGES}:${reference}`]);
  };
  await pass.report.check(
    name('containerd pulls every platform, with Muster as the server of the registry’s name'),
    () =>
      inFolder(async (folder) => {
        const pulled = (await pull(folder, tag)).trim();
        expect(pulled === digest(), pulled);
        const content = await readdir(`${folder}/content/blobs/sha256`);
        for (const one of legs())
          expect(content.includes(one.digest.slice('sha256:'.length)), `no ${one.platform_tag}`);
        // The index, and of each leg its manifest, config and layer.
        expect(content.length === 1 + 3 * legs().length, `${content.length} blobs`);
        return pulled;
      }),
  );
  await pass.report.check(name('containerd is refused what is not signed, and told why'), () =>
    inFolder(async (folder) => {
      const pulled = await pull(folder, 'unsigned').catch((error) => String(error));
      expect(pulled.includes('SIGNATURE_MISSING'), pulled);
      return undefined;
    }),
  );
}
