import type { z } from 'zod';
import type { entryAnswer } from '../openapi/galleries.ts';
import { capitalise, count, joinWords } from './format.ts';
import { StateIcon } from './parts.tsx';
import { iconOfCode, installsOf, meaningOf } from './verdicts.ts';

type Entry = z.infer<typeof entryAnswer>;
type Reference = Entry['references'][number];

const ROLES: Readonly<Record<Reference['role'], string>> = {
  uri: 'its URI',
  mirror: 'mirror',
  branch: 'the branch’s, which clients try next',
  development: 'the development image, which clients try last',
};

/** The entries of a page: each one's verdict, and what a client would install. */
export function Entries({ entries }: { entries: readonly Entry[] }) {
  if (entries.length === 0) return <p class="quiet">No entry is so.</p>;
  const seen = new Map<string, number>();
  return (
    <ul class="rows card">
      {entries.map((entry) => {
        const before = seen.get(entry.name) ?? 0;
        seen.set(entry.name, before + 1);
        // A name may occur more than once; the number tells its entries apart, wherever they stand.
        return <EntryRow entry={entry} id={`entry-${before}-${entry.name}`} />;
      })}
    </ul>
  );
}

/** One line; the references unfold below it. */
function EntryRow({ entry, id }: { entry: Entry; id: string }) {
  const { references } = entry;
  if (references.length === 0)
    return (
      <li class="entry">
        <EntryLine entry={entry} />
      </li>
    );
  return (
    <li>
      <details class="entry" id={id}>
        <summary>
          <EntryLine entry={entry} />
        </summary>
        <ul class="rows">
          {references.map((reference) => (
            <ReferenceRow reference={reference} />
          ))}
        </ul>
      </details>
    </li>
  );
}

function EntryLine({ entry: { name, code, platforms } }: { entry: Entry }) {
  const icon = iconOfCode(code);
  return (
    <>
      <StateIcon icon={icon} />
      <b>{name}</b>
      <span class={`small ${icon}`}>{capitalise(meaningOf(code ?? 'none').words)}</span>
      <span class="small">
        {[...Map.groupBy(platforms, ({ installs }) => installs)].map(([installs, alike]) => (
          <Installed installs={installs} platforms={alike} />
        ))}
      </span>
    </>
  );
}

/** What platforms that end alike would install. */
function Installed({ installs, platforms }: { installs: string; platforms: Entry['platforms'] }) {
  const { words, icon } = installsOf(installs);
  const names = joinWords(platforms.map(({ platform }) => (platform === 'any' ? 'any platform' : platform)));
  return (
    <span class="block">
      <span class="quiet">{names}:</span> <span class={icon === 'bad' ? 'bad' : undefined}>{words}</span>
    </span>
  );
}

function ReferenceRow({ reference }: { reference: Reference }) {
  const { role, uri, code, image_code, detail, digest, age_days, held_by, platforms = [] } = reference;
  const refused = Map.groupBy(
    platforms.filter((platform) => platform.code !== 'VERIFIED'),
    (platform) => platform.code,
  );
  return (
    <li>
      <div class="ref">
        <StateIcon icon={iconOfCode(code)} />
        <code>{uri}</code>
      </div>
      <div class="small quiet">
        {capitalise(ROLES[role])}: <Meaning code={code} />
        {image_code === undefined ? null : (
          <>
            ; its image: <Meaning code={image_code} />
          </>
        )}
        {age_days === undefined ? null : `, signed ${describeAge(age_days)}`}
        {held_by === undefined ? null : `, kept by the tag ${held_by}`}
        {detail === undefined ? null : `; ${detail}`}
      </div>
      {[...refused].map(([found, alike]) => (
        <div class="small quiet">
          {joinWords(alike.map(({ platform }) => platform))}: <Meaning code={found} />
        </div>
      ))}
      {digest === undefined ? null : <code>{digest}</code>}
    </li>
  );
}

function Meaning({ code }: { code: string }) {
  return (
    <>
      {meaningOf(code).words} (<code>{code}</code>)
    </>
  );
}

function describeAge(days: number): string {
  return days === 0 ? 'today' : `${count(days, 'day')} ago`;
}
