/** Example drawings and pictures, generated here: digits, other shapes, and pictures like photographs. */
import { STROKES } from '../../models/strokes.ts';
import type { Point, Stroke } from '../../src/data/strokes.ts';
import { openContext } from '../canvas.ts';
import { createElement } from '../dom.ts';

/** The paper and the light of a picture. */
type Scene = 'shadow' | 'ruled' | 'transparent';

export interface Example {
  readonly name: string;
  /** In the unit square. */
  readonly strokes: readonly Stroke[];
  /** Default: a drawing without a picture. */
  readonly scene?: Scene;
}

const line = (...points: Point[]): Stroke => points;

export const EXAMPLES: readonly Example[] = [
  { name: 'The digit 3', strokes: STROKES[3] ?? [] },
  { name: 'A crossed 7', strokes: [...(STROKES[7] ?? []), line([0.38, 0.52], [0.66, 0.5])] },
  { name: 'A tiny 5', strokes: scaleStrokes(STROKES[5] ?? [], 0.22, [0.7, 0.72]) },
  { name: 'A 2 in a photograph with a shadow', strokes: STROKES[2] ?? [], scene: 'shadow' },
  { name: 'A 6 on ruled paper', strokes: STROKES[6] ?? [], scene: 'ruled' },
  { name: 'A white 8 on a transparent ground', strokes: STROKES[8] ?? [], scene: 'transparent' },
  { name: 'The letter M', strokes: [line([0.26, 0.8], [0.3, 0.2], [0.5, 0.6], [0.7, 0.2], [0.74, 0.8])] },
  {
    name: 'A star',
    strokes: [line([0.5, 0.18], [0.68, 0.76], [0.2, 0.4], [0.8, 0.4], [0.32, 0.76], [0.5, 0.18])],
  },
];

function scaleStrokes(strokes: readonly Stroke[], scale: number, [left, top]: Point): Stroke[] {
  return strokes.map((stroke) => stroke.map(([x, y]): Point => [left + scale * (x - 0.5), top + scale * (y - 0.5)]));
}

/** A square canvas with the scene and the ink. */
export function drawExample({ strokes, scene }: Example, side: number, ink: string): HTMLCanvasElement {
  const canvas = Object.assign(createElement('canvas'), { width: side, height: side });
  const context = openContext(canvas);
  if (scene === 'shadow') fillShadow(context, side);
  if (scene === 'ruled') fillRuledPaper(context, side);
  Object.assign(context, { lineCap: 'round', lineJoin: 'round', lineWidth: 0.06 * side });
  context.strokeStyle = scene === undefined ? ink : scene === 'transparent' ? '#ffffff' : '#2b2f45';
  for (const stroke of strokes) {
    context.beginPath();
    for (const [x, y] of stroke) context.lineTo(x * side, y * side);
    context.stroke();
  }
  return canvas;
}

/** Warm paper, lit from the left. */
function fillShadow(context: CanvasRenderingContext2D, side: number): void {
  const light = context.createLinearGradient(0, 0, side, 0.6 * side);
  light.addColorStop(0, '#f1ece0');
  light.addColorStop(0.55, '#d8d1c3');
  light.addColorStop(1, '#8f897f');
  context.fillStyle = light;
  context.fillRect(0, 0, side, side);
}

function fillRuledPaper(context: CanvasRenderingContext2D, side: number): void {
  context.fillStyle = '#f7f5ee';
  context.fillRect(0, 0, side, side);
  context.fillStyle = '#a9c3e0';
  for (let y = 0.08; y < 1; y += 0.14) context.fillRect(0, y * side, side, Math.max(1, 0.008 * side));
}
