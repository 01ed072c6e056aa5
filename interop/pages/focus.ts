import type { Locator } from 'playwright-core';
import { expect } from '../report.ts';

/** Focuses an element as a keyboard does, and marks it, so that a newer one in its place can be told. */
export async function holdFocus(element: Locator): Promise<void> {
  await element.focus();
  await element.evaluate((node) => Object.assign(node, { isMarked: true }));
}

/** @throws {Error} where the focus is elsewhere, or the element is not the one it should be */
export async function expectFocus(element: Locator, wanted: 'kept' | 'replaced'): Promise<void> {
  const [isFocused, isMarked] = await element.evaluate((node) => [
    node === node.ownerDocument.activeElement,
    'isMarked' in node,
  ]);
  const at = await element.page().evaluate(() => document.activeElement?.outerHTML.slice(0, 100));
  expect(isFocused === true, `the focus went to ${at}`);
  expect(isMarked === (wanted === 'kept'), `it was not ${wanted}`);
}
