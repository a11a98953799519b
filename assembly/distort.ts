/**
 * Random distortions of a picture, redrawn in every epoch: an affine map, and an elastic one whose displacements are
 * a smoothed random field (Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to
 * visual document analysis", 2003, section 2).
 *
 * Their field is uniform noise at every pixel, convolved with a Gaussian of deviation sigma. Here the noise is on a
 * coarser grid. With nodes at most sigma apart, a Gaussian passes nothing that noise at every pixel would add: the
 * first alias is damped by exp(-2 (pi sigma / spacing)²) < 3e-9. The field has the same covariance at 10 % of the
 * work. Each pixel is then read at its displaced place, between four pixels, in fixed point with eight bits of place.
 */
import { exp } from './exp';
import { randomUniform, seedRandom } from './random';
import { Augmentation, INPUT_BYTES, Samples } from './records';
import { maskBytes } from './sparse';
import { FLOAT_BYTES, PAIR_BYTES, storePair } from './tile';

/** Stream `augmentation` of src/core/random.ts. */
const STREAM: u32 = 4;

/** Rows and columns of zeros around a picture, one before and two after it: pixels outside are read as black. */
const BORDER: u32 = 3;

/** Floats in a row of a field: whole pairs of vectors. */
export function fieldColumns(columns: u32): u32 {
  return (columns + 7) & ~7;
}

/**
 * Bytes of scratch for one distortion, zeros at first: the bordered picture, the result, the displacements of a row
 * [2][fieldColumns], the fields [2][nodeRows][fieldColumns], and the noise of a row of nodes.
 */
export function distortBytes(rows: u32, columns: u32, nodeRows: u32, nodeColumns: u32): u32 {
  const floats = 2 * (1 + nodeRows) * fieldColumns(columns) + nodeColumns;
  return (displacementsOffset(rows, columns) + floats * FLOAT_BYTES + 127) & ~127;
}

function resultOffset(rows: u32, columns: u32): u32 {
  return ((rows + BORDER) * (columns + BORDER) + 15) & ~15;
}

function displacementsOffset(rows: u32, columns: u32): u32 {
  // The last vector of a result may extend past its end.
  return (resultOffset(rows, columns) + rows * columns + 4 + 15) & ~15;
}

/**
 * The share of each node's noise at each of `length` pixels: `basis` [nodes][fieldColumns(length)] is overwritten.
 * Nodes are `sigma` apart, centred on the pixels. The Gaussian has the deviation `sigma`. The squares of a pixel's
 * shares add up to one: noise of deviation d makes a field of deviation d.
 */
export function gaussianBasis(basis: usize, nodes: u32, length: u32, sigma: f32): void {
  const columns = fieldColumns(length);
  const first: f32 = (<f32>(length - 1) - sigma * <f32>(nodes - 1)) * 0.5;
  for (let x: u32 = 0; x < columns; x++) {
    let squares: f32 = 0;
    for (let node: u32 = 0; node < nodes; node++) {
      const distance = (<f32>x - (first + sigma * <f32>node)) / sigma;
      const share = exp(<f32>-0.5 * distance * distance);
      store<f32>(basis + (node * columns + x) * FLOAT_BYTES, share);
      squares += share * share;
    }
    const scale: f32 = 1 / sqrt<f32>(squares);
    for (let node: u32 = 0; node < nodes; node++) {
      const at = basis + (node * columns + x) * FLOAT_BYTES;
      store<f32>(at, load<f32>(at) * scale);
    }
  }
}

/**
 * Distorts sample `sample` of a set of pictures for the current epoch. The result depends only on seed, epoch and
 * sample. Returns the address of the bytes [rows · columns] in the scratch of `member`, valid until its next call.
 */
