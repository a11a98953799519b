/** The steps of SGD: over a batch, over one sample, over one sample with updates that wait. */
import { DEFERRED_SAMPLES } from './linear-deferred';
import {
  backwardParameters,
  backwardRow,
  deferParameters,
  forgetParameters,
  forwardDeferred,
  forwardRow,
  lossOfRow,
  outputDelta,
  predictionOfRow,
  sampleLabel,
  settleParameters,
  softmaxRow,
} from './network';
import {
  backwardBatch,
  backwardParametersBatch,
  forwardFirst,
  forwardUpper,
  listColumns,
  pairColumns,
  readBatchInput,
} from './network-batch';
import { Network, Samples, Trainer } from './records';
import { sgdStep } from './sgd';
import { meet, shareStart, teamSize } from './team';
import { FLOAT_BYTES } from './tile';

/** `trainSteps` of train.ts as one member of a team, or alone (0, 0). All members return the same. */
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
  const deferring = network.deferred != 0;
  let cursor = trainer.cursor;
  let done: u32 = 0;
  // The trainer is read before the first member changes it.
  meet(team);
  for (; done < steps && cursor < count; done++) {
    const rows = min(trainer.batchSize, count - cursor);
    const order = trainer.order + cursor * <u32>sizeof<u32>();
    let finite: bool;
    if (rows > 1 || team) finite = batchStep(trainer, network, samples, order, rows, done, team, member);
    else if (deferring) finite = deferringStep(trainer, network, samples, load<u32>(order), done);
    else finite = sampleStep(trainer, network, samples, load<u32>(order), done);
    if (!finite) break;
    cursor += rows;
  }
  if (deferring) settleParameters(network);
  if (member == 0) trainer.cursor = cursor;
  return done;
}

/** One step over the samples `order` u32 [rows], the `done`-th of the slice, or false and no change where it diverged. */
function batchStep(
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
  const first = shareStart(rows, member, members);
  const end = shareStart(rows, member + 1, members);
  for (let row = first; row < end; row++) {
    readBatchInput(network, row, samples, load<u32>(order + row * <u32>sizeof<u32>()), member);
  }
  meet(team);
  const collect = network.velocity != 0;
  const scale: f32 = (collect ? <f32>1 : -trainer.learningRate) / <f32>rows;
  if (samples.sparse) listColumns(network, rows, member, members);
  else pairColumns(network, rows, scale, member, members);
  forwardFirst(network, samples, rows, member, members);
  meet(team);
  forwardUpper(network, first, end);
  for (let row = first; row < end; row++) {
    const label = sampleLabel(samples, load<u32>(order + row * <u32>sizeof<u32>()));
    store<f64>(network.rowLosses + row * <u32>sizeof<f64>(), lossOfRow(network, row, softmaxRow(network, row), label));
    store<u32>(network.rowCorrect + row * <u32>sizeof<u32>(), u32(predictionOfRow(network, row) == label));
    outputDelta(network, row, label);
  }
  backwardBatch(network, first, end);
  meet(team);
  // Every member adds up the same numbers in the same order, and so comes to the same decision.
  let loss: f64 = 0;
  let correct: u32 = 0;
  for (let row: u32 = 0; row < rows; row++) {
    loss += load<f64>(network.rowLosses + row * <u32>sizeof<f64>());
    correct += load<u32>(network.rowCorrect + row * <u32>sizeof<u32>());
  }
  if (!(loss <= trainer.lossLimit * <f64>rows)) {
    // The host may give the memory back as soon as the first member returns: nobody is to read it then.
    meet(team);
    return false;
  }
  if (member == 0) account(trainer, done, loss, correct, rows);
  backwardParametersBatch(network, rows, samples, scale, collect, member, members);
  if (collect) {
    meet(team);
    descend(trainer, network, member, members);
  }
  meet(team);
  return true;
}

/** The same for one sample, which has no use for the ways of a batch. */
function sampleStep(trainer: Trainer, network: Network, samples: Samples, sample: u32, done: u32): bool {
  const label = sampleLabel(samples, sample);
  const loss = lossOfRow(network, 0, forwardRow(network, 0, samples, sample), label);
  if (!(loss <= trainer.lossLimit)) return false;
  account(trainer, done, loss, u32(predictionOfRow(network, 0) == label), 1);
  const collect = network.velocity != 0;
  backwardRow(network, 0, label);
  backwardParameters(network, 0, samples, collect ? 1 : -trainer.learningRate, collect);
  if (collect) descend(trainer, network, 0, 1);
  return true;
}

/** `sampleStep` of plain SGD, whose update of the first layer waits for the samples that read its weights next. */
function deferringStep(trainer: Trainer, network: Network, samples: Samples, sample: u32, done: u32): bool {
  const turn = done % DEFERRED_SAMPLES;
  if (turn == 0) settleParameters(network);
  const label = sampleLabel(samples, sample);
  const scale = -trainer.learningRate;
  const loss = lossOfRow(network, 0, forwardDeferred(network, samples, sample, turn, scale), label);
  if (!(loss <= trainer.lossLimit)) {
    forgetParameters(network);
    return false;
  }
  account(trainer, done, loss, u32(predictionOfRow(network, 0) == label), 1);
  backwardRow(network, 0, label);
  deferParameters(network, turn, scale);
  return true;
}

/** Writes down a step's sum of losses and right answers. */
function account(trainer: Trainer, done: u32, loss: f64, correct: u32, rows: u32): void {
  store<f32>(trainer.stepLosses + done * FLOAT_BYTES, <f32>(loss / <f64>rows));
  store<u32>(trainer.stepCorrect + done * <u32>sizeof<u32>(), correct);
  trainer.lossSum += loss;
  trainer.correct += correct;
}

/**
 * Momentum and weight decay touch every parameter at every step: their gradient was collected first. A member takes its share
 * of the parameters, in whole cache lines.
 */
function descend(trainer: Trainer, network: Network, member: u32, members: u32): void {
  const lines = network.parameterLength / LINE_FLOATS;
  const first = shareStart(lines, member, members) * LINE_FLOATS;
  const end = member + 1 == members ? network.parameterLength : shareStart(lines, member + 1, members) * LINE_FLOATS;
  const offset = first * FLOAT_BYTES;
  sgdStep(
    network.parameters + offset,
    network.velocity + offset,
    network.gradient + offset,
    trainer.learningRate,
    trainer.momentum,
    trainer.weightDecay,
    trainer.nesterov != 0,
    end - first,
  );
}

const LINE_FLOATS: u32 = 16;
