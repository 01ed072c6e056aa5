import { AUDIENCE, BACKENDS, CORE } from '../config.ts';
import { RUN_ID, WHOLE } from './finishing-job.ts';
import { paint } from './print.ts';
import type { Walk } from './walk.ts';

/** Says what runs. */
export function introduce({ printer, stack }: Walk, workerUrl: string): void {
  const [first, second] = stack.registries;
  const rows = [
    ['Muster', workerUrl, 'the Worker, under wrangler dev'],
    ['registry', first.origin, 'with the referrers API; wants a bearer token to push'],
    ['registry', second.origin, 'without the referrers API: signatures hang on a fallback tag'],
    ['Sigstore', stack.sigstore.origin, 'certificates, timestamps, a transparency log; keys made a moment ago'],
    ['issuer', stack.issuer.origin, 'ID tokens shaped like GitHub’s'],
  ];
  printer.chapter('What runs here, on loopback only');
  for (const [name = '', origin = '', what = ''] of rows) {
    printer.say(`${name.padEnd(9)} ${paint('cyan', origin.padEnd(23))} ${what}`);
  }
}

/** Says what there is to try while all of it still runs. */
export function suggest({ printer, stack }: Walk, workerUrl: string): void {
  const [first, second] = stack.registries;
  printer.chapter('It keeps running: try it from another terminal; Ctrl-C ends it and deletes what it wrote');
  printer.note('in a browser: the overview, the run, a merge of it, and two verdicts');
  const verdict = (host: string, tag: string) =>
    `/verify?${new URLSearchParams({ ref: `${host}/${CORE}:${tag}`, policy: 'core' })}`;
  for (const path of [
    '/',
    `/runs/localai/${RUN_ID}`,
    `/merges/localai/${RUN_ID}/${WHOLE}`,
    verdict(second.host, 'master'),
    verdict(first.host, 'tampered'),
  ])
    printer.say(paint('cyan', workerUrl + path));
  printer.note('is this image signed as its policy demands? (and one that is not)');
  printer.command(`curl '${workerUrl}/v1/verify?ref=${second.host}/${CORE}:master&policy=core'`);
  printer.command(`curl '${workerUrl}/v1/verify?ref=${first.host}/${CORE}:tampered&policy=core'`);
  printer.note('what a run published, as its job summary has it');
  printer.command(`curl ${workerUrl}/v1/runs/localai/${RUN_ID}/summary`);
  printer.note('what a registry holds; and with Docker on Linux, the image itself');
  printer.command(`curl http://${second.host}/v2/${BACKENDS}/tags/list`);
  printer.command(`docker run --rm ${second.host}/${CORE}:master --version`);
  printer.note('call as a CI job does: the tokens of a finishing job, and its call');
  printer.command(`export ID_TOKEN=$(curl -s '${stack.issuer.origin}/token?audience=${AUDIENCE}')`);
  printer.command(`export SIGSTORE_ID_TOKEN=$(curl -s '${stack.issuer.origin}/token?audience=sigstore')`);
  printer.command(
    `curl --fail-with-body -X POST ${workerUrl}/v1/runs/localai/${RUN_ID}/finish \\\n` +
      '    -H "Authorization: Bearer $ID_TOKEN" -H "Sigstore-Token: $SIGSTORE_ID_TOKEN" --json \'{}\'',
  );
}
