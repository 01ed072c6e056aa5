import type { gatherStatus } from '../../lib/status/gather.ts';
import { Facts, State, StateIcon, Time } from './parts.tsx';

/** What `GET /v1/status` answers. */
export type Status = Awaited<ReturnType<typeof gatherStatus>>;

interface StatusProps {
  readonly status: Status;
}

/** What verification rests on, and how old it is. */
export function TrustedRoot({ status: { trust_root: trust, at } }: StatusProps) {
  const fetched = 'fetched_at' in trust ? trust.fetched_at : undefined;
  return (
    <>
      <h2>Trusted root</h2>
      <div class="card">
        <Facts
          facts={[
            ['From', 'mirror' in trust && trust.mirror ? trust.mirror : 'the configuration'],
            fetched ? ['Fetched', <Time at={fetched} now={at} />] : undefined,
            'expires_at' in trust && trust.expires_at ? ['Expires', <Time at={trust.expires_at} />] : undefined,
          ]}
        />
      </div>
    </>
  );
}

/** Whether each registry takes what is published. */
export function Registries({ status: { registries } }: StatusProps) {
  return (
    <>
      <h2>Registries</h2>
      <ul class="card rows">
        {registries.map(({ host, problems }) => (
          <li class="line">
            <code>{host}</code>
            <span class="push">
              {Object.keys(problems).length === 0 ? (
                <State icon="good">takes what comes</State>
              ) : (
                <State icon="bad">holds merges up</State>
              )}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** How each task of the cron trigger ended last. */
export function Tasks({ status: { tasks, at } }: StatusProps) {
  return (
    <>
      <h2>Scheduled tasks</h2>
      {tasks.length === 0 ? (
        <p class="quiet">None has run yet; they run every ten minutes.</p>
      ) : (
        <ul class="card rows">
          {tasks.map(({ name, ok, at: ran }) => (
            <li class="line">
              <StateIcon icon={ok ? 'good' : 'bad'} />
              <span>{name}</span>
              <span class="hidden">{ok ? 'went well' : 'failed'}</span>
              <span class="quiet small push">
                <Time at={ran} now={at} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** How many anchors each repository keeps. */
export function Anchors({ status: { keepalives } }: StatusProps) {
  if (keepalives.length === 0) return null;
  return (
    <>
      <h2>Anchors</h2>
      <ul class="card rows">
        {keepalives.map((anchors) => (
          <li class="line">
            <code>{anchors.repository}</code>
            <span class="quiet small push">
              {'ledger' in anchors && anchors.ledger !== undefined ? `${anchors.ledger} kept` : 'not known'}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
