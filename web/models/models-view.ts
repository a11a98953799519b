/** The Models view: the models of the service. */
import type { View } from '../routes.ts';
import markup from './models.html?raw';

export class ModelsView implements View {
  readonly title = 'Models';

  constructor(section: HTMLElement) {
    section.innerHTML = markup;
  }

  open(): void {}

  close(): void {}
}
