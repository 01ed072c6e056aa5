/**
 * Works on so many items at a time. After a failure no other is begun, and what is under way ends first.
 *
 * @returns the results, in the order of the items
 */
export async function sideBySide<Item, Value>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Value>,
): Promise<Value[]> {
  const results: Value[] = [];
  const rest = items.map((item, at) => ({ item, at }));
  const goOn = async () => {
    for (let next = rest.shift(); next; next = rest.shift()) results[next.at] = await work(next.item);
  };
  const stop = (error: unknown) => {
    rest.length = 0;
    throw error;
  };
  const settled = await Promise.allSettled(Array.from({ length: atOnce }, () => goOn().catch(stop)));
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  return results;
}

/**
 * What `Promise.allSettled` gives, but once one of them is enough, the others have only so long: who hangs holds up nobody.
 *
 * @param graceMs milliseconds
 * @returns undefined for those that have not ended by then; they go on
 */
export function settleSoon<Value>(
  promises: readonly Promise<Value>[],
  isEnough: (value: Value) => boolean,
  graceMs: number,
): Promise<(PromiseSettledResult<Value> | undefined)[]> {
  const results: (PromiseSettledResult<Value> | undefined)[] = promises.map(() => undefined);
  let left = promises.length;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      resolve([...results]);
    };
    if (left === 0) end();
    for (const [at, promise] of promises.entries())
      Promise.allSettled([promise]).then(([result]) => {
        results[at] = result;
        left -= 1;
        if (left === 0) end();
        else if (result?.status === 'fulfilled' && isEnough(result.value)) timer ??= setTimeout(end, graceMs);
      });
  });
}
