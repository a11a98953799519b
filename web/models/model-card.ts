/** A model as a card: its live version, and actions on the model and its versions. */
import type { Model, Version } from '../../src/client/index.ts';
import { ClientError } from '../../src/client/index.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { showAndAnnounce } from '../announcer.ts';
import { confirmAction } from '../confirm-dialog.ts';
import { createButton, createElement, createLink, showText } from '../dom.ts';
import { interceptDownload } from '../download.ts';
import { formatBytes, formatCount, formatDate } from '../format.ts';
import { RequestRunner } from '../request-runner.ts';
import { formatRoute } from '../routes.ts';
import { createClient } from '../service.ts';
import { token } from '../token.ts';
import { CurlSnippet } from './curl-snippet.ts';
import { describeOutputs, describeScore } from './version-text.ts';

/** Version 0 is part of the service and cannot be deleted. */
const BUNDLED_VERSION = 0;
/** The alias of the live version. */
const LIVE = 'stable';

export class ModelCard {
  readonly element = Object.assign(createElement('article'), { className: 'card' });
  readonly #name: string;
  readonly #title: HTMLElement;
  readonly #score = Object.assign(createElement('p'), { className: 'score' });
  readonly #facts = createElement('dl');
  readonly #layers = Object.assign(createElement('div'), { className: 'layers', ariaHidden: 'true' });
  readonly #tools = Object.assign(createElement('div'), { className: 'tools' });
  readonly #versions = createElement('ol');
  readonly #versionCount = createElement('summary');
  readonly #status = Object.assign(createElement('p'), { className: 'notice', hidden: true });
  readonly #errors = createElement('div');
  readonly #requests: RequestRunner;
  readonly #curl: CurlSnippet;
  readonly #onDelete: (text: string) => void;
  /** Entity tag of the live alias as the card shows it. Undefined before the first move of the bundled model. */
  #etag: string | undefined;
  #served: number | undefined;

