import * as z from 'zod';

/**
 * A schema that is built when it is first used. Building every schema of the API would take a third of the time in which
 * the global scope runs, and an isolate needs few of them.
 *
 * @param build - called once, at the first value that is parsed
 */
export const lazily: <Schema extends z.ZodType>(build: () => Schema) => z.ZodLazy<Schema> = z.lazy;
