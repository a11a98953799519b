/**
 * Random distortions of a picture, another at every sight of it: an affine map, and an elastic one whose displacements are a
 * smoothed random field (Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to visual
 * document analysis", 2003, section 2).
 *
 * Their field is uniform noise at every pixel, convolved with a Gaussian of deviation sigma. Here the noise sits on a coarser
 * grid: of nodes no farther apart than sigma, a Gaussian passes nothing that the pixels' own noise would have added (the first
 * alias is damped by exp(-2 (pi sigma / spacing)²) < 3e-9), so that the field has the same covariance at a tenth of the work.
 * Each pixel is then read where its displacement points to, between four pixels in fixed point: eight bits of place, which
 * makes the result the same with and without vectors.
 */
import { exp } from './exp';
import { randomUniform, seedRandom } from './random';
import { Augmentation, INPUT_BYTES, Samples } from './records';
import { FLOAT_BYTES } from './tile';

/** Stream `augmentation` of src/core/random.ts. */
const STREAM: u32 = 4;

/** Rows and columns of zeros before and after a picture, so that what lies outside is read as black: one before, two after. */
const BORDER: u32 = 3;

/** Floats in a row of a field: whole vectors. */
function fieldColumns(columns: u32): u32 {
  return (columns + 3) & ~3;
}

/**
 * Bytes of scratch for one distortion, zeros before the first: the bordered picture, the result, the displacements of a row
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
  // The last vector of a result may reach past its end.
  return (resultOffset(rows, columns) + rows * columns + 4 + 15) & ~15;
}

/**
 * How much of a node's noise reaches each of `length` places: `basis` [nodes][fieldColumns(length)] is overwritten. Nodes lie
 * `spacing` apart, centred on the places; the Gaussian has the deviation `sigma`, and each place's squares add up to one, so that
 * noise of deviation d makes a field of deviation d.
 */
