/**
 * The names of WebAssembly's types, for projects whose libraries have none: they merge with those of the DOM and of
 * runtimes.
 */
declare namespace WebAssembly {
  // biome-ignore lint/suspicious/noEmptyInterface: whatever else declares it says what is in it.
  interface Module {}
  // biome-ignore lint/suspicious/noEmptyInterface: as above.
  interface Memory {}
}
