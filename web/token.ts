/** The access token of this tab. */
const KEY = 'edge-mlp token';
const listeners: ((value: string) => void)[] = [];

/** Stored for this tab until it is closed. */
export const token = {
  get: (): string => sessionStorage.getItem(KEY) ?? '',
  set: (value: string): void => {
    if (value === '') sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, value);
    for (const listener of listeners) listener(value);
  },
  /** Calls the listener after every change. */
  onChange: (listener: (value: string) => void): void => void listeners.push(listener),
};

/** Stores the token of a link `#token=…`, as `npm run dev` prints it, and removes it from the address. */
export function takeLinkedToken(): void {
  const [, linked] = /^#token=(.+)$/.exec(location.hash) ?? [];
  if (linked === undefined) return;
  token.set(linked);
  history.replaceState(null, '', location.pathname + location.search);
}
