/** A form that creates a job or a learner: one request at a time, repeated safely after a lost response. */
import type { Client } from '../src/client/index.ts';
import { createKey } from '../src/client/retry.ts';
import { showAndAnnounce } from './announcer.ts';
import { keepFocus, showText } from './dom.ts';
import { createClient, describeError, needsToken } from './service.ts';
import type { TokenField } from './token-field.ts';

interface SubmissionElements {
  readonly button: HTMLButtonElement;
  readonly error: HTMLElement;
  readonly token: TokenField;
}

export class Submission {
  readonly #elements: SubmissionElements;
  /** Options of the last request without a response, and its idempotency key. */
  #pending = '';
  #key = '';

  constructor(elements: SubmissionElements) {
    this.#elements = elements;
  }

  /** Resolves with undefined when the request failed or `signal` was aborted. */
  async send<Result>(
    options: object,
    signal: AbortSignal,
    request: (client: Client, key: string) => Promise<Result>,
  ): Promise<Result | undefined> {
    return this.run(signal, async () => {
      const pending = JSON.stringify(options);
      if (this.#pending !== pending) this.#key = createKey();
      this.#pending = pending;
      const result = await request(createClient(signal), this.#key);
      this.#pending = '';
      return result;
    });
  }

  /** Runs an action that creates something, unless one is running. Resolves like `send`. */
  async run<Result>(signal: AbortSignal, action: () => Promise<Result>): Promise<Result | undefined> {
    const { button, error, token } = this.#elements;
    if (button.disabled) return undefined;
    const focused = document.activeElement;
    showText(error, '');
    button.disabled = true;
    try {
      return await action();
    } catch (reason) {
      if (signal.aborted) return undefined;
      showAndAnnounce(error, describeError(reason));
      if (needsToken(reason)) token.focus();
      return undefined;
    } finally {
      button.disabled = false;
      keepFocus(focused);
    }
  }
}
