export default { fetch: () => new Response('muster\n') } satisfies ExportedHandler;
