/** The corrections of one model in this browser: the kept list, and the network that has learned them. */
import type { Correction } from '../../src/core/corrections.ts';
import { errorMessage } from '../../src/core/errors.ts';
import { Mlp } from '../../src/core/mlp.ts';
import { deleteValue, getValue, putValue } from '../local/storage.ts';
import type { BrowserNetwork } from '../network.ts';
import type { Retention } from './corrected-network.ts';
import { CorrectionClient } from './correction-client.ts';
import type { Learned, Task } from './worker-messages.ts';

/** Learning them again after a reload takes about two seconds for 784-300-10. */
export const MAX_CORRECTIONS = 100;

interface KeptCorrections {
  /** Inputs and outputs of the network that the corrections are for. */
  readonly meaning: string;
  readonly corrections: readonly Correction[];
  /** Whether the model answers without them. */
  readonly paused: boolean;
}

export class CorrectionSession {
  readonly base: BrowserNetwork;
  readonly #subject: string;
  readonly #onChange: () => void;
  readonly #client = new CorrectionClient();
  /** Whether the worker has learned the corrections. */
  #started = false;
  #corrected: BrowserNetwork | undefined;
  #corrections: readonly Correction[] = [];
  #retention: Retention | undefined;
  #paused = false;
  #busy = true;
  #problem = '';
  #disposed = false;

  /** `subject` names the model in this browser. `onChange` is called after each change, also of a failed one. */
  constructor(base: BrowserNetwork, subject: string, onChange: () => void) {
    this.base = base;
    this.#subject = subject;
    this.#onChange = onChange;
  }

  /** The network that answers: with the corrections, or the model's own. */
  get network(): BrowserNetwork {
    return this.#paused || this.#corrections.length === 0 ? this.base : (this.#corrected ?? this.base);
  }

  has(network: BrowserNetwork): boolean {
    return network === this.base || network === this.#corrected;
  }

  get corrections(): readonly Correction[] {
    return this.#corrections;
  }

  get retention(): Retention | undefined {
    return this.#retention;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** Why the last change failed, or why corrections are not kept; empty without a problem. */
  get problem(): string {
    return this.#problem;
  }

  /** Continues with the corrections that this browser has kept. Without any in use, no worker starts. */
  async open(): Promise<void> {
    await this.#change(async () => {
      await this.#read();
      if (this.#corrections.length > 0 && !this.#paused) await this.#start();
    });
  }

  async correct(correction: Correction): Promise<void> {
    await this.#change(async () => {
      await this.#run({ type: 'learn', correction });
      this.#corrections = [...this.#corrections, correction];
      this.#paused = false;
      await this.#keep();
    });
  }

  async undo(): Promise<void> {
    await this.#change(async () => {
      await this.#run({ type: 'undo' });
      this.#corrections = this.#corrections.slice(0, -1);
      await this.#keep();
    });
  }

  /** Answers with the model's own weights, or with the corrections again. */
  async pause(paused: boolean): Promise<void> {
    await this.#change(async () => {
      if (!paused && !this.#started) await this.#start();
      this.#paused = paused;
      await this.#keep();
    });
  }

  /** Removes all corrections, also from this browser. */
  async forget(): Promise<void> {
    await this.#change(async () => {
      this.#corrections = [];
      this.#paused = false;
      this.#stop();
      await this.#keep();
    });
  }

  dispose(): void {
    this.#disposed = true;
    this.#stop();
    this.#corrected?.mlp.dispose();
    this.#corrected = undefined;
  }

  /** Without access to its storage, the browser still learns. */
  async #read(): Promise<void> {
    try {
      const kept = await getValue<KeptCorrections>('correction', this.#subject);
      if (kept?.meaning !== describeMeaning(this.base)) return;
      this.#corrections = kept.corrections;
      this.#paused = kept.paused;
    } catch (error) {
      this.#problem = errorMessage(error);
    }
  }

  /** Makes the worker learn the corrections again. */
  async #start(): Promise<void> {
    const { info, mlp } = this.base;
    const parameters = mlp.parameters();
    await this.#send({ type: 'open', info, parameters, corrections: this.#corrections });
    this.#started = true;
  }

  #stop(): void {
    this.#client.terminate();
    this.#started = false;
  }

  async #run(task: Task): Promise<void> {
    if (!this.#started) await this.#start();
    await this.#send(task);
  }

  /** A worker that has failed is not used again. */
  async #send(task: Task): Promise<void> {
    if (this.#disposed) throw new Error('the session is closed');
    try {
      this.#apply(await this.#client.run(task));
    } catch (error) {
      this.#stop();
      throw error;
    }
  }

  #apply({ parameters, retention }: Learned): void {
    if (this.#disposed) return;
    const { info, mlp } = this.base;
    this.#retention = retention;
    if (this.#corrected === undefined)
      this.#corrected = { info, mlp: Mlp.fromParameters(mlp.kernels, { ...info.spec, ...parameters }) };
    else this.#corrected.mlp.setParameters(parameters);
  }

  async #keep(): Promise<void> {
    const kept: KeptCorrections = {
      meaning: describeMeaning(this.base),
      corrections: this.#corrections,
      paused: this.#paused,
    };
    if (this.#corrections.length === 0) await deleteValue('correction', this.#subject);
    else await putValue('correction', this.#subject, kept);
  }

  async #change(change: () => Promise<void>): Promise<void> {
    this.#busy = true;
    this.#problem = '';
    this.#onChange();
    try {
      await change();
    } catch (error) {
      this.#problem = errorMessage(error);
    }
    this.#busy = false;
    if (!this.#disposed) this.#onChange();
  }
}

/** Corrections suit every network with these inputs and outputs, so a newer version of a model keeps them. */
function describeMeaning({ info }: BrowserNetwork): string {
  const { spec, classes, targets, scaling, imageShape } = info;
  return JSON.stringify({ inputs: spec.layers[0], classes, targets, scaling, imageShape });
}
