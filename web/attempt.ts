/** A request that begins something: asked for again after a lost answer, it is the same one. */
export class Attempt {
  #asked = '';
  #key = '';

  /** One key for one wish, until there was an answer. */
  keyFor(options: object): string {
    const asked = JSON.stringify(options);
    if (this.#asked !== asked) [this.#asked, this.#key] = [asked, newKey()];
    return this.#key;
  }

  answered(): void {
    this.#asked = '';
  }
}

/** Not `randomUUID`, which pages without TLS do not have: a telephone on the desk's own network. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(16)).join('-');
}
