/** The page's side of the training worker. */
import type { TablePlan, TableProblem } from './read-table.ts';
import type { TableChoice } from './table-choice.ts';
import type { Report, Task } from './worker-messages.ts';

export interface TrainingWorker {
  send(task: Task): void;
  terminate(): void;
}

/** Failures of the worker to load or to run also arrive as reports. */
export function startWorker(onReport: (report: Report) => void): TrainingWorker {
  const worker = new Worker(new URL('./training-worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }: MessageEvent<Report>) => onReport(data);
  worker.onerror = ({ message }) => {
    const reason = message || 'its code could not be loaded: check the connection and reload the page';
    onReport({ type: 'failed', code: 'internal', message: `The training worker failed: ${reason}` });
  };
  return { send: (task) => worker.postMessage(task), terminate: () => worker.terminate() };
}

/** Reads a table in a worker. Rejects with `signal.reason`. */
export function planTable(file: File, choice: TableChoice, signal: AbortSignal): Promise<TablePlan | TableProblem> {
  return new Promise((resolve, reject) => {
    const worker = startWorker((report) => {
      worker.terminate();
      if (report.type === 'plan') resolve(report.plan);
      else if (report.type === 'failed') resolve({ header: [], message: report.message });
    });
    signal.addEventListener('abort', () => {
      worker.terminate();
      reject(signal.reason);
    });
    worker.send({ type: 'plan', file, choice });
  });
}
