import type { RegistryClient } from '../../demo/client.ts';
import { buildImage, type Image, packLayer } from '../../demo/images.ts';
import { PLACES } from './release.ts';

/** Pushes an image for each arch, by digest, to both registries. */
export type Push = (title: string, arches: readonly string[]) => Promise<Image[]>;

export function createPush(clients: readonly RegistryClient[]): Push {
  return async (title, arches) => {
    const images = arches.map((arch) => buildImage(arch, packLayer(Buffer.from(`${title} for ${arch}`)), title));
    for (const [at, { repository }] of PLACES.entries())
      for (const image of images) await clients[at]?.pushImage(repository, image);
    return images;
  };
}
