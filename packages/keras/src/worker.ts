/**
 * `@dl/keras/worker`: models in workers, with callbacks on the page.
 */
export { connect, RemoteModel, type ConnectOptions } from './worker/connect.ts';
export { serveModel } from './worker/serve.ts';
export type { PortLike } from './worker/port.ts';
