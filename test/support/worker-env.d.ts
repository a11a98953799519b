/** The bindings of the Worker, for tests in Node that import its parsers; they use none. */
type Env = Readonly<Record<string, unknown>>;
