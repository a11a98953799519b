/**
 * Routes in the URL hash: a view and its subject, which is a model, a job or a learner.
 * `#draw`, `#draw/MODEL`, `#draw/MODEL@VERSION`, `#draw/JOB`, `#train`, `#train/JOB`, `#teach`, `#teach/LEARNER`,
 * `#teach/new`, `#models`, `#models/MODEL`.
 */
export const VIEWS = ['draw', 'train', 'teach', 'models'] as const;
export type ViewName = (typeof VIEWS)[number];

interface Route {
  readonly view: ViewName;
  readonly subject: string | undefined;
}

export interface View {
  readonly title: string;
  open(subject: string | undefined): void;
  /** Cancels pending requests. */
  close(): void;
}

/** Unknown hashes lead to `draw`. */
export function parseRoute(hash: string): Route {
  const [name, subject] = hash.replace(/^#/, '').split('/');
  const view = VIEWS.find((each) => each === (name || 'draw'));
  return view === undefined ? { view: 'draw', subject: undefined } : { view, subject: subject || undefined };
}

export function isKnownRoute(hash: string): boolean {
  return hash.length <= 1 || VIEWS.some((view) => hash.slice(1).split('/')[0] === view);
}

export function formatRoute(view: ViewName, subject?: string): string {
  return subject === undefined ? `#${view}` : `#${view}/${subject}`;
}

export function goTo(hash: string): void {
  location.hash = hash;
}