export function gaussianBasis(basis: usize, nodes: u32, length: u32, spacing: f32, sigma: f32): void {
  const columns = fieldColumns(length);
  const first: f32 = (<f32>(length - 1) - spacing * <f32>(nodes - 1)) * 0.5;
  for (let x: u32 = 0; x < columns; x++) {
    let squares: f32 = 0;
    for (let node: u32 = 0; node < nodes; node++) {
      const distance = (<f32>x - (first + spacing * <f32>node)) / sigma;
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
 * Sample `sample` of a set of pictures, distorted as this epoch does it: what it comes to depends on seed, epoch and sample alone.
 * Returns where the bytes [rows · columns] are, in the scratch of `member`, until its next call.
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

/** Of the state of random numbers, and of an affine map: six floats, of which eight are kept. */
const RANDOM_BYTES: u32 = 16;
export const STATE_BYTES: u32 = 48;

/** Puts a picture into its border of zeros. */
function frame(image: usize, samples: Samples, sample: u32, rows: u32, columns: u32): void {
  const stride = columns + BORDER;
  let target = image + stride + 1;
  if (samples.inputKind == INPUT_BYTES) {
    let source = samples.inputs + sample * rows * columns;
    for (let y: u32 = 0; y < rows; y++, target += stride, source += columns) copyBytes(target, source, columns);
    return;
  }
  memory.fill(target, 0, rows * stride - BORDER);
  let mask = samples.inputs + sample * ((rows * columns + 31) >> 5) * <u32>sizeof<u32>();
  let value = samples.values + load<u32>(samples.offsets + sample * <u32>sizeof<u32>());
  let rowEnd = columns;
  for (let first: u32 = 0; first < rows * columns; first += 32, mask += sizeof<u32>()) {
    for (let bits = load<u32>(mask); bits; bits &= bits - 1) {
      const index = first + ctz<u32>(bits);
      // From one row to the next there is the border between.
      for (; index >= rowEnd; rowEnd += columns) target += BORDER;
      store<u8>(target + index, load<u8>(value++));
    }
  }
}

/** Short rows, for which a call of the engine's own takes longer than the copying. */
function copyBytes(target: usize, source: usize, count: u32): void {
  let i: u32 = 0;
  for (; i + 8 <= count; i += 8) store<u64>(target + i, load<u64>(source + i));
  for (; i < count; i++) store<u8>(target + i, load<u8>(source + i));
}

/** A number in [-limit, limit). */
function within(state: usize, limit: f32): f32 {
  return (<f32>2 * randomUniform(state) - 1) * limit;
}

/** A map from places of the result to places of the picture, about its centre: [xx, xy, x0, yx, yy, y0] is overwritten. */
function drawAffine(map: usize, state: usize, augmentation: Augmentation): void {
  const shiftX = within(state, augmentation.shift);
  const shiftY = within(state, augmentation.shift);
  const angle = within(state, augmentation.rotation);
  const scaleX: f32 = 1 + within(state, augmentation.scale);
  const scaleY: f32 = 1 + within(state, augmentation.scale);
  const shear = within(state, augmentation.shear);
  // Taylor's series, exact to float32 up to 45 degrees, and the same on every host.
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
 * Noise on the nodes, spread along the rows: for each of two fields and each row of nodes its values at all columns,
 * [2][nodeRows][fieldColumns]. The noise of a row of nodes lies behind.
 */
function drawFields(fields: usize, state: usize, augmentation: Augmentation): void {
  const nodes = augmentation.nodeColumns;
  const columns = fieldColumns(augmentation.columns);
  const noise = fields + 2 * augmentation.nodeRows * columns * FLOAT_BYTES;
  for (let row: u32 = 0; row < 2 * augmentation.nodeRows; row++, fields += columns * FLOAT_BYTES) {
    for (let i: u32 = 0; i < nodes; i++) store<f32>(noise + i * FLOAT_BYTES, within(state, augmentation.elastic));
    combine(fields, augmentation.columnBasis, noise, FLOAT_BYTES, nodes, columns);
  }
}

/** Both fields in row `y`: `displacements` [2][fieldColumns] is overwritten, where there are fields. */
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

/** `target` [length], a multiple of 4, = the sum over k of weight k · row k of `rows` [count][length]; weights lie `stride` bytes apart. */
function combine(target: usize, rows: usize, weights: usize, stride: u32, count: u32, length: u32): void {
  for (let x: u32 = 0; x < length * FLOAT_BYTES; x += ASC_FEATURE_SIMD ? 16 : 4) {
    if (ASC_FEATURE_SIMD) {
      let sum = f32x4.splat(0);
      for (let k: u32 = 0; k < count; k++) {
        const values = v128.load(rows + k * length * FLOAT_BYTES + x);
        sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(weights + k * stride), values));
      }
      v128.store(target + x, sum);
    } else {
      let sum: f32 = 0;
      for (let k: u32 = 0; k < count; k++) {
        sum += load<f32>(weights + k * stride) * load<f32>(rows + k * length * FLOAT_BYTES + x);
      }
      store<f32>(target + x, sum);
    }
  }
}

/** Row `y` of the result, each pixel from where map and displacements point to in the bordered picture. */
function readRow(target: usize, image: usize, map: usize, displacements: usize, y: u32, rows: u32, columns: u32): void {
  const lower = displacements + fieldColumns(columns) * FLOAT_BYTES;
  const x0: f32 = load<f32>(map, 4) * <f32>y + load<f32>(map, 8);
  const y0: f32 = load<f32>(map, 16) * <f32>y + load<f32>(map, 20);
  const stride = columns + BORDER;
  for (let x: u32 = 0; x < columns; x += ASC_FEATURE_SIMD ? 4 : 1) {
    const dx = displacements + x * FLOAT_BYTES;
    const dy = lower + x * FLOAT_BYTES;
    if (ASC_FEATURE_SIMD) {
      const place = f32x4.add(f32x4.splat(<f32>x), f32x4(0, 1, 2, 3));
      const placeX = f32x4.add(f32x4.add(f32x4.mul(v128.load32_splat(map), place), f32x4.splat(x0)), v128.load(dx));
      const placeY = f32x4.add(
        f32x4.add(f32x4.mul(v128.load32_splat(map + 12), place), f32x4.splat(y0)),
        v128.load(dy),
      );
      store<u32>(target + x, readFour(image, stride, clampFour(placeX, columns), clampFour(placeY, rows)));
    } else {
      const placeX = load<f32>(map) * <f32>x + x0 + load<f32>(dx);
      const placeY = load<f32>(map, 12) * <f32>x + y0 + load<f32>(dy);
      const right = min(max(placeX, -1), <f32>columns);
      const down = min(max(placeY, -1), <f32>rows);
      store<u8>(target + x, readOne(image, stride, right, down));
    }
  }
}

/** What is farther out than the border is as black as the border. */
function clampFour(places: v128, length: u32): v128 {
  // The pseudo-minimum is one instruction; places are numbers, so that it is the minimum.
  return f32x4.pmin(f32x4.pmax(places, f32x4.splat(-1)), f32x4.splat(<f32>length));
}

/** Between four pixels, in units of 1/256 of a pixel and of 1/65536 of a grey level. */
function readOne(image: usize, stride: u32, x: f32, y: f32): u32 {
  const left = floor(x);
  const top = floor(y);
  const at = image + (nearest(top) + 1) * stride + (nearest(left) + 1);
  const right = nearest((x - left) * 256);
  const down = nearest((y - top) * 256);
  const upper = <u32>load<u8>(at) * (256 - right) + <u32>load<u8>(at, 1) * right;
  const lower = <u32>load<u8>(at + stride) * (256 - right) + <u32>load<u8>(at + stride, 1) * right;
  return (upper * (256 - down) + lower * down + 0x8000) >> 16;
}

/** The nearest integer of a small number: what is added leaves no room for a fraction, and the integer in the lowest bits. */
function nearest(value: f32): i32 {
  return reinterpret<i32>(value + ROUNDING) - reinterpret<i32>(ROUNDING);
}

function nearestFour(values: v128): v128 {
  return i32x4.sub(f32x4.add(values, f32x4.splat(ROUNDING)), f32x4.splat(ROUNDING));
}

const ROUNDING: f32 = 12582912;

/** Four of them, as four bytes. */
function readFour(image: usize, stride: u32, x: v128, y: v128): u32 {
  const left = f32x4.floor(x);
  const top = f32x4.floor(y);
  const right = nearestFour(f32x4.mul(f32x4.sub(x, left), f32x4.splat(256)));
  const down = nearestFour(f32x4.mul(f32x4.sub(y, top), f32x4.splat(256)));
  const at = i32x4.add(
    i32x4.mul(nearestFour(top), i32x4.splat(stride)),
    i32x4.add(nearestFour(left), i32x4.splat(<i32>(image + stride + 1))),
  );
  const a = <usize>i32x4.extract_lane(at, 0);
  const b = <usize>i32x4.extract_lane(at, 1);
  const c = <usize>i32x4.extract_lane(at, 2);
  const d = <usize>i32x4.extract_lane(at, 3);
  // Two neighbours in each lane of 16 bits: four of the upper row, four of the lower.
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
  const leftHand = i16x8.mul(v128.and(pairs, i16x8.splat(0xff)), rest);
  const across = i16x8.add(leftHand, i16x8.mul(i16x8.shr_u(pairs, 8), shares));
  const downShares = i16x8.narrow_i32x4_s(i32x4.sub(i32x4.splat(256), down), down);
  const upper = i32x4.extmul_low_i16x8_u(across, downShares);
  const lower = i32x4.extmul_high_i16x8_u(across, downShares);
  const grey = i32x4.shr_u(i32x4.add(i32x4.add(upper, lower), i32x4.splat(0x8000)), 16);
  const words = i16x8.narrow_i32x4_s(grey, grey);
  return i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0);
}
