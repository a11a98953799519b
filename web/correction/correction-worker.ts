/** The Web Worker that learns corrections, so that the page stays responsive. */
import { EdgeMlpError, errorMessage } from '../../src/core/errors.ts';
import { loadKernels } from '../network.ts';
import { CorrectedNetwork } from './corrected-network.ts';
import type { Reply, Task } from './worker-messages.ts';

let network: CorrectedNetwork | undefined;

addEventListener('message', ({ data: task }: MessageEvent<Task>) => {
  perform(task).then(reply, (error: unknown) => {
    const code = error instanceof EdgeMlpError ? error.code : 'internal';
    reply({ type: 'failed', code, message: errorMessage(error) });
  });
});

async function perform(task: Task): Promise<Reply> {
  if (task.type === 'open') {
    network?.dispose();
    network = new CorrectedNetwork(await loadKernels(), task.info, task.parameters);
    for (const correction of task.corrections) network.learn(correction);
  } else if (task.type === 'learn') network?.learn(task.correction);
  else network?.undo();
  if (network === undefined) throw new Error('the worker has no network');
  return { type: 'learned', parameters: network.parameters, retention: network.retention };
}

function reply(message: Reply): void {
  postMessage(message);
}