export function distort(samples: Samples, sample: u32, member: u32): usize {
  const augmentation = changetype<Augmentation>(samples.augmentation);
  const rows = augmentation.rows;
  const columns = augmentation.columns;
  const scratch = augmentation.scratch + member * augmentation.scratchBytes;
  const result = scratch + resultOffset(rows, columns);
  const displacements = scratch + displacementsOffset(rows, columns);
  const state = augmentation.states + member * STATE_BYTES;
  seedRandom(state, augmentation.seed, STREAM, augmentation.epoch * samples.count + sample);
  frame(scratch, samples, sample, rows, columns);
  const affine = state + RANDOM_BYTES;
  drawAffine(affine, state, augmentation);
  const fields = displacements + 2 * fieldColumns(columns) * FLOAT_BYTES;
  drawFields(fields, state, augmentation);
  for (let y: u32 = 0; y < rows; y++) {
    displaceRow(displacements, fields, y, augmentation);
    readRow(result + y * columns, scratch, affine, displacements, y, rows, columns);
  }
  return result;
}

/** `distort` for the host: `target` [rows · columns] is overwritten. */
export function distortSample(target: usize, samples: usize, sample: u32): void {
  const set = changetype<Samples>(samples);
  memory.copy(target, distort(set, sample, 0), set.columns);
}

/** Bytes of a member's random state and affine map: six floats, with room for eight. */
const RANDOM_BYTES: u32 = 16;
export const STATE_BYTES: u32 = 48;

/** Copies a picture into its border of zeros. */
function frame(image: usize, samples: Samples, sample: u32, rows: u32, columns: u32): void {
  const stride = columns + BORDER;
  let target = image + stride + 1;
  if (samples.inputKind == INPUT_BYTES) {
    let source = samples.inputs + sample * rows * columns;
    for (let y: u32 = 0; y < rows; y++, target += stride, source += columns) copyBytes(target, source, columns);
    return;
  }
  memory.fill(target, 0, rows * stride - BORDER);
  let mask = samples.inputs + sample * maskBytes(rows * columns);
  let value = samples.values + load<u32>(samples.offsets + sample * <u32>sizeof<u32>());
  let rowEnd = columns;
  for (let first: u32 = 0; first < rows * columns; first += 32, mask += sizeof<u32>()) {
    for (let bits = load<u32>(mask); bits; bits &= bits - 1) {
      const index = first + ctz<u32>(bits);
      // The border separates one row from the next.
      for (; index >= rowEnd; rowEnd += columns) target += BORDER;
      store<u8>(target + index, load<u8>(value++));
    }
  }
}

/** For short rows a call of the engine's `memory.copy` takes longer than this loop. */
function copyBytes(target: usize, source: usize, count: u32): void {
  let i: u32 = 0;
  for (; i + 8 <= count; i += 8) store<u64>(target + i, load<u64>(source + i));
  for (; i < count; i++) store<u8>(target + i, load<u8>(source + i));
}

/** A random number in [-limit, limit). */
function drawWithin(state: usize, limit: f32): f32 {
  return (<f32>2 * randomUniform(state) - 1) * limit;
}

/**
 * Draws a map from places of the result to places of the picture, around its centre: [xx, xy, x0, yx, yy, y0] is
 * overwritten.
 */
