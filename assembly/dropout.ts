/**
 * Inverted dropout (Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: a simple way to prevent neural
 * networks from overfitting", 2014, section 10): in training a unit is 0 with probability p, and 1 / (1 - p) times its
 * value otherwise. The expected value stays the same, so that predictions need no scaling.
 *
 * The draws depend only on seed, epoch, the sample's number, layer and unit: not on batches, slices or threads.
 */
import { SPLIT_MIX_STEP, splitMix64 } from './random';
import { Trainer } from './records';
import { FLOAT_BYTES } from './tile';

/** Stream `dropout` of src/core/random.ts. */
const STREAM: u64 = 7;

/** Drops the units [first, end) of a row of layer `layer`, and their slopes. `y` and `slopes` are at unit `first`. */
export function dropUnits(
  trainer: Trainer,
  sample: u32,
  layer: u32,
  y: usize,
  slopes: usize,
  first: u32,
  end: u32,
): void {
  const run = splitMix64((STREAM << 32) | <u64>trainer.dropoutSeed);
  const key = splitMix64(splitMix64(run + (((<u64>trainer.dropoutEpoch) << 32) | <u64>sample)) + <u64>layer);
  // Number k of the stream belongs to the units 2k and 2k + 1: members of a team need no common state.
  for (let o = first; o < end; o += 2, y += 2 * FLOAT_BYTES, slopes += 2 * FLOAT_BYTES) {
    const bits = splitMix64(key + <u64>(o >> 1) * SPLIT_MIX_STEP);
    scaleUnit(trainer, <u32>bits, y, slopes);
    scaleUnit(trainer, <u32>(bits >> 32), y + FLOAT_BYTES, slopes + FLOAT_BYTES);
  }
}

function scaleUnit(trainer: Trainer, bits: u32, y: usize, slope: usize): void {
  const factor: f32 = bits < trainer.dropoutThreshold ? 0 : trainer.dropoutScale;
  store<f32>(y, load<f32>(y) * factor);
  store<f32>(slope, load<f32>(slope) * factor);
}
