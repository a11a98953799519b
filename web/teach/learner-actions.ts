/** Publishes, downloads, resets and deletes a learner. */

import { announce } from '../announcer.ts';
import { confirmAction } from '../confirm-dialog.ts';
import { createLink, findElement, onSubmit, showText } from '../dom.ts';
import { formatCount, shortenId } from '../format.ts';
import { isLocal } from '../local/local-run.ts';
import { downloadModel } from '../local/model-download.ts';
import type { RequestRunner } from '../request-runner.ts';
import { formatRoute, goTo } from '../routes.ts';
import { type LearnerSession, storedLearner } from './learner-session.ts';

export class LearnerActions {
  readonly #section = findElement('teach-care');
  readonly #publishErrors = findElement('teach-publish-errors');
  readonly #name = findElement('teach-name', HTMLInputElement);
  readonly #publish = findElement('teach-publish', HTMLButtonElement);
  readonly #published = findElement('teach-published');
  readonly #download = findElement('teach-download', HTMLAnchorElement);
  readonly #reset = findElement('teach-reset', HTMLButtonElement);
  readonly #delete = findElement('teach-delete', HTMLButtonElement);
  readonly #requests: RequestRunner;
  #session: LearnerSession | undefined;

  constructor(requests: RequestRunner, onReset: () => void) {
    this.#requests = requests;
    onSubmit(findElement('teach-promote'), () => void this.#promoteLearner());
    this.#reset.addEventListener('click', () => void this.#resetLearner(onReset));
    this.#delete.addEventListener('click', () => void this.#deleteLearner());
    downloadModel(this.#download, findElement('teach-format', HTMLSelectElement), {
      id: () => this.#session?.id ?? '',
      name: () => `learner-${shortenId(this.#session?.id ?? '')}`,
      read: async () => (await this.#session?.model()) ?? new Uint8Array(),
      run: (request) => void requests.run(request, this.#section),
    });
  }

  open(session: LearnerSession): void {
    this.#session = session;
    this.#name.value = '';
    this.#download.href = isLocal(session.id) ? formatRoute('teach', session.id) : `/learners/${session.id}/model`;
    showText(this.#published, '');
  }

  show(busy: boolean): void {
    const learner = this.#session?.learner;
    this.#publish.disabled = this.#delete.disabled = busy || learner === undefined;
    this.#reset.disabled = busy || (learner?.examples ?? 0) === 0;
  }

  async #promoteLearner(): Promise<void> {
    const [session, name] = [this.#session, this.#name.value.trim()];
    if (session === undefined || name === '') return this.#name.focus();
    await this.#requests.run(async () => {
      showText(this.#published, '');
      const { model, version, examples } = await session.promote(name);
      if (session !== this.#session) return;
      showText(this.#published, `Published as ${model} version ${version} with ${formatCount(examples, 'example')}. `);
      announce(this.#published.textContent);
      this.#published.append(createLink(formatRoute('draw', `${model}@${version}`), 'Try it'));
    }, this.#publishErrors);
  }

  async #resetLearner(onReset: () => void): Promise<void> {
    const session = this.#session;
    const examples = formatCount(session?.learner?.examples ?? 0, 'example');
    const question = `The learner forgets ${examples} and returns to its base model. This cannot be undone.`;
    if (session === undefined || !(await confirmAction(question, 'Forget all examples'))) return;
    await this.#requests.run(async () => {
      await session.reset();
      if (session === this.#session) onReset();
    }, this.#section);
  }

  async #deleteLearner(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    const place = isLocal(session.id) ? 'from this browser' : 'for everyone';
    const question = `The learner and its examples are deleted ${place}. Published versions stay.`;
    if (!(await confirmAction(question, 'Delete learner'))) return;
    await this.#requests.run(async () => {
      await session.delete();
      storedLearner.remove(session.id);
      if (session === this.#session) goTo(formatRoute('teach', 'new'));
    }, this.#section);
  }
}