function drawAffine(map: usize, state: usize, augmentation: Augmentation): void {
  for (let i: u32 = 0; i < 6; i++) {
    const limit = load<f32>(changetype<usize>(augmentation) + i * FLOAT_BYTES, offsetof<Augmentation>('shiftX'));
    store<f32>(map + i * FLOAT_BYTES, drawWithin(state, limit));
  }
  const shiftX = load<f32>(map);
  const shiftY = load<f32>(map, 4);
  const angle = load<f32>(map, 8);
  const scaleX: f32 = 1 + load<f32>(map, 12);
  const scaleY: f32 = 1 + load<f32>(map, 16);
  const shear = load<f32>(map, 20);
  // Taylor series, exact to float32 up to 45 degrees and bit-identical on every host.
  const square = angle * angle;
  const sin: f32 = angle * (1 - (square / 6) * (1 - (square / 20) * (1 - (square / 42) * (1 - square / 72))));
  const cos: f32 =
    1 - (square / 2) * (1 - (square / 12) * (1 - (square / 30) * (1 - (square / 56) * (1 - square / 90))));
  const xx = cos * scaleX;
  const xy = cos * shear - sin * scaleY;
  const yx = sin * scaleX;
  const yy = sin * shear + cos * scaleY;
  const centreX: f32 = <f32>(augmentation.columns - 1) * 0.5;
  const centreY: f32 = <f32>(augmentation.rows - 1) * 0.5;
  store<f32>(map, xx);
  store<f32>(map, xy, 4);
  store<f32>(map, centreX + shiftX - xx * centreX - xy * centreY, 8);
  store<f32>(map, yx, 12);
  store<f32>(map, yy, 16);
  store<f32>(map, centreY + shiftY - yx * centreX - yy * centreY, 20);
}

/**
 * Draws the noise of the nodes and spreads it along the rows: for each of two fields and each row of nodes its values
 * at all columns, [2][nodeRows][fieldColumns]. The noise of a row of nodes follows.
 */
function drawFields(fields: usize, state: usize, augmentation: Augmentation): void {
  const nodes = augmentation.nodeColumns;
  const columns = fieldColumns(augmentation.columns);
  const noise = fields + 2 * augmentation.nodeRows * columns * FLOAT_BYTES;
  for (let row: u32 = 0; row < 2 * augmentation.nodeRows; row++, fields += columns * FLOAT_BYTES) {
    for (let i: u32 = 0; i < nodes; i++) store<f32>(noise + i * FLOAT_BYTES, drawWithin(state, augmentation.elastic));
    combine(fields, augmentation.columnBasis, noise, FLOAT_BYTES, nodes, columns);
  }
}

/**
 * Both fields in row `y`: `displacements` [2][fieldColumns] is overwritten if there are fields, and stays zero
 * otherwise.
 */
function displaceRow(displacements: usize, fields: usize, y: u32, augmentation: Augmentation): void {
  const nodes = augmentation.nodeRows;
  if (!nodes) return;
  const columns = fieldColumns(augmentation.columns);
  const weights = augmentation.rowBasis + y * FLOAT_BYTES;
  const stride = fieldColumns(augmentation.rows) * FLOAT_BYTES;
  for (let field: u32 = 0; field < 2; field++) {
    const rowBytes = columns * FLOAT_BYTES;
    combine(displacements + field * rowBytes, fields + field * nodes * rowBytes, weights, stride, nodes, columns);
  }
}

/**
 * `target` [length] = the sum over k of weight k · row k of `rows` [count][length]. Weights are `stride` bytes apart.
 */
function combine(target: usize, rows: usize, weights: usize, stride: u32, count: u32, length: u32): void {
  for (let x: u32 = 0; x < length * FLOAT_BYTES; x += PAIR_BYTES) {
    let lower = f32x4.splat(0);
    let upper = lower;
    for (let k: u32 = 0; k < count; k++) {
      const weight = v128.load32_splat(weights + k * stride);
      const row = rows + k * length * FLOAT_BYTES + x;
      lower = f32x4.add(lower, f32x4.mul(weight, v128.load(row)));
      upper = f32x4.add(upper, f32x4.mul(weight, v128.load(row, 16)));
    }
    storePair(target + x, lower, upper);
  }
}

/**
 * Row `y` of the result, four pixels at a time, from the places that map and displacements give in the bordered
 * picture.
 */
