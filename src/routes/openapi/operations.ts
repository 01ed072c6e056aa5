import { CI_OPERATIONS } from './ci.ts';
import { GALLERY_OPERATIONS } from './galleries.ts';
import { MAINTENANCE_OPERATIONS } from './maintenance.ts';
import type { Operation } from './operation.ts';
import { PAGE_OPERATIONS } from './pages.ts';
import { REGISTRY_OPERATIONS } from './registry.ts';
import { SERVICE_OPERATIONS } from './service.ts';
import { VERIFICATION_OPERATIONS } from './verification.ts';

/** Every route, in one place; a test holds it against those that are mounted. */
export const OPERATIONS: readonly Operation[] = [
  ...CI_OPERATIONS,
  ...MAINTENANCE_OPERATIONS,
  ...VERIFICATION_OPERATIONS,
  ...GALLERY_OPERATIONS,
  ...REGISTRY_OPERATIONS,
  ...PAGE_OPERATIONS,
  ...SERVICE_OPERATIONS,
];
