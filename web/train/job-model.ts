/** Actions on the model of a job: try it, download it, publish it from this browser, or delete the job. */
import { isOver, type Job } from '../../src/client/index.ts';
import { showAndAnnounce } from '../announcer.ts';
import { confirmAction } from '../confirm-dialog.ts';
import { createLink, findElement, onSubmit, showText } from '../dom.ts';
import { shortenId } from '../format.ts';
import { openJobs } from '../local/job-store.ts';
import { isLocal } from '../local/local-run.ts';
import { downloadModel } from '../local/model-download.ts';
import type { RequestRunner } from '../request-runner.ts';
import { formatRoute, goTo } from '../routes.ts';
import { createClient } from '../service.ts';

export class JobModel {
  readonly #actions = findElement('panel-actions');
  readonly #try = findElement('panel-try', HTMLAnchorElement);
  readonly #downloads = findElement('panel-downloads');
  readonly #download = findElement('panel-download', HTMLAnchorElement);
  readonly #delete = findElement('panel-delete', HTMLButtonElement);
  readonly #publish = findElement('panel-publish');
  readonly #name = findElement('panel-publish-name', HTMLInputElement);
  readonly #published = findElement('panel-published');
  readonly #requests: RequestRunner;
  #job: Job | undefined;

  constructor(requests: RequestRunner) {
    this.#requests = requests;
    downloadModel(this.#download, findElement('panel-format', HTMLSelectElement), {
      id: () => this.#id,
      name: () => `job-${shortenId(this.#id)}`,
      read: () => openJobs(this.#id).model(this.#id),
      run: (request) => void this.#requests.run(request, this.#actions),
    });
    this.#delete.addEventListener('click', () => void this.#deleteJob());
    onSubmit(this.#publish, () => void this.#publishModel());
  }

  /** Undefined while the job is loading. */
  show(job: Job | undefined): void {
    const started = job !== undefined && job.progress !== null;
    const over = job !== undefined && isOver(job.state);
    if (job?.id !== this.#job?.id) showText(this.#published, '');
    this.#job = job;
    this.#try.hidden = this.#downloads.hidden = !started;
    this.#try.textContent = job?.state.status === 'succeeded' ? 'Try the model' : 'Try the current model';
    this.#delete.hidden = !over;
    this.#publish.hidden = !over || !started || !isLocal(job.id);
    this.#delete.disabled = this.#requests.busy;
    if (job === undefined) return;
    this.#try.href = formatRoute('draw', job.id);
    this.#download.href = isLocal(job.id) ? formatRoute('train', job.id) : `/jobs/${job.id}/model`;
  }

  get #id(): string {
    return this.#job?.id ?? '';
  }

  async #publishModel(): Promise<void> {
    const [job, name] = [this.#job, this.#name.value.trim()];
    if (job === undefined || name === '') return this.#name.focus();
    await this.#requests.run(async () => {
      showText(this.#published, '');
      const { version } = await createClient().models.publish(name, await openJobs(job.id).model(job.id));
      if (job.id !== this.#job?.id) return;
      showAndAnnounce(this.#published, `Published as ${name} version ${version}. Goes live when promoted. `);
      this.#published.append(createLink(formatRoute('draw', `${name}@${version}`), 'Try it'));
    }, this.#publish);
  }

  async #deleteJob(): Promise<void> {
    const job = this.#job;
    const place = job !== undefined && isLocal(job.id) ? 'this browser' : 'the service';
    const question = `The job and its model are deleted from ${place}. This cannot be undone.`;
    if (job === undefined || !(await confirmAction(question, 'Delete job'))) return;
    await this.#requests.run(async () => {
      await openJobs(job.id).delete(job.id);
      if (job.id === this.#job?.id) goTo(formatRoute('train'));
    }, this.#actions);
  }
}
