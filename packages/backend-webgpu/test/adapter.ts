/**
 * The backend that numeric tests share: a Vulkan driver through Dawn, or the error that says what is missing.
 */
import { webgpu, type WebGpuBackend } from '@dl/backend-webgpu';

export const adapter: WebGpuBackend | Error = await webgpu().catch((error: unknown) => error as Error);
