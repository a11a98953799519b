/** What is asked of the service, one thing at a time, and what goes wrong with it: said, and offered again. */
import { element } from '../dom.ts';
import { describeTrouble, isFinal, wantsToken } from '../service.ts';
import { TokenField } from '../token-field.ts';

export interface ChangesEvents {
  /** Something is under way now, or is not any more. */
  readonly changed: () => void;
  /** Returns whether the trouble is dealt with, and is not to be said here. */
  readonly failed: (error: unknown) => boolean;
}

export class Changes {
  readonly #trouble = element('teach-trouble', HTMLElement);
  readonly #problem = element('teach-problem', HTMLElement);
  readonly #access = element('teach-access', HTMLFormElement);
  readonly #token = new TokenField(this.#access, 'teach-access-token');
  readonly #again = element('teach-again', HTMLButtonElement);
  readonly #events: ChangesEvents;
  #busy = false;
  #turn = 0;
  #work: (() => Promise<void>) | undefined;

  constructor(events: ChangesEvents) {
    this.#events = events;
    const again = () => void (this.#work !== undefined && this.run(this.#work));
    this.#again.addEventListener('click', again);
    this.#access.addEventListener('submit', (event) => {
      event.preventDefault();
      again();
    });
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** Forgets what is under way: it was about another learner. */
  begin(): void {
    this.#turn++;
    this.#busy = false;
    this.settle();
  }

  /** Nothing is the matter any more. */
  settle(): void {
    this.#work = undefined;
    this.#trouble.hidden = true;
    this.#problem.textContent = '';
  }

  /** Does nothing while something else is under way. */
  async run(work: () => Promise<void>): Promise<void> {
    if (this.#busy) return;
    const mine = this.#turn;
    const focused = document.activeElement;
    this.#busy = true;
    this.settle();
    this.#events.changed();
    try {
      await work();
    } catch (error) {
      if (mine === this.#turn && !this.#events.failed(error)) this.#say(error, work);
    }
    if (mine !== this.#turn) return;
    this.#busy = false;
    this.#events.changed();
    // A button that was pressed and disabled meanwhile has lost it.
    if (document.activeElement === document.body && focused instanceof HTMLElement) focused.focus();
  }

  #say(error: unknown, work: () => Promise<void>): void {
    this.#work = work;
    this.#trouble.hidden = false;
    this.#problem.textContent = describeTrouble(error);
    this.#access.hidden = !wantsToken(error);
    this.#again.hidden = isFinal(error) && !wantsToken(error);
    this.#trouble.scrollIntoView({ block: 'nearest' });
    if (wantsToken(error)) this.#token.focus();
  }
}
