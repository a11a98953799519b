/** Whether strokes are one drawing or several next to each other. */
import type { Stroke } from '../../src/data/strokes.ts';

/** Distance between two drawings, as a fraction of the height of all strokes. Strokes of one digit are closer. */
const MIN_GAP = 0.12;
/** Each drawing has at least this fraction of the height: dots and dashes are parts of a drawing. */
const MIN_HEIGHT = 0.6;

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The number of drawings from left to right. */
export function countDrawings(strokes: readonly Stroke[]): number {
  const boxes = strokes.filter(({ length }) => length > 0).map(measureStroke);
  const [first, ...rest] = boxes.sort((a, b) => a.left - b.left);
  if (first === undefined) return 0;
  const { top, bottom } = boxes.reduce(joinBoxes);
  const height = bottom - top;
  const groups = [first];
  for (const box of rest) {
    const last = groups.at(-1) ?? first;
    if (box.left - last.right > MIN_GAP * height) groups.push(box);
    else groups[groups.length - 1] = joinBoxes(last, box);
  }
  return groups.filter((box) => box.bottom - box.top >= MIN_HEIGHT * height).length;
}

function measureStroke(stroke: Stroke): Box {
  const [xs, ys] = [stroke.map(([x]) => x), stroke.map(([, y]) => y)];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

function joinBoxes(a: Box, b: Box): Box {
  return {
    left: Math.min(a.left, b.left),
    right: Math.max(a.right, b.right),
    top: Math.min(a.top, b.top),
    bottom: Math.max(a.bottom, b.bottom),
  };
}
