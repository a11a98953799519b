/** The learner that this device came to know last, so that its user comes back to it. */
const KEY = 'edge-mlp learner';

export const kept = {
  get: (): string | undefined => localStorage.getItem(KEY) ?? undefined,
  set: (id: string): void => localStorage.setItem(KEY, id),
  forget: (id: string): void => {
    if (localStorage.getItem(KEY) === id) localStorage.removeItem(KEY);
  },
};
