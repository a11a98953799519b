/** Steps of SGD: over a batch of one or more samples, and over one sample with pending updates. */
import { checkRows } from './checks';
import { PENDING_SAMPLES } from './linear-pending';
import {
  assessRow,
  backwardHidden,
  backwardPending,
  cancelSample,
  fetchSamples,
  flushUpdates,
  forwardFirst,
  forwardPending,
  forwardUpper,
  readInput,
} from './network';
import { backwardParameters, sortHidden, sortInputs } from './network-update';
import { advancePowers, updateClipped } from './optimizer';
import { Network, Samples, Trainer } from './records';
import { barrier, shareStart, teamSize } from './team';
import { FLOAT_BYTES } from './tile';

/** Samples that steps of one sample load into the cache at a time. */
const FETCHED_SAMPLES: u32 = 16;

/** `trainSteps` of train.ts as one member of a team, or without a team (0, 0). All members return the same. */
export function takeSteps(
  trainerAddress: usize,
  networkAddress: usize,
  samplesAddress: usize,
  steps: u32,
  team: usize,
  member: u32,
): u32 {
  const trainer = changetype<Trainer>(trainerAddress);
  const network = changetype<Network>(networkAddress);
  const samples = changetype<Samples>(samplesAddress);
  const count = samples.count;
  const pending = network.pending != 0;
  let cursor = trainer.cursor;
  let done: u32 = 0;
  // All members read the trainer before the first member changes it.
  barrier(team);
  for (; done < steps && cursor < count; done++) {
    const rows = min(trainer.batchSize, count - cursor);
    checkRows(network, rows);
    const order = trainer.order + cursor * <u32>sizeof<u32>();
    if (rows == 1 && done % FETCHED_SAMPLES == 0) fetchSamples(samples, order, min(FETCHED_SAMPLES, count - cursor));
    const finite = pending
      ? takePendingStep(trainer, network, samples, load<u32>(order), done)
      : takeStep(trainer, network, samples, order, rows, done, team, member);
    if (!finite) break;
    cursor += rows;
  }
  if (pending) flushUpdates(network);
  if (member == 0) trainer.cursor = cursor;
  return done;
}

/**
 * One step over the samples `order` u32 [rows], number `done` of the slice. Returns false, without an update, if the
 * loss has diverged.
 */
function takeStep(
  trainer: Trainer,
  network: Network,
  samples: Samples,
  order: usize,
  rows: u32,
  done: u32,
  team: usize,
  member: u32,
): bool {
  const members = teamSize(team);
  // Members read the powers after the next barrier.
  if (member == 0) advancePowers(trainer);
  const first = shareStart(rows, member, members);
  const end = shareStart(rows, member + 1, members);
  for (let row = first; row < end; row++) {
    readInput(network, row, samples, load<u32>(order + row * <u32>sizeof<u32>()), member, rows > 1);
  }
  barrier(team);
  const collect = network.velocity != 0;
  const scale: f32 = (collect ? <f32>1 : -trainer.learningRate) / <f32>rows;
  if (rows > 1) sortInputs(network, samples, rows, scale, member, members);
  forwardFirst(network, samples, rows, member, members, trainer);
  barrier(team);
  forwardUpper(network, first, end, trainer);
  for (let row = first; row < end; row++) {
    assessRow(network, row, samples, load<u32>(order + row * <u32>sizeof<u32>()));
  }
  backwardHidden(network, first, end);
  if (rows > 1) sortHidden(network, rows, scale, first, end);
  barrier(team);
  // Every member adds the same numbers in the same order: all reach the same decision.
  let loss: f64 = 0;
  let correct: u32 = 0;
  for (let row: u32 = 0; row < rows; row++) {
    loss += load<f64>(network.rowLosses + row * <u32>sizeof<f64>());
    correct += load<u32>(network.rowCorrect + row * <u32>sizeof<u32>());
  }
  if (!(loss <= trainer.lossLimit * <f64>rows)) {
    // The host may free the memory as soon as the first member returns. No member reads it after this barrier.
    barrier(team);
    return false;
  }
  if (member == 0) recordStep(trainer, done, loss, correct, rows);
  if (trainer.clipNorm > 0) {
    backwardParameters(network, samples, rows, scale, collect, changetype<Trainer>(0), member, members);
    updateClipped(trainer, network, team, member);
  } else {
    backwardParameters(network, samples, rows, scale, collect, trainer, member, members);
  }
  barrier(team);
  return true;
}

/**
 * One step of plain SGD over one sample. The update of the first layer stays pending until a sample reads its weights.
 */
function takePendingStep(trainer: Trainer, network: Network, samples: Samples, sample: u32, done: u32): bool {
  const turn = done % PENDING_SAMPLES;
  if (turn == 0) flushUpdates(network);
  const scale = -trainer.learningRate;
  forwardPending(network, samples, sample, turn, scale, trainer);
  assessRow(network, 0, samples, sample);
  const loss = load<f64>(network.rowLosses);
  if (!(loss <= trainer.lossLimit)) {
    cancelSample(network);
    return false;
  }
  recordStep(trainer, done, loss, load<u32>(network.rowCorrect), 1);
  backwardHidden(network, 0, 1);
  backwardPending(network, turn, scale);
  return true;
}

/**
 * Records the sum of a step's losses and its number of correct samples. The last step of an epoch may have fewer
 * `rows`.
 */
function recordStep(trainer: Trainer, done: u32, loss: f64, correct: u32, rows: u32): void {
  store<f32>(trainer.stepLosses + done * FLOAT_BYTES, <f32>(loss / <f64>rows));
  store<f32>(trainer.stepAccuracies + done * FLOAT_BYTES, <f32>correct / <f32>rows);
  trainer.lossSum += loss;
  trainer.correct += correct;
}
