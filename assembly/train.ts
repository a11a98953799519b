/** What the host calls: a slice of training, the gradient of a batch, the measure and the answers of a network. */
import { DEFERRED_SAMPLES } from './linear-deferred';
import {
  backwardBatch,
  backwardParameters,
  backwardParametersBatch,
  backwardRow,
  deferParameters,
  forgetParameters,
  forwardBatch,
  forwardDeferred,
  forwardRow,
  labelOf,
  layerAt,
  lossOfRow,
  outputDelta,
  outputRow,
  predictionOfRow,
  probabilityRow,
  settleParameters,
  softmaxRow,
} from './network';
import { Network, Samples, Trainer } from './records';
import { sgdStep } from './sgd';
import { FLOAT_BYTES } from './tile';

/**
 * Takes at most `steps` steps of mini-batch SGD, and stops at the end of the epoch or before the update of a step that
 * diverged. Returns the number of steps taken. The host sees divergence as fewer steps than it asked for while samples are
 * left. How a run is cut into slices has no influence on its result. The first `done` elements of the trainer's stepLosses and
 * stepCorrect, which have room for `steps`, are overwritten.
 */
export function trainSteps(trainerAddress: usize, networkAddress: usize, samplesAddress: usize, steps: u32): u32 {
  const trainer = changetype<Trainer>(trainerAddress);
  const network = changetype<Network>(networkAddress);
  const samples = changetype<Samples>(samplesAddress);
  const deferring = network.deferred != 0;
  let done: u32 = 0;
  for (; done < steps && trainer.cursor < samples.count; done++) {
    const rows = min(trainer.batchSize, samples.count - trainer.cursor);
    const order = trainer.order + trainer.cursor * <u32>sizeof<u32>();
    let finite: bool;
    if (rows > 1) finite = batchStep(trainer, network, samples, order, rows, done);
    else if (deferring) finite = deferringStep(trainer, network, samples, load<u32>(order), done);
    else finite = sampleStep(trainer, network, samples, load<u32>(order), done);
    if (!finite) break;
    trainer.cursor += rows;
  }
  if (deferring) settleParameters(network);
  return done;
}

/** One step over the samples `order` u32 [rows], the `done`-th of the slice, or false and no change where it diverged. */
function batchStep(trainer: Trainer, network: Network, samples: Samples, order: usize, rows: u32, done: u32): bool {
  let loss: f64 = 0;
  let correct: u32 = 0;
  forwardBatch(network, samples, order, rows);
  for (let row: u32 = 0; row < rows; row++) {
    const label = labelOf(samples, load<u32>(order + row * <u32>sizeof<u32>()));
    loss += lossOfRow(network, row, softmaxRow(network, row), label);
    correct += u32(predictionOfRow(network, row) == label);
    outputDelta(network, row, label);
  }
  if (!account(trainer, done, loss, correct, rows)) return false;
  const collect = network.velocity != 0;
  const scale: f32 = (collect ? <f32>1 : -trainer.learningRate) / <f32>rows;
  backwardBatch(network, rows);
  backwardParametersBatch(network, rows, samples, scale, collect);
  if (collect) descend(trainer, network);
  return true;
}

/** The same for one sample, which has no use for the ways of a batch. */
function sampleStep(trainer: Trainer, network: Network, samples: Samples, sample: u32, done: u32): bool {
  const label = labelOf(samples, sample);
  const loss = lossOfRow(network, 0, forwardRow(network, 0, samples, sample), label);
  if (!account(trainer, done, loss, u32(predictionOfRow(network, 0) == label), 1)) return false;
  const collect = network.velocity != 0;
  backwardRow(network, 0, label);
  backwardParameters(network, 0, samples, collect ? 1 : -trainer.learningRate, collect);
  if (collect) descend(trainer, network);
  return true;
}

