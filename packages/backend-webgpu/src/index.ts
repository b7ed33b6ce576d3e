/**
 * `@dl/backend-webgpu`: tensors on the GPU, in browsers and in Node.
 */
export { webgpu, type WebGpuBackend } from './backend.ts';
export type { WebGpuOptions } from './device.ts';
