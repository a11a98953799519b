/** What a Worker's bundler makes of a file of data: its bytes. */
declare const bytes: ArrayBuffer;
export default bytes;
