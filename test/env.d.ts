/** The bindings that `cloudflare:workers` hands to a test are the Worker's. */
declare namespace Cloudflare {
  interface Env extends Omit<import('../src/lib/environment.ts').Env, never> {}
}
