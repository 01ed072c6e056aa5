// Kills workerd at every call of a merge, before the peer has done anything and after it has done it all, and looks at
// what becomes of it. Ends with `0 violations`, or says what was broken and exits 1. About 15 minutes.
// Usage: npm run crash [-- --every N]
import { type CrashRun, type KillPoint, startCrashWorld } from './crash.ts';

const WORLDS = 2;
const at = process.argv.indexOf('--every');
const every = at === -1 ? 1 : Number(process.argv[at + 1]);

const worlds = await Promise.all([...Array(WORLDS).keys()].map((world) => startCrashWorld(10_000 * (world + 1))));
const undisturbed = await worlds[0]?.run();
const calls = undisturbed?.calls ?? 0;
const points = [...Array(Math.ceil(calls / every)).keys()].flatMap((step): KillPoint[] => {
  const call = step * every + 1;
  return [
    { call, when: 'before', ending: call % 2 === 0 ? 'alarm' : 'retry' },
    { call, when: 'after', ending: call % 2 === 0 ? 'retry' : 'alarm' },
  ];
});
console.log(`an undisturbed merge makes ${calls} calls: ${points.length} kill points`);

const violations = [...(undisturbed?.problems ?? ['it did not run'])].map((problem) => `undisturbed: ${problem}`);
const runs: CrashRun[] = [];
const rest = [...points];
await Promise.all(
  worlds.map(async (world) => {
    for (let point = rest.shift(); point; point = rest.shift()) {
      const run = await world.run(point);
      runs.push(run);
      const name = `${point.when} call ${point.call}, then ${point.ending}`;
      violations.push(...run.problems.map((problem) => `${name}: ${problem}`));
      if (runs.length % 20 === 0) console.log(`${runs.length} of ${points.length}`);
    }
  }),
);
for (const { watch } of worlds) {
  await watch.settled();
  violations.push(...watch.violations);
}
const writes = worlds.reduce((sum, { watch }) => sum + watch.writes, 0);
await Promise.all(worlds.map((world) => world.close()));
for (const violation of violations) console.log(violation);
const killed = runs.filter((run) => run.killed).length;
console.log(
  `${points.length} kill points, ${runs.length + 1} runs, ${killed} of them killed, ${writes} writes looked at`,
);
console.log(`${violations.length} violations`);
process.exitCode = violations.length > 0 ? 1 : 0;