  constructor(name: string, onDelete: (text: string) => void) {
    this.#name = name;
    this.#onDelete = onDelete;
    const id = `model-${name}`;
    this.#title = Object.assign(createElement('h2', name), { id, tabIndex: -1 });
    this.element.setAttribute('aria-labelledby', id);
    this.#requests = new RequestRunner(id, { focusTargets: () => [this.#title] });
    this.#curl = new CurlSnippet(name, id);
    const versions = createElement('details', this.#versionCount, this.#versions);
    this.element.append(createElement('header', this.#title, this.#layers), this.#score, this.#facts, this.#tools);
    this.element.append(this.#status, this.#errors, versions, this.#curl.element);
  }

  show({ name, versions, served, aliases }: Model): void {
    const live = versions.find(({ version }) => version === served);
    if (live === undefined) return;
    if (served !== this.#served) this.#etag = undefined;
    this.#served = served;
    this.#curl.show(served);
    const score = describeScore(live);
    this.#score.replaceChildren(
      ...score.map((text, i) => createElement(i < score.length - 1 ? 'strong' : 'span', text)),
    );
    this.#layers.replaceChildren(...live.layers.map(createLayer));
    this.#facts.replaceChildren(...this.#listFacts(live));
    const remove = createButton('Delete model', () => void this.#deleteModel(versions));
    remove.hidden = versions.every(({ version }) => version === BUNDLED_VERSION);
    const actions = [createLink(formatRoute('draw', name), 'Try it', 'button primary'), this.#createDownload(served)];
    this.#tools.replaceChildren(...actions, remove);
    this.#versionCount.textContent = formatCount(versions.length, 'version');
    const pinned = new Set(Object.values(aliases));
    this.#versions.replaceChildren(
      ...versions.toReversed().map((each) => this.#createVersion(each, served, pinned.has(each.version))),
    );
  }

  #listFacts(live: Version): HTMLElement[] {
    const facts = {
      Live: `version ${live.version}`,
      Network: live.layers.join('-'),
      Outputs: describeOutputs(live),
      Size: formatBytes(live.bytes),
      Uploaded: live.created === '' ? 'part of the service' : formatDate(live.created),
    };
    return Object.entries(facts).map(([term, text]) =>
      createElement('div', createElement('dt', term), createElement('dd', text)),
    );
  }

  #createVersion(each: Version, served: number, pinned: boolean): HTMLLIElement {
    const { version, bytes, created } = each;
    const name = `version ${version} of ${this.#name}`;
    const title = createElement('strong', `Version ${version}`);
    const details = [describeScore(each).join(' '), formatBytes(bytes), created === '' ? '' : formatDate(created)];
    const text = createElement('span', details.filter((part) => part !== '').join(', '));
    text.className = 'help';
    const live = Object.assign(createElement('span', 'live'), { className: 'live' });
    const move = createButton(version > served ? 'Promote' : 'Roll back', () => void this.#moveLive(version));
    move.ariaLabel = `${version > served ? 'Promote' : 'Roll back to'} ${name}`;
    const test = createLink(formatRoute('draw', `${this.#name}@${version}`), 'Try', 'button');
    test.ariaLabel = `Try ${name}`;
    const remove = createButton('Delete', () => void this.#deleteVersion(version));
    remove.ariaLabel = `Delete ${name}`;
    remove.hidden = pinned || version === BUNDLED_VERSION || version === served;
    const tools = createElement('div', version === served ? live : move, test, this.#createDownload(version), remove);
    tools.className = 'tools';
    return createElement('li', title, text, tools);
  }

  #createDownload(version: number): HTMLAnchorElement {
    const link = createLink(`/models/${this.#name}/versions/${version}`, 'Download', 'button');
    Object.assign(link, { download: '', ariaLabel: `Download version ${version} of ${this.#name}` });
    interceptDownload(link, {
      isNeeded: () => token.get() !== '',
      read: async () => {
        const bytes = await createClient().models.download(this.#name, version);
        return { name: `${this.#name}-${version}.safetensors`, bytes };
      },
      run: (request) => void this.#requests.run(request, this.#errors),
    });
    return link;
  }

  /** Moves the alias only if it is where the card shows it: another user may have moved it. */
  async #moveLive(version: number): Promise<void> {
    await this.#run(async () => {
      const { models } = createClient();
      this.#etag ??= await this.#readTag();
      try {
        const { effectiveWithinSeconds } = await models.moveAlias(this.#name, LIVE, version, this.#etag);
        this.#etag = undefined;
        await this.#refresh();
        showAndAnnounce(
          this.#status,
          `Version ${version} is live everywhere within ${effectiveWithinSeconds} seconds.`,
        );
      } catch (error) {
        if (error instanceof ClientError && error.status === 412) await this.#refresh();
        throw error;
      }
    });
  }

  /** Throws EdgeMlpError "remote" if the alias is not where the card shows it. */
  async #readTag(): Promise<string | undefined> {
    const { version, etag } = await createClient().models.alias(this.#name, LIVE);
    if (version === this.#served) return etag;
    const expected = `expected version ${this.#served} of ${this.#name} to be live, got ${version}`;
    await this.#refresh();
    throw new EdgeMlpError('remote', `${expected}: check the versions, then try again`);
  }

  async #deleteVersion(version: number): Promise<void> {
    const question = `Delete version ${version} of ${this.#name}? Its number is not used again.`;
    if (!(await confirmAction(question, 'Delete version'))) return;
    await this.#run(async () => {
      await createClient().models.deleteVersion(this.#name, version);
      await this.#refresh();
      showAndAnnounce(this.#status, `Version ${version} is deleted.`);
    });
  }

  async #deleteModel(versions: readonly Version[]): Promise<void> {
    const count = formatCount(versions.filter(({ version }) => version !== BUNDLED_VERSION).length, 'version');
    const question = `Delete ${this.#name} with ${count}, for all users? This cannot be undone.`;
    if (!(await confirmAction(question, 'Delete model'))) return;
    await this.#run(async () => {
      await createClient().models.delete(this.#name);
      this.#onDelete(`${this.#name} is deleted.`);
    });
  }

  async #run(request: () => Promise<void>): Promise<void> {
    showText(this.#status, '');
    await this.#requests.run(request, this.#errors);
  }

  async #refresh(): Promise<void> {
    this.show(await createClient().models.get(this.#name));
  }
}

/** A bar for each layer; its height grows with the logarithm of the layer's size. */
function createLayer(size: number): HTMLElement {
  const bar = createElement('span');
  bar.style.setProperty('--size', String(Math.log2(size + 1) / 12));
  return bar;
}
