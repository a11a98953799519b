/**
 * An affine map of a picture of float32 pixels, in float64: small variations of a learner's samples
 * (src/core/variation.ts).
 */
import { FLOAT_BYTES } from './tile';

/**
 * `target` [rows][columns] is overwritten with `picture` [rows][columns] at the places (x, y) = (x0, y0) + (xx, yx) dx
 * + (xy, yy) dy, where (dx, dy) is the distance of a pixel from the centre. Between four pixels the value is bilinear;
 * outside it is 0.
 */
export function transformPicture(
  target: usize,
  picture: usize,
  rows: i32,
  columns: i32,
  x0: f64,
  xx: f64,
  xy: f64,
  y0: f64,
  yx: f64,
  yy: f64,
): void {
  for (let row = 0; row < rows; row++) {
    const dy = <f64>row - <f64>(rows - 1) / 2;
    for (let column = 0; column < columns; column++, target += FLOAT_BYTES) {
      const dx = <f64>column - <f64>(columns - 1) / 2;
      const x = x0 + xx * dx + xy * dy;
      const y = y0 + yx * dx + yy * dy;
      const left = floor(x);
      const top = floor(y);
      const right = x - left;
      let value: f64 = 0;
      for (let below = 0; below < 2; below++) {
        const line = <i32>top + below;
        const a = pixelAt(picture, rows, columns, <i32>left, line);
        const b = pixelAt(picture, rows, columns, <i32>left + 1, line);
        const across = (1 - right) * a + right * b;
        value = below ? (1 - (y - top)) * value + (y - top) * across : across;
      }
      store<f32>(target, <f32>value);
    }
  }
}

function pixelAt(picture: usize, rows: i32, columns: i32, x: i32, y: i32): f64 {
  return <u32>x < <u32>columns && <u32>y < <u32>rows ? <f64>load<f32>(picture + (y * columns + x) * FLOAT_BYTES) : 0;
}
