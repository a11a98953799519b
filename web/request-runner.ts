/** Runs one request at a time, shows its error next to the control, and offers to repeat it. */
import { showAndAnnounce } from './announcer.ts';
import { createElement, keepFocus, onSubmit } from './dom.ts';
import { describeError, isPermanent, needsToken } from './service.ts';
import { TokenField } from './token-field.ts';

interface RequestEvents {
  /** Called when a request starts or ends. */
  readonly onBusyChange?: () => void;
  /** Returns whether the error was handled and needs no message. */
  readonly onError?: (error: unknown) => boolean;
  /** Elements that can take the focus if a request hides or disables the focused control. */
  readonly focusTargets?: () => readonly HTMLElement[];
}

export class RequestRunner {
  readonly #trouble = Object.assign(createElement('div'), { className: 'trouble', hidden: true });
  readonly #message = Object.assign(createElement('p'), { className: 'problem' });
  readonly #tokenForm = Object.assign(createElement('form'), { autocomplete: 'off', ariaLabel: 'Access token' });
  readonly #token: TokenField;
  readonly #retry = Object.assign(createElement('button', 'Try again'), { type: 'button' });
  readonly #events: RequestEvents;
  #busy = false;
  #resets = 0;
  #failedRequest: (() => Promise<void>) | undefined;

  /** The ids of its elements start with `id`. */
  constructor(id: string, events: RequestEvents = {}) {
    this.#events = events;
    this.#token = new TokenField(this.#tokenForm, `${id}-access-token`);
    this.#trouble.id = `${id}-trouble`;
    this.#message.id = `${id}-problem`;
    this.#retry.id = `${id}-retry`;
    this.#trouble.append(this.#message, this.#tokenForm, this.#retry);
    const retry = () => void (this.#failedRequest !== undefined && this.run(this.#failedRequest));
    this.#retry.addEventListener('click', retry);
    onSubmit(this.#tokenForm, retry);
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** Ignores the result of a running request, which belongs to another subject. */
  reset(): void {
    this.#resets++;
    this.#busy = false;
    this.#clearError();
  }

  /**
   * Does nothing while another request is running. An error appears at the end of `place`; default: where the last one
   * appeared.
   */
  async run(request: () => Promise<void>, place?: HTMLElement): Promise<void> {
    if (this.#busy) return;
    const resets = this.#resets;
    const focused = document.activeElement;
    this.#busy = true;
    this.#clearError();
    this.#move(place);
    this.#events.onBusyChange?.();
    let failure: unknown;
    try {
      await request();
    } catch (error) {
      failure = error;
      if (resets === this.#resets && !this.#events.onError?.(error)) this.fail(error, request);
    }
    if (resets !== this.#resets) return;
    this.#busy = false;
    this.#events.onBusyChange?.();
    if (failure !== undefined && needsToken(failure)) this.#token.focus();
    else keepFocus(focused, ...(this.#events.focusTargets?.() ?? []));
  }

  #move(place = this.#trouble.parentElement): void {
    if (this.#trouble.parentElement !== place) place?.append(this.#trouble);
  }

  #clearError(): void {
    this.#failedRequest = undefined;
    this.#trouble.hidden = true;
    this.#message.textContent = '';
  }

  /** Shows the error of a request that ran elsewhere, and repeats it on demand. */
  fail(error: unknown, request: () => Promise<void>, place?: HTMLElement): void {
    this.#move(place);
    this.#failedRequest = request;
    this.#trouble.hidden = false;
    showAndAnnounce(this.#message, describeError(error));
    this.#tokenForm.hidden = !needsToken(error);
    this.#retry.hidden = isPermanent(error) && !needsToken(error);
    this.#trouble.scrollIntoView({ block: 'nearest' });
  }
}
