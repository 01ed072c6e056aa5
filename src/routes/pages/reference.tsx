import { raw } from 'hono/html';
import { refusalsOf, schemaOf } from '../openapi/document.ts';
import type { Operation } from '../openapi/operation.ts';
import { OPERATIONS } from '../openapi/operations.ts';
import type { Page } from './layout.tsx';
import { Facts } from './parts.tsx';

let built: string | undefined;

/** What `/openapi.json` says, for people. Its content never changes, so it is made once. */
export function referencePage(): Page {
  built ??= String(<Reference />);
  return { title: 'API', area: '/reference', body: raw(built) };
}

function Reference() {
  const areas = [...new Set(OPERATIONS.map(({ area }) => area))];
  return (
    <>
      <h1>API</h1>
      <p class="lead">
        Every route of this Muster; <a href="/openapi.json">/openapi.json</a> is the same for programs.
      </p>
      <nav aria-label="Areas">
        <ul>
          {areas.map((area) => (
            <li>
              <a href={`#${area}`}>{area}</a>
            </li>
          ))}
        </ul>
      </nav>
      {areas.map((area) => (
        <section aria-labelledby={area}>
          <h2 id={area}>{area}</h2>
          <ul class="rows card">
            {OPERATIONS.filter((operation) => operation.area === area).map((operation) => (
              <Route operation={operation} />
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function Route({ operation }: { operation: Operation }) {
  const { method, path, summary, role, lends, body, query = {} } = operation;
  return (
    <li class="stack">
      <h3 class="flat">
        <code>
          {method.toUpperCase()} {path}
        </code>
      </h3>
      <p>
        {summary}
        {role ? (
          <>
            {' '}
            For a job of the role <code>{role}</code>
            {lends ? '; it may lend a Sigstore token.' : '.'}
          </>
        ) : null}
      </p>
      <Facts
        facts={Object.entries(query).map(([name, { description, required }]) => [
          `${name}${required ? ', required' : ''}`,
          description,
        ])}
      />
      {body ? (
        <details>
          <summary>
            Body<span class="hidden"> of {path}</span>
          </summary>
          <pre>{JSON.stringify(schemaOf(body, 'input'), undefined, 2)}</pre>
        </details>
      ) : null}
      <Answers operation={operation} />
    </li>
  );
}

function Answers({ operation }: { operation: Operation }) {
  const refusals = refusalsOf(operation);
  const statuses = new Set([...Object.keys(operation.answers), ...refusals.keys()].map(Number));
  const sorted = [...statuses].sort((one, other) => one - other);
  return (
    <details>
      <summary>
        Answers<span class="hidden"> of {operation.path}</span>
      </summary>
      <Facts
        facts={sorted.map((status) => [
          String(status),
          <>
            {operation.answers[status]?.description}
            {(refusals.get(status) ?? []).map((code) => (
              <>
                {' '}
                <code>{code}</code>
              </>
            ))}
          </>,
        ])}
      />
    </details>
  );
}
