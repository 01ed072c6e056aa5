// Kills workerd at every call of a merge, before the peer has done anything and after it has done it all, and looks at
// what becomes of it: for each way to publish. Ends with `0 violations`, or says what was broken and exits 1.
// Usage: npm run crash [-- --every N]
import { type CrashRun, type KillPoint, startCrashWorld } from './crash.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

/** A killed merge waits for its alarm most of the time. */
const WORLDS = 5;
const at = process.argv.indexOf('--every');
const every = at === -1 ? 1 : Number(process.argv[at + 1]);
const total = { points: 0, runs: 0, killed: 0, writes: 0 };
const violations: string[] = [];
const begun = Date.now();

for (const scenario of SCENARIOS) await crash(scenario);
const minutes = ((Date.now() - begun) / 60_000).toFixed(1);
console.log(
  `${total.points} kill points, ${total.runs} runs, ${total.killed} of them killed, ${total.writes} writes looked at, ${minutes} minutes`,
);
console.log(`${violations.length} violations`);
process.exitCode = violations.length > 0 ? 1 : 0;

async function crash(scenario: Scenario): Promise<void> {
  const worlds = await Promise.all([...Array(WORLDS).keys()].map((at) => startCrashWorld(scenario, 10_000 * (at + 1))));
  const say = (problem: string) => {
    violations.push(`${scenario.name}: ${problem}`);
    console.log(violations.at(-1));
  };
  const undisturbed = await worlds[0]?.run();
  for (const problem of undisturbed?.problems ?? ['it did not run']) say(`undisturbed: ${problem}`);
  const points = pointsOf(undisturbed?.calls ?? 0);
  console.log(`${scenario.name}: an undisturbed merge makes ${undisturbed?.calls} calls: ${points.length} kill points`);
  const runs: CrashRun[] = [];
  const rest = [...points];
  await Promise.all(
    worlds.map(async (world) => {
      for (let point = rest.shift(); point; point = rest.shift()) {
        const run = await world.run(point);
        runs.push(run);
        const name = `${point.when} call ${point.call}, then ${point.ending}`;
        for (const problem of run.problems) say(`${name}: ${problem}`);
        if (runs.length % 20 === 0) console.log(`${runs.length} of ${points.length}`);
      }
    }),
  );
  for (const { watch } of worlds) {
    await watch.settled();
    watch.violations.forEach(say);
    total.writes += watch.writes;
  }
  total.points += points.length;
  total.runs += runs.length + 1;
  total.killed += runs.filter((run) => run.killed).length;
  await Promise.all(worlds.map((world) => world.close()));
}

/** Both sides of a call, and both endings in turn. */
function pointsOf(calls: number): KillPoint[] {
  return [...Array(Math.ceil(calls / every)).keys()].flatMap((step): KillPoint[] => {
    const call = step * every + 1;
    return [
      { call, when: 'before', ending: step % 2 === 0 ? 'retry' : 'alarm' },
      { call, when: 'after', ending: step % 2 === 0 ? 'alarm' : 'retry' },
    ];
  });
}
