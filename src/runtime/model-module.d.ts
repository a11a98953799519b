/** Bundlers for Workers import a data file as its bytes. */
declare const bytes: ArrayBuffer;
export default bytes;
