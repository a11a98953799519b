/**
 * The names of WebAssembly's types, for projects whose libraries have none: merged with the declaration of the DOM or
 * runtime.
 */
declare namespace WebAssembly {
  // biome-ignore lint/suspicious/noEmptyInterface: merged with the declaration of the DOM or runtime.
  interface Module {}
  // biome-ignore lint/suspicious/noEmptyInterface: as above.
  interface Memory {}
}
