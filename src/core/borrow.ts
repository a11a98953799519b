interface Freeable {
  free(): void;
}

/** Calls `use`, and frees everything that it passed to `hold`, last first, even if it throws. */
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
