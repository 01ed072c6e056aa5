import type { Fault } from '../../demo/registry/faults.ts';

/** What goes wrong with a call, as a column of the matrix. */
export interface FaultClass extends Omit<Fault, 'match'> {
  readonly name: string;
  /** Only where the answer has a body. */
  readonly ofBody?: true;
  /** A cleanup leaves the registry in peace for minutes then. */
  readonly putsOff?: true;
}

const HTML = '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>';

/** `lost`: the peer has done what it was asked, and the answer does not come. */
export const FAULTS: readonly FaultClass[] = [
  { name: 'reset', kind: 'reset-before' },
  { name: 'lost', kind: 'reset-after' },
  { name: 'timeout', kind: 'timeout' },
  { name: 'lost-t/o', kind: 'timeout-after' },
  { name: '429', kind: 'status', status: 429 },
  { name: '429+R-A', kind: 'status', status: 429, headers: { 'Retry-After': '1' } },
  { name: '500', kind: 'status', status: 500 },
  { name: '502html', kind: 'status', status: 502, headers: { 'Content-Type': 'text/html' }, body: HTML },
  { name: 'cut off', kind: 'truncate', ofBody: true },
  { name: 'longer', kind: 'overlong', ofBody: true, putsOff: true },
  { name: 'overrun', kind: 'overrun', ofBody: true },
  { name: '500 x6', kind: 'status', status: 500, times: 6, putsOff: true },
];
