import * as z from 'zod';

/**
 * A schema that is built when it is first used. Building every schema of the API is half of what the Worker would take to
 * start, and an isolate needs few of them.
 *
 * @param build - called once, at the first value that is parsed
 */
export const lazily: <Schema extends z.ZodType>(build: () => Schema) => z.ZodLazy<Schema> = z.lazy;
