/** The page's side of the worker that learns corrections. */
import { EdgeMlpError } from '../../src/core/errors.ts';
import type { Learned, Reply, Task } from './worker-messages.ts';

export class CorrectionClient {
  /** Started with the first task. */
  #worker: Worker | undefined;

  /** The worker answers one task at a time: wait for the reply before the next one. Throws EdgeMlpError. */
  run(task: Task): Promise<Learned> {
    this.#worker ??= new Worker(new URL('./correction-worker.ts', import.meta.url), { type: 'module' });
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data: reply }: MessageEvent<Reply>) => {
        if (reply.type === 'learned') resolve(reply);
        else if (reply.code === 'internal') reject(new Error(reply.message));
        else reject(new EdgeMlpError(reply.code, reply.message));
      };
      worker.onerror = ({ message }) => {
        const reason = message || 'its code could not be loaded: check the connection and reload the page';
        reject(new Error(`The learning worker failed: ${reason}`));
      };
      worker.postMessage(task);
    });
  }

  /** The next task starts a new worker. */
  terminate(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}
