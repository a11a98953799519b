/**
 * What the address says: a view, and for some what it is about, the number of a job or a learner, or a model.
 * `#draw`, `#draw/MODEL`, `#draw/MODEL@VERSION`, `#draw/JOB`, `#train`, `#train/JOB`, `#teach`, `#teach/LEARNER`, `#teach/new`.
 */
export const VIEWS = ['draw', 'train', 'teach'] as const;
export type ViewName = (typeof VIEWS)[number];

export interface Route {
  readonly view: ViewName;
  readonly subject: string | undefined;
}

/** A part of the page that the address chooses. */
export interface View {
  readonly title: string;
  /** Shows itself, with what the address says that it is about. */
  open(subject: string | undefined): void;
  /** Lets go of what it waits for. */
  close(): void;
}

/** Whatever is unknown leads to the drawing pad. */
export function parseRoute(hash: string): Route {
  const [name, subject] = hash.replace(/^#/, '').split('/');
  return { view: VIEWS.find((view) => view === name) ?? 'draw', subject: subject || undefined };
}

export function formatRoute(view: ViewName, subject?: string): string {
  return subject === undefined ? `#${view}` : `#${view}/${subject}`;
}

export function goTo(address: string): void {
  location.hash = address;
}
