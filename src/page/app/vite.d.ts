/** What the build makes of a file that is asked for by its address. */
declare module '*.css?url' {
  const address: string;
  // biome-ignore lint/style/noDefaultExport: the build gives it so.
  export default address;
}
