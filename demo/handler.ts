/** What each embedded service is: a function from request to response, so that tests may call it without a network. */
export type Handler = (request: Request) => Promise<Response>;

/** Thrown by a handler, or by the body of its answer: the connection ends without another byte. */
export class ConnectionReset extends Error {}
