/** What becomes of a learner: published, downloaded, made to forget, deleted. */
import { element, link, say } from '../dom.ts';
import { formatRoute, goTo } from '../routes.ts';
import { formatCount } from '../words.ts';
import type { Changes } from './changes.ts';
import { kept } from './kept.ts';
import type { Pupil } from './pupil.ts';
import { confirmAction } from './question.ts';

export class LearnerCare {
  readonly #name = element('teach-name', HTMLInputElement);
  readonly #publish = element('teach-publish', HTMLButtonElement);
  readonly #published = element('teach-published', HTMLElement);
  readonly #download = element('teach-download', HTMLAnchorElement);
  readonly #reset = element('teach-reset', HTMLButtonElement);
  readonly #delete = element('teach-delete', HTMLButtonElement);
  readonly #changes: Changes;
  #pupil: Pupil | undefined;

  /** `forgotten` is called when all examples are gone. */
  constructor(changes: Changes, forgotten: () => void) {
    this.#changes = changes;
    element('teach-promote', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#promote();
    });
    this.#reset.addEventListener('click', () => void this.#forget(forgotten));
    this.#delete.addEventListener('click', () => void this.#remove());
  }

  open(pupil: Pupil): void {
    this.#pupil = pupil;
    this.#name.value = '';
    this.#download.href = `/learners/${pupil.id}/model`;
    say(this.#published, '');
  }

  show(busy: boolean): void {
    const learner = this.#pupil?.learner;
    this.#publish.disabled = this.#delete.disabled = busy || learner === undefined;
    this.#reset.disabled = busy || (learner?.examples ?? 0) === 0;
  }

  async #promote(): Promise<void> {
    const [pupil, name] = [this.#pupil, this.#name.value.trim()];
    if (pupil === undefined || name === '') return this.#name.focus();
    await this.#changes.run(async () => {
      say(this.#published, '');
      const { model, version, examples } = await pupil.promote(name);
      if (pupil !== this.#pupil) return;
      const what = `Published with ${formatCount(examples, 'example')} as ${model} version ${version}. `;
      this.#published.hidden = false;
      this.#published.replaceChildren(what, link(formatRoute('draw', `${model}@${version}`), 'Try it'));
    });
  }

  async #forget(forgotten: () => void): Promise<void> {
    const pupil = this.#pupil;
    const examples = formatCount(pupil?.learner?.examples ?? 0, 'example');
    const question = `It forgets what it has learnt from ${examples}. That cannot be undone.`;
    if (pupil === undefined || !(await confirmAction(question, 'Forget all'))) return;
    await this.#changes.run(async () => {
      await pupil.reset();
      if (pupil === this.#pupil) forgotten();
    });
  }

  async #remove(): Promise<void> {
    const pupil = this.#pupil;
    const question = 'The learner and its examples are deleted, for everybody. What it was published as stays.';
    if (pupil === undefined || !(await confirmAction(question, 'Delete it'))) return;
    await this.#changes.run(async () => {
      await pupil.delete();
      kept.forget(pupil.id);
      if (pupil === this.#pupil) goTo(formatRoute('teach', 'new'));
    });
  }
}
