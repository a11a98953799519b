/** Slices of training jobs: pauses, commits, kills and cancellations. */
import { abortAllDurableObjects, runDurableObjectAlarm } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Job } from '../../src/api/jobs.ts';
import { JobStore } from '../../worker/jobs/store.ts';
import { LIMITS } from '../../worker/limits.ts';
import { expectedHash, finishJob, getStub, readEvents, SMALL, start, status, TRAIN } from './job-support.ts';
import { ask, post, put } from './support.ts';

describe('the slices of a job', () => {
  const OPTIONS = { ...SMALL, hidden: [64], epochs: 6 };
  /** Stretches of computing. */
  let stretches = 0;

  /** Every stretch takes 40 ms, and alarms run only when a test runs them: the clock is an hour ahead. */
  beforeEach(() => {
    let now = Date.now() + 3_600_000;
    vi.spyOn(Date, 'now').mockImplementation(() => {
      now += LIMITS.stretchMs;
      return now;
    });
    stretches = 0;
    const wait = scheduler.wait.bind(scheduler);
    vi.spyOn(scheduler, 'wait').mockImplementation((ms) => {
      stretches++;
      return wait(ms);
    });
  });

  afterEach(() => vi.restoreAllMocks());

  it('are committed once a second, after shorter ones at the start', async () => {
    const options = { ...OPTIONS, hidden: [128], epochs: 10 };
    const { id } = await start(options);
    const times: number[] = [];
    for (let job = await status(id); job.history.length < options.epochs; ) {
      await runDurableObjectAlarm(getStub(id));
      const next = await status(id);
      expect(next.slices).toBe(job.slices + 1);
      times.push(next.computeMs - job.computeMs);
      job = next;
    }
    const [last = 0, ...others] = times.toReversed();
    expect(others.toReversed()).toEqual([40, 80, 160, 320, 640, ...others.slice(5).map(() => 1000)]);
    expect([others.length > 6, last <= 1000]).toEqual([true, true]);
    expect((await finishJob(id)).state).toMatchObject({ result: { weightsSha256: await expectedHash(options) } });
  });

  it('pause for other requests although samples and epochs are tiny', async () => {
    await put('/datasets/tiny/training/0', 'a,k\n1,x\n2,y\n3,x\n4,y\n', { 'content-type': 'text/csv', ...TRAIN });
    await put('/datasets/tiny', '{"training": 1}', TRAIN);
    for (const options of [
      { data: 'ellipse', hidden: [1], epochs: 200 },
      { data: 'tiny', hidden: [1], validation: 1, epochs: 1000 },
    ]) {
      stretches = 0;
      const done = await finishJob((await start({ ...options, batchSize: 1 })).id);
      expect([done.state.status, done.history.length]).toEqual(['succeeded', options.epochs]);
      expect(stretches).toBeGreaterThan(15);
    }
  });

  it('are repeated in halves from the last commit if the runtime is killed', async () => {
    const { id } = await start(OPTIONS);
    for (let slice = 0; slice < 4; slice++) await runDurableObjectAlarm(getStub(id));
    const before = await status(id);
    stretches = 0;
    const killed = runDurableObjectAlarm(getStub(id)).catch(() => undefined);
    await vi.waitFor(() => expect(stretches).toBeGreaterThan(5), { interval: 1 });
    await abortAllDurableObjects();
    await killed;
    expect(stretches).toBeLessThan(16);
    const { progress, slices } = await status(id);
    expect([progress, slices]).toEqual([before.progress, 4]);
    await runDurableObjectAlarm(getStub(id));
    const repeated = await status(id);
    expect([repeated.slices, repeated.computeMs - before.computeMs]).toEqual([5, 640 / 2]);
    expect((await finishJob(id)).state).toMatchObject({ result: { weightsSha256: await expectedHash(OPTIONS) } });
  });

  it('are committed by a cancellation, and a resumed job continues there', async () => {
    const { id } = await start(OPTIONS);
    for (let slice = 0; slice < 4; slice++) await runDurableObjectAlarm(getStub(id));
    const before = await status(id);
    stretches = 0;
    const running = runDurableObjectAlarm(getStub(id));
    await vi.waitFor(() => expect(stretches).toBeGreaterThan(2), { interval: 1 });
    const cancelled = (await (await post(`/jobs/${id}/cancel`, null, TRAIN)).json()) as Job;
    expect(cancelled.progress?.step).toBeGreaterThan(before.progress?.step ?? 0);
    await running;
    expect(await status(id)).toEqual(cancelled);
    await post(`/jobs/${id}/resume`, null, TRAIN);
    expect((await finishJob(id)).state).toMatchObject({ result: { weightsSha256: await expectedHash(OPTIONS) } });
  });

  it('do not begin if the job is cancelled while its data are generated, within a millisecond', async () => {
    vi.spyOn(Date.prototype, 'toISOString').mockReturnValue('2026-01-01T00:00:00.000Z');
    const { id } = await start({ ...OPTIONS, dataSeed: 4711 });
    const running = runDurableObjectAlarm(getStub(id));
    await vi.waitFor(() => expect(stretches).toBeGreaterThan(0), { interval: 1 });
    expect((await post(`/jobs/${id}/cancel`, null, TRAIN)).status).toBe(200);
    await running;
    expect(await status(id)).toMatchObject({ state: { status: 'cancelled' }, slices: 0 });
  });

  it('continue if a cancellation fails', async () => {
    const { id } = await start(OPTIONS);
    for (let slice = 0; slice < 4; slice++) await runDurableObjectAlarm(getStub(id));
    stretches = 0;
    const watched = ask(`/jobs/${id}/events`).then(readEvents);
    const running = runDurableObjectAlarm(getStub(id));
    await vi.waitFor(() => expect(stretches).toBeGreaterThan(2), { interval: 1 });
    const { addEvent } = JobStore.prototype;
    const add = vi.spyOn(JobStore.prototype, 'addEvent').mockImplementation(function (this: JobStore, event) {
      if (event.type === 'state') throw new Error('disk I/O error: SQLITE_IOERR');
      return addEvent.call(this, event);
    });
    expect((await post(`/jobs/${id}/cancel`, null, TRAIN)).status).toBe(503);
    expect(add.mock.calls.map(([{ type }]) => type)).toEqual(expect.arrayContaining(['progress', 'state']));
    add.mockRestore();
    await running;
    expect((await finishJob(id)).state).toMatchObject({ result: { weightsSha256: await expectedHash(OPTIONS) } });
    // The events of the cancellation are not stored, so they were not sent.
    expect(await watched).toEqual(await readEvents(await ask(`/jobs/${id}/events`)));
  });

  it('keep the measures of epochs that ended before a divergence', async () => {
    const stepsPerEpoch = 10_800 / 200;
    const { id } = await start({ ...SMALL, learningRate: 1, weightDecay: 2.05, batchSize: 200, epochs: 30 });
    const { state, history, progress } = await finishJob(id);
    const step = Number(/diverged at step ([\d,]+)/.exec(JSON.stringify(state))?.[1]?.replace(',', ''));
    const epochs = Array.from({ length: Math.floor((step - 1) / stepsPerEpoch) }, (_, i) => i + 1);
    expect(epochs.length).toBeGreaterThan(1);
    expect(history.map(({ epoch }) => epoch)).toEqual(epochs);
    expect(progress?.step).toBeGreaterThanOrEqual(epochs.length * stepsPerEpoch);
    const events = await readEvents(await ask(`/jobs/${id}/events`));
    expect(events.filter(({ type }) => type === 'epoch').map(({ data }) => data.metrics)).toEqual(history);
  });
});
