/** The panels below an answer: the correction, and the inside of the network. Their code loads with the first answer. */
import type { AnsweredSample } from '../answers/answered-sample.ts';
import { findElement } from '../dom.ts';

type Mount = (host: HTMLElement, subject: AnsweredSample) => void;

const LOADERS: Readonly<Record<string, () => Promise<Mount>>> = {
  correction: async () => (await import('../correction/correction.ts')).mountCorrection,
  inside: async () => (await import('../inside/inside.ts')).mountInside,
};

export class AnswerPanels {
  readonly #hosts = Object.keys(LOADERS).map((id) => findElement(id));
  #mounts: Promise<readonly Mount[]> | undefined;
  #subject: AnsweredSample | undefined;

  /** Hides the panels while there is no answer. */
  show(subject: AnsweredSample | undefined): void {
    this.#subject = subject;
    for (const host of this.#hosts) host.hidden = subject === undefined;
    if (subject !== undefined) void this.#mount(subject);
  }

  async #mount(subject: AnsweredSample): Promise<void> {
    this.#mounts ??= Promise.all(Object.values(LOADERS).map((load) => load()));
    const mounts = await this.#mounts.catch(() => undefined);
    if (mounts === undefined) {
      // The next answer loads the code again.
      this.#mounts = undefined;
      return;
    }
    // A newer answer has replaced this one while the code was loading.
    if (this.#subject !== subject) return;
    for (const [i, mount] of mounts.entries()) {
      const host = this.#hosts[i];
      if (host !== undefined) mount(host, subject);
    }
  }
}
