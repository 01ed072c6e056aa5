/** The bindings that `cloudflare:workers` hands to a test are the Worker's. */
declare namespace Cloudflare {
  interface Env extends Omit<import('../src/lib/environment.ts').Env, never> {}
}

/** A fixture as text. */
declare module '*?raw' {
  const text: string;

  // biome-ignore lint/style/noDefaultExport: what Vite makes of a file
  export default text;
}
