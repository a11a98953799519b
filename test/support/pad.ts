/** Drawing on the page's pad, stroke by stroke. */
import type { Page } from 'playwright-core';
import { STROKES } from './strokes.ts';

export async function padBox(page: Page) {
  const box = await page.locator('#pad').boundingBox();
  if (box === null) throw new Error('there is no pad');
  return box;
}

export async function draw(page: Page, digit: number): Promise<void> {
  const box = await padBox(page);
  for (const stroke of STROKES[digit] ?? []) {
    const [first = [0, 0]] = stroke;
    await page.mouse.move(box.x + first[0] * box.width, box.y + first[1] * box.height);
    await page.mouse.down();
    for (const [x, y] of stroke) await page.mouse.move(box.x + x * box.width, box.y + y * box.height);
    await page.mouse.up();
  }
}
