/** The Web Worker that trains and reads tables, so that the page stays responsive. */
import { EdgeMlpError, errorMessage } from '../../src/core/errors.ts';
import { planTable } from './read-table.ts';
import { Training } from './training.ts';
import type { Report, Task } from './worker-messages.ts';

/** Work between two pauses, in which the worker receives messages. */
const WORK_MS = 15;

let training: Training | undefined;
let stopped = false;

addEventListener('message', ({ data: task }: MessageEvent<Task>) => void perform(task).catch(reportFailure));

async function perform(task: Task): Promise<void> {
  switch (task.type) {
    case 'plan':
      return report({ type: 'plan', plan: await planTable(task.file, task.choice) });
    case 'stop':
      stopped = true;
      return training?.stop();
    case 'train':
      training = await Training.open(task.run, task.table, { report, pause });
      if (stopped) training.stop();
      return training.train();
  }
}

function report(message: Report): void {
  postMessage(message);
}

function reportFailure(error: unknown): void {
  const code = error instanceof EdgeMlpError ? error.code : 'internal';
  report({ type: 'failed', code, message: errorMessage(error) });
}

const channel = new MessageChannel();
let pausedAt = performance.now();

/** A timer would wait at least 4 ms; a message to itself does not. */
async function pause(): Promise<void> {
  if (performance.now() - pausedAt < WORK_MS) return;
  await new Promise((resolve) => {
    channel.port1.onmessage = resolve;
    channel.port2.postMessage(undefined);
  });
  pausedAt = performance.now();
}