/** `sampleStep` of plain SGD, whose update of the first layer waits for the samples that read its weights next. */
function deferringStep(trainer: Trainer, network: Network, samples: Samples, sample: u32, done: u32): bool {
  const turn = done % DEFERRED_SAMPLES;
  if (turn == 0) settleParameters(network);
  const label = labelOf(samples, sample);
  const scale = -trainer.learningRate;
  const loss = lossOfRow(network, 0, forwardDeferred(network, samples, sample, turn, scale), label);
  if (!account(trainer, done, loss, u32(predictionOfRow(network, 0) == label), 1)) {
    forgetParameters(network);
    return false;
  }
  backwardRow(network, 0, label);
  deferParameters(network, turn, scale);
  return true;
}

/** Writes down a step's sum of losses and right answers, before its update. False, and nothing, where it has diverged. */
function account(trainer: Trainer, done: u32, loss: f64, correct: u32, rows: u32): bool {
  if (!(loss <= trainer.lossLimit * <f64>rows)) return false;
  store<f32>(trainer.stepLosses + done * FLOAT_BYTES, <f32>(loss / <f64>rows));
  store<u32>(trainer.stepCorrect + done * <u32>sizeof<u32>(), correct);
  trainer.lossSum += loss;
  trainer.correct += correct;
  return true;
}

/** Momentum and weight decay touch every parameter at every step: their gradient is collected first. */
function descend(trainer: Trainer, network: Network): void {
  sgdStep(
    network.parameters,
    network.velocity,
    network.gradient,
    trainer.learningRate,
    trainer.momentum,
    trainer.weightDecay,
    network.parameterLength,
  );
}

/**
 * The mean gradient of the samples [0, count) is added to the network's gradient. Returns the mean loss, in nats.
 */
export function meanGradient(networkAddress: usize, samplesAddress: usize, count: u32): f64 {
  const network = changetype<Network>(networkAddress);
  const samples = changetype<Samples>(samplesAddress);
  const scale: f32 = 1 / <f32>count;
  let loss: f64 = 0;
  for (let sample: u32 = 0; sample < count; sample++) {
    const label = labelOf(samples, sample);
    loss += lossOfRow(network, 0, forwardRow(network, 0, samples, sample), label);
    backwardRow(network, 0, label);
    backwardParameters(network, 0, samples, scale, true);
  }
  return loss / <f64>count;
}

/**
 * Measures the network on the samples [0, count). Adds to `confusion`, u32 [classes][classes], by true and by predicted
 * class. Returns the sum of the losses, in nats.
 */
export function evaluateSamples(confusion: usize, networkAddress: usize, samplesAddress: usize, count: u32): f64 {
  const network = changetype<Network>(networkAddress);
  const samples = changetype<Samples>(samplesAddress);
  const classes = layerAt(network, network.layerCount - 1).outputs;
  let loss: f64 = 0;
  for (let sample: u32 = 0; sample < count; sample++) {
    const label = labelOf(samples, sample);
    loss += lossOfRow(network, 0, forwardRow(network, 0, samples, sample), label);
    const cell = confusion + (label * classes + predictionOfRow(network, 0)) * <u32>sizeof<u32>();
    store<u32>(cell, load<u32>(cell) + 1);
  }
  return loss;
}

/**
 * Answers for the samples [0, count): `labels`, u32 [count], the most likely class, `probabilities` and `logits`
 * [count][classes] are overwritten.
 */
export function predictSamples(
  labels: usize,
  probabilities: usize,
  logits: usize,
  networkAddress: usize,
  samplesAddress: usize,
  count: u32,
): void {
  const network = changetype<Network>(networkAddress);
  const samples = changetype<Samples>(samplesAddress);
  const last = layerAt(network, network.layerCount - 1);
  const rowBytes = last.outputs * FLOAT_BYTES;
  for (let sample: u32 = 0; sample < count; sample++) {
    forwardRow(network, 0, samples, sample);
    store<u32>(labels + sample * <u32>sizeof<u32>(), predictionOfRow(network, 0));
    memory.copy(probabilities + sample * rowBytes, probabilityRow(network, 0), rowBytes);
    memory.copy(logits + sample * rowBytes, outputRow(last, 0), rowBytes);
  }
}
