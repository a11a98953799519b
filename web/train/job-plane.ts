/** The decision plane of a run in this browser that has two inputs: live while it trains, and of its model afterwards. */
import { isOver, type Job } from '../../src/client/index.ts';
import { Mlp } from '../../src/core/mlp.ts';
import { findElement } from '../dom.ts';
import type { DecisionPlane } from '../inside/decision-plane.ts';
import { openJobs } from '../local/job-store.ts';
import { findActiveRun } from '../local/local-jobs.ts';
import { isLocal } from '../local/local-run.ts';
import type { PlaneData } from '../local/worker-messages.ts';
import { loadKernels, parseNetwork } from '../network.ts';

interface OpenedPlane {
  readonly plane: DecisionPlane;
  readonly mlp: Mlp;
}

export class JobPlane {
  readonly #host = findElement('panel-plane');
  #id = '';
  #opened: Promise<OpenedPlane> | undefined;

  close(): void {
    this.#host.hidden = true;
    this.#id = '';
    const opened = this.#opened;
    this.#opened = undefined;
    void opened?.then(
      ({ plane, mlp }) => {
        plane.dispose();
        mlp.dispose();
      },
      // It was not opened.
      () => undefined,
    );
  }

  async show({ id, layers, state }: Job): Promise<void> {
    if (!isLocal(id) || layers[0] !== 2) return;
    if (this.#id !== id) this.close();
    this.#id = id;
    const { plane, parameters } = findActiveRun(id) ?? {};
    if (this.#opened === undefined) {
      if (plane !== undefined) this.#opened = this.#openLive(plane);
      else if (isOver(state)) this.#opened = this.#openModel(id);
      else return;
    }
    const opened = await this.#opened.catch(() => undefined);
    if (opened === undefined || this.#id !== id || opened.mlp.disposed) return;
    if (parameters !== undefined) opened.mlp.setParameters(parameters);
    opened.plane.show(opened.mlp);
    this.#host.hidden = false;
  }

  async #openLive({ info, points }: PlaneData): Promise<OpenedPlane> {
    const [{ DecisionPlane }, kernels] = await Promise.all([import('../inside/decision-plane.ts'), loadKernels()]);
    const plane = new DecisionPlane(info);
    plane.points = points;
    this.#host.replaceChildren(plane.element);
    return { plane, mlp: Mlp.create(kernels, info.spec) };
  }

  async #openModel(id: string): Promise<OpenedPlane> {
    const { DecisionPlane } = await import('../inside/decision-plane.ts');
    const { info, mlp } = await parseNetwork(await openJobs(id).model(id), 'the model');
    const plane = new DecisionPlane(info);
    this.#host.replaceChildren(plane.element);
    return { plane, mlp };
  }
}