function readRow(target: usize, image: usize, map: usize, displacements: usize, y: u32, rows: u32, columns: u32): void {
  const lower = displacements + fieldColumns(columns) * FLOAT_BYTES;
  const x0 = f32x4.splat(load<f32>(map, 4) * <f32>y + load<f32>(map, 8));
  const y0 = f32x4.splat(load<f32>(map, 16) * <f32>y + load<f32>(map, 20));
  const xx = v128.load32_splat(map);
  const yx = v128.load32_splat(map, 12);
  for (let x: u32 = 0; x < columns; x += 4) {
    const column = f32x4.add(f32x4.splat(<f32>x), f32x4(0, 1, 2, 3));
    const placeX = f32x4.add(f32x4.add(f32x4.mul(xx, column), x0), v128.load(displacements + x * FLOAT_BYTES));
    const placeY = f32x4.add(f32x4.add(f32x4.mul(yx, column), y0), v128.load(lower + x * FLOAT_BYTES));
    store<u32>(target + x, readFour(image, columns + BORDER, clamp(placeX, columns), clamp(placeY, rows)));
  }
}

/** Places beyond the border are as black as the border. */
function clamp(places: v128, length: u32): v128 {
  // The pseudo-minimum is one instruction, and the minimum because no place is NaN.
  return f32x4.pmin(f32x4.pmax(places, f32x4.splat(-1)), f32x4.splat(<f32>length));
}

/** The nearest integers of small numbers: the sum has no bits for a fraction, and the integer is in its lowest bits. */
function round(values: v128): v128 {
  return i32x4.sub(f32x4.add(values, f32x4.splat(ROUNDER)), f32x4.splat(ROUNDER));
}

const ROUNDER: f32 = 12582912;

/**
 * The grey levels, as four bytes, between four pixels each: places in units of 1/256 of a pixel, grey levels of
 * 1/65536.
 */
function readFour(image: usize, stride: u32, x: v128, y: v128): u32 {
  const left = f32x4.floor(x);
  const top = f32x4.floor(y);
  const right = round(f32x4.mul(f32x4.sub(x, left), f32x4.splat(256)));
  const down = round(f32x4.mul(f32x4.sub(y, top), f32x4.splat(256)));
  const at = i32x4.add(
    i32x4.mul(round(top), i32x4.splat(stride)),
    i32x4.add(round(left), i32x4.splat(<i32>(image + stride + 1))),
  );
  const a = <usize>i32x4.extract_lane(at, 0);
  const b = <usize>i32x4.extract_lane(at, 1);
  const c = <usize>i32x4.extract_lane(at, 2);
  const d = <usize>i32x4.extract_lane(at, 3);
  // Two neighbours in each lane of 16 bits: four of the upper row, four of the lower row.
  let pairs = v128.load_lane<u16>(a, i32x4.splat(0), 0);
  pairs = v128.load_lane<u16>(b, pairs, 1);
  pairs = v128.load_lane<u16>(c, pairs, 2);
  pairs = v128.load_lane<u16>(d, pairs, 3);
  pairs = v128.load_lane<u16>(a + stride, pairs, 4);
  pairs = v128.load_lane<u16>(b + stride, pairs, 5);
  pairs = v128.load_lane<u16>(c + stride, pairs, 6);
  pairs = v128.load_lane<u16>(d + stride, pairs, 7);
  const shares = i16x8.narrow_i32x4_s(right, right);
  const rest = i16x8.sub(i16x8.splat(256), shares);
  const leftPart = i16x8.mul(v128.and(pairs, i16x8.splat(0xff)), rest);
  const across = i16x8.add(leftPart, i16x8.mul(i16x8.shr_u(pairs, 8), shares));
  const downShares = i16x8.narrow_i32x4_s(i32x4.sub(i32x4.splat(256), down), down);
  const upper = i32x4.extmul_low_i16x8_u(across, downShares);
  const lower = i32x4.extmul_high_i16x8_u(across, downShares);
  const grey = i32x4.shr_u(i32x4.add(i32x4.add(upper, lower), i32x4.splat(0x8000)), 16);
  const words = i16x8.narrow_i32x4_s(grey, grey);
  return i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0);
}
