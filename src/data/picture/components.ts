/** Connected parts of the ink. */
import type { Box } from './raster.ts';

/** Which pixels are ink: 1, others 0. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  /** `[height][width]` */
  readonly bits: Uint8Array;
}

/** Pixels that touch each other, also at corners. */
export interface Component extends Box {
  /** Pixels */
  readonly area: number;
  /** Pixels at the edge of the image. */
  readonly contact: number;
  readonly label: number;
}

export interface Labelling {
  /** `[height][width]`: label of the component of a pixel; 0 is paper. */
  readonly labels: Int32Array;
  readonly components: readonly Component[];
}

/** The components of a mask, by flood fill with a stack. */
export function labelComponents({ width, height, bits }: Mask): Labelling {
  const labels = new Int32Array(bits.length);
  const stack = new Int32Array(bits.length);
  const components: Component[] = [];
  for (let start = 0; start < bits.length; start++) {
    if (bits[start] === 0 || labels[start] !== 0) continue;
    const label = components.length + 1;
    let [left, right, top, bottom, area, contact] = [width, 0, height, 0, 0, 0];
    let filled = 0;
    stack[filled++] = start;
    labels[start] = label;
    while (filled > 0) {
      const at = stack[--filled] ?? 0;
      const y = Math.floor(at / width);
      const x = at - y * width;
      area++;
      if (x === 0 || y === 0 || x === width - 1 || y === height - 1) contact++;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
      for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
        for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
          const next = row * width + column;
          if (bits[next] === 0 || labels[next] !== 0) continue;
          labels[next] = label;
          stack[filled++] = next;
        }
      }
    }
    components.push({ left, top, width: right - left + 1, height: bottom - top + 1, area, contact, label });
  }
  return { labels, components };
}
