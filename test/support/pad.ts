/** Draws on a drawing pad of the page, stroke by stroke. */
import type { Page } from 'playwright-core';
import { STROKES, type Stroke } from '../../models/strokes.ts';

export async function padBox(page: Page, pad = '#pad') {
  const box = await page.locator(pad).boundingBox();
  if (box === null) throw new Error(`${pad}: not visible`);
  return box;
}

export async function draw(page: Page, digit: number): Promise<void> {
  await drawStrokes(page, STROKES[digit] ?? [], '#pad');
}

export async function drawStrokes(page: Page, strokes: readonly Stroke[], pad: string): Promise<void> {
  await page.locator(pad).scrollIntoViewIfNeeded();
  const box = await padBox(page, pad);
  for (const stroke of strokes) {
    const [first = [0, 0]] = stroke;
    await page.mouse.move(box.x + first[0] * box.width, box.y + first[1] * box.height);
    await page.mouse.down();
    // Without waiting for a frame at each point, as real input: the browser delivers the points between two frames
    // together.
    await Promise.all(stroke.map(([x, y]) => page.mouse.move(box.x + x * box.width, box.y + y * box.height)));
    await page.mouse.up();
  }
}
