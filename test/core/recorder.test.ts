import { describe, expect, it } from 'vitest';
import { RunRecorder } from '../../src/core/recorder.ts';
import type { SliceProgress } from '../../src/index.ts';

const METRICS = { epoch: 1, trainLoss: 1, trainAccuracy: 0.5, validationLoss: null, validationAccuracy: null };

/** A slice of a run of two epochs of ten samples. */
function slice(epoch: number, samples: number, loss: number): SliceProgress {
  const measures = { loss: new Float32Array(), accuracy: new Float32Array() };
  const place = { epoch, epochs: 2, samples, samplesPerEpoch: 10, step: samples };
  const checkpoint = () => {
    throw new Error('not used');
  };
  return { kind: 'slice', ...place, loss, accuracy: 0, stepMeasures: measures, checkpoint };
}

describe('the recording of a run', () => {
  it('counts the time of slices only, and has the mean loss of each slice', () => {
    let now = 100;
    const recorder = new RunRecorder(() => now);
    expect(recorder.samplesPerSecond).toBe(0);
    const train = (seconds: number, progress: SliceProgress) => {
      recorder.startClock();
      now += seconds;
      const done = recorder.addSlice(progress);
      now += 50;
      return done;
    };
    // Running means 2 of 4 samples and 5 of 10: the other six have a mean of 7.
    expect(train(1, slice(1, 4, 2))).toBe(0.2);
    expect(recorder.seconds).toEqual([1]);
    expect(train(2, slice(1, 10, 5))).toBe(0.5);
    expect(recorder.addEpoch(METRICS)).toEqual({ ...METRICS, seconds: 3 });
    expect(train(4, slice(2, 10, 6))).toBe(1);
    expect(recorder.seconds).toEqual([3, 4]);
    expect(recorder.epochs).toEqual([{ ...METRICS, seconds: 3 }]);
    expect(recorder.curve).toEqual([
      { samples: 4, loss: 2 },
      { samples: 10, loss: 7 },
      { samples: 20, loss: 6 },
    ]);
    expect(recorder.samplesPerSecond).toBe(20 / 7);
    recorder.addSlice(slice(2, 10, 6));
    expect(recorder.curve.length).toBe(3);
  });

  it('continues the recording of an earlier part', () => {
    let now = 0;
    const earlier = { epochs: [METRICS], seconds: [3, 5], curve: [{ samples: 14, loss: 4 }], lossSum: 8, samples: 4 };
    const recorder = new RunRecorder(() => now, earlier);
    now = 2;
    // Ten samples with a mean of 2: the last six have the other 12 nats.
    expect(recorder.addSlice(slice(2, 10, 2))).toBe(1);
    expect(recorder.curve).toEqual([
      { samples: 14, loss: 4 },
      { samples: 20, loss: 2 },
    ]);
    expect(recorder.seconds).toEqual([3, 7]);
    expect(recorder.samplesPerSecond).toBe(3);
    expect(recorder.addEpoch({ ...METRICS, epoch: 2 }).seconds).toBe(7);
    expect(earlier.curve.length).toBe(1);
  });
});
