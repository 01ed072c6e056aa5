/** Between the beginnings of two audits of a gallery. */
export const INTERVAL_MS = 24 * 3_600_000;
/** The same, where somebody asks for one, or the policy has changed since the last. */
export const MIN_INTERVAL_MS = 3_600_000;
