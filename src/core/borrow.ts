/** Memory for the time of a call. */

interface Freeable {
  free(): void;
}

/** Runs `use`, then gives back, last first, whatever it held, also where it throws. */
export function withResources<T>(use: (hold: <R extends Freeable>(resource: R) => R) => T): T {
  const held: Freeable[] = [];
  try {
    return use((resource) => {
      held.push(resource);
      return resource;
    });
  } finally {
    for (const resource of held.reverse()) resource.free();
  }
}
