/**
 * `@dl/backend-cpu`: WebAssembly SIMD kernels, generated at run time.
 */
export { cpu, type CpuBackend } from './backend.ts';
export { configure, features, setThreads, type CpuFeatures, type CpuSettings } from './settings.ts';
