/** What the address says: a view, and for some the number of a job behind it. `#draw`, `#train`, `#train/JOB`, `#draw/JOB`. */
export const VIEWS = ['draw', 'train'] as const;
export type ViewName = (typeof VIEWS)[number];

export interface Route {
  readonly view: ViewName;
  readonly job: string | undefined;
}

/** A part of the page that the address chooses. */
export interface View {
  readonly title: string;
  /** Shows itself, with the job of the address where it has one. */
  open(job: string | undefined): void;
  /** Lets go of what it waits for. */
  close(): void;
}

/** Whatever is unknown leads to the drawing pad. */
export function routeOf(hash: string): Route {
  const [name, job] = hash.replace(/^#/, '').split('/');
  return { view: VIEWS.find((view) => view === name) ?? 'draw', job: job || undefined };
}

export function addressOf(view: ViewName, job?: string): string {
  return job === undefined ? `#${view}` : `#${view}/${job}`;
}
