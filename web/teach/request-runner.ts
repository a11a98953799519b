/** Runs one request at a time, shows its error, and offers to repeat it. */
import { findElement, onSubmit } from '../dom.ts';
import { describeError, isPermanent, needsToken } from '../service.ts';
import { TokenField } from '../token-field.ts';

export interface RequestEvents {
  /** Called when a request starts or ends. */
  readonly onBusyChange: () => void;
  /** Returns whether the error was handled and needs no message. */
  readonly onError: (error: unknown) => boolean;
}

export class RequestRunner {
  readonly #errorHost = findElement('teach-trouble');
  readonly #message = findElement('teach-problem');
  readonly #tokenForm = findElement('teach-access');
  readonly #token = new TokenField(this.#tokenForm, 'teach-access-token');
  readonly #retry = findElement('teach-again');
  readonly #events: RequestEvents;
  #busy = false;
  #resets = 0;
  #failedRequest: (() => Promise<void>) | undefined;

  constructor(events: RequestEvents) {
    this.#events = events;
    const retry = () => void (this.#failedRequest !== undefined && this.run(this.#failedRequest));
    this.#retry.addEventListener('click', retry);
    onSubmit(this.#tokenForm, retry);
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** Ignores the result of a running request, which belongs to another learner. */
  reset(): void {
    this.#resets++;
    this.#busy = false;
    this.#clearError();
  }

  /** Does nothing while another request is running. */
  async run(request: () => Promise<void>): Promise<void> {
    if (this.#busy) return;
    const resets = this.#resets;
    const focused = document.activeElement;
    this.#busy = true;
    this.#clearError();
    this.#events.onBusyChange();
    try {
      await request();
    } catch (error) {
      if (resets === this.#resets && !this.#events.onError(error)) this.#showError(error, request);
    }
    if (resets !== this.#resets) return;
    this.#busy = false;
    this.#events.onBusyChange();
    // A focused button loses the focus when it is disabled.
    if (document.activeElement === document.body && focused instanceof HTMLElement) focused.focus();
  }

  #clearError(): void {
    this.#failedRequest = undefined;
    this.#errorHost.hidden = true;
    this.#message.textContent = '';
  }

  #showError(error: unknown, request: () => Promise<void>): void {
    this.#failedRequest = request;
    this.#errorHost.hidden = false;
    this.#message.textContent = describeError(error);
    this.#tokenForm.hidden = !needsToken(error);
    this.#retry.hidden = isPermanent(error) && !needsToken(error);
    this.#errorHost.scrollIntoView({ block: 'nearest' });
    if (needsToken(error)) this.#token.focus();
  }
}
